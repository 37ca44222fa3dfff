"""The syntax of the policies of single services: AI services opt-out, chat applications, upgrade rollout, Bedrock, S3.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_ai-opt-out_syntax.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_chatbot_syntax.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_upgrade_syntax.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_bedrock_syntax.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_s3_syntax.html
"""

import re
from collections.abc import Mapping
from typing import Any

from shared.organization_policies.schema import Group, Problem, Setting, is_region, matching, name, one_of, settings_of

AI_SERVICES = frozenset(
    """
    aidevops aiops awssupplychain biodiscovery chimesdkvoiceanalytics cloudwatch codeguruprofiler codewhisperer
    comprehend config connect connectamd connectdecision connecthealth::operations connecthealth::training
    connectoptimization contactlens datazone default dms entityresolution finopsagent frauddetector glue
    guardduty lex polly q quicksightq rekognition scenariodiscovery securityhub securitylake textract transcribe
    transform translate workspaces
    """.split()  # noqa: SIM905 - one word a line would be a column
)
"""The services that one can opt out of, and `default` for all of them, as of September 2026."""

AI_SCHEMA = Group(
    {
        "services": Group(
            others=Group({"opt_out_policy": one_of("optOut", "optIn")}),
            names=lambda given: given.lower() in AI_SERVICES,
            named=", ".join(sorted(AI_SERVICES)),
        )
    }
)

# Chat applications

MAX_WORKSPACES, MAX_TENANTS = 255, 36

_WORKSPACE = r"[0-9A-Z]{1,255}"
_TEAM = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TEAM_TEXT = "ids such as 01234567-89ab-cdef-0123-456789abcdef"
_CLIENT = {"client": one_of("enabled", "disabled")}
_ROLES = {"supported_role_settings": matching("user_role|channel_role", "user_role and channel_role", many=True)}
_SLACK = Group({"supported_channel_types": matching("public|private", "public and private", many=True), **_ROLES})
_TEAMS = Group(_ROLES)
_DEFAULT = Group(_CLIENT)


def _too_many_workspaces(slack: Mapping[str, Any]) -> Problem | None:
    assigned = settings_of(slack, "workspaces")
    if isinstance(assigned, list) and len(assigned) > MAX_WORKSPACES:
        return Problem("workspaces", f"has {len(assigned)} entries", f"at most {MAX_WORKSPACES}")
    return None


CHAT_SCHEMA = Group(
    {
        "chatbot": Group(
            {
                "platforms": Group(
                    {
                        "slack": Group(
                            {
                                **_CLIENT,
                                "workspaces": matching(
                                    rf"\*|{_WORKSPACE}", "ids of workspaces, such as T01ABCDEF, or *", many=True
                                ),
                                "default": _SLACK,
                                "overrides": Group(
                                    others=_SLACK,
                                    names=name(_WORKSPACE),
                                    named="ids of workspaces, such as T01ABCDEF",
                                    most=MAX_WORKSPACES,
                                ),
                            },
                            rule=_too_many_workspaces,
                        ),
                        "microsoft_teams": Group(
                            {
                                **_CLIENT,
                                "tenants": Group(
                                    others=matching(rf"\*|{_TEAM}", f"teams' {_TEAM_TEXT}, or *", many=True),
                                    names=name(rf"\*|{_TEAM}"),
                                    named=f"tenants' {_TEAM_TEXT}",
                                    most=MAX_TENANTS,
                                ),
                                "default": _TEAMS,
                                "overrides": Group(
                                    others=Group(others=_TEAMS, names=name(_TEAM), named=f"teams' {_TEAM_TEXT}"),
                                    names=name(_TEAM),
                                    named=f"tenants' {_TEAM_TEXT}",
                                    most=MAX_TENANTS,
                                ),
                            }
                        ),
                        "chime": _DEFAULT,
                        # AWS's first example has it here, its others one level up.
                        "default": _DEFAULT,
                    }
                ),
                "default": _DEFAULT,
            }
        )
    }
)

# Upgrade rollout

_ORDER = Group({"patch_order": one_of("first", "second", "last")})
UPGRADE_SCHEMA = Group(
    {
        "upgrade_rollout": Group(
            {
                "default": _ORDER,
                "tags": Group(
                    others=Group(
                        {"tag_values": Group(others=_ORDER, named="tag values", cased=True)}, needs=("tag_values",)
                    ),
                    names=name(r"(?!aws:)[\w\s.:/=+@-]{1,128}"),
                    named="tag keys of 1 to 128 characters",
                    cased=True,
                ),
            }
        )
    }
)

# Bedrock

_GUARDRAIL = re.compile(r"arn:aws(-[a-z]+)*:bedrock:(?P<region>[a-z0-9-]+):\d{12}:guardrail/[a-z0-9]+:[1-9]\d{0,7}")


def _guardrail_elsewhere(regions: Mapping[str, Any]) -> Problem | None:
    """A guardrail is enforced in its own region alone."""
    for region, configurations in regions.items():
        for label, configuration in configurations.items():
            arn = settings_of(configuration, "identifier") if not label.startswith("@@") else None
            found = _GUARDRAIL.fullmatch(str(arn))
            if found and found["region"] != region:
                path = f"{region}/{label}/identifier"
                return Problem(path, f"is a guardrail of {found['region']}", f"one of {region}")
    return None


def _nothing_guarded(guarding: Mapping[str, Any]) -> Problem | None:
    return None if guarding else Problem("", "is empty", "system or messages, or both")


_CONTENT = one_of("comprehensive", "selective")
_MODELS = Setting(lambda given: 0 < len(given) <= 2048, "ids of models, or ALL", many=True)
_CONFIGURATION = Group(
    {
        "identifier": Setting(
            lambda given: _GUARDRAIL.fullmatch(given) is not None,
            "arn:aws:bedrock:<region>:<management account>:guardrail/<id>:<version>, and not its DRAFT",
        ),
        "selective_content_guarding": Group({"system": _CONTENT, "messages": _CONTENT}, rule=_nothing_guarded),
        "model_enforcement": Group(
            {"included_models": _MODELS, "excluded_models": _MODELS}, needs=("included_models", "excluded_models")
        ),
    },
    needs=("identifier",),
)
BEDROCK_SCHEMA = Group(
    {
        "bedrock": Group(
            {
                "guardrail_inference": Group(
                    others=Group(others=_CONFIGURATION, named="names of configurations"),
                    names=is_region,
                    named="regions, such as us-east-1",
                    rule=_guardrail_elsewhere,
                )
            }
        )
    }
)

# S3

S3_SCHEMA = Group({"s3_attributes": Group({"public_access_block_configuration": one_of("all", "none")})})
