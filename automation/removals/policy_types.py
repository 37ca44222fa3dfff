"""Policy types that no file needs any more.

The organization layer is deployed before the policies. AWS turns a type off only when its policies are gone, and the
trusted access of a type only after the type: the run would stop in its first stack.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from automation.backend.resources import parts
from automation.configuration import settings_of
from automation.runs import Run
from automation.stack_files import read_raw
from shared.errors import ConfigError
from shared.layers import StackId
from shared.organization_policies.types import POLICY_TYPES
from shared.policy_files import needed_types
from stacks.org.config import OrgConfig
from stacks.org.organization import enabled_types

ORGANIZATION = "aws:organizations/organization:Organization"
POLICY = "aws:organizations/policy:Policy"


def check(run: Run, chosen: Collection[StackId], doing: str) -> None:
    """Refuse to turn a policy type off too early. A guard: see `automation.guards`."""
    org = StackId("org", run.environment.name)
    if doing not in ("deploy", "preview") or org not in chosen or not run.ledger.differs(org):
        return
    state = run.states.whole(org)
    if not _enabled(state):
        return
    settings = settings_of(org, partial(read_raw, root=run.engine.root))
    if not isinstance(settings, OrgConfig) or settings.mode != "create":
        return
    wanted = enabled_types(settings, needed_types(org.environment, run.engine.root))
    problems = too_early(org, wanted, state, run.states.whole(StackId("policies", org.environment)))
    if problems:
        raise ConfigError(problems)


def too_early(
    org: StackId, wanted: Collection[str], org_state: Mapping[str, Any], policies_state: Mapping[str, Any]
) -> list[str]:
    """What is wrong with turning off the types that the organization has and that are not `wanted`."""
    used = {(each.get("inputs") or {}).get("type") for each in parts(policies_state)[0] if each["type"] == POLICY}
    gone = [
        POLICY_TYPES[each]
        for each in _enabled(org_state)
        if each not in wanted and each in POLICY_TYPES and (each in used or POLICY_TYPES[each].trusted_service)
    ]
    keys = ", ".join(each.key for each in gone)
    return [
        f"{org.config_label}: no policy file needs the policy type {each.key} any more, and AWS turns it off only "
        f"after its policies{' and before its trusted access' if each.trusted_service else ''}; allowed: {keys} in "
        "org:policyTypes, and it stays on, without policies"
        for each in gone
    ]


def _enabled(state: Mapping[str, Any]) -> Sequence[str]:
    """The policy types that the organization in a state of stack org has."""
    organization = [each for each in parts(state)[0] if each["type"] == ORGANIZATION]
    return [name for each in organization for name in (each.get("inputs") or {}).get("enabledPolicyTypes") or []]
