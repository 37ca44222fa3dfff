"""The syntax of backup policies.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html
"""

import re
from collections.abc import Mapping
from typing import Any

from shared.organization_policies.schema import (
    Group,
    Problem,
    Setting,
    is_region,
    matching,
    name,
    number,
    one_of,
    settings_of,
    text,
)

COLD_STORAGE_DAYS = 90
"""How long a backup has to stay in cold storage at least."""

CONTINUOUS_DAYS = 35
"""How long a continuous backup is kept at most."""

MAX_CONDITIONS = 30

RESOURCE_TYPES = frozenset(
    """
    backup-gateway:*:*:vm/* cloudformation:*:*:stack/* dsql:*:*:cluster/* dynamodb:*:*:table/* ec2:*:*:instance/*
    ec2:*:*:volume/* elasticfilesystem:*:*:file-system/* rds:*:*:cluster:* rds:*:*:db:* redshift:*:*:cluster:*
    redshift-serverless:*:*:namespace/* s3:::* ssm-sap:*:*:HANA/* storagegateway:*:*:gateway/*
    timestream:*:*:database/* fsx:*:*:file-system/* fsx:*:*:volume/* eks:*:*:cluster/*
    """.split()  # noqa: SIM905 - one word a line would be a column
)
"""What a selection can name, each after `arn:aws:` or another partition."""

_PARTITION = r"arn:aws(-[a-z]+)*"
_NAME = name(r"[A-Za-z0-9_.-]{1,50}")
_NAMED = "names of 1 to 50 letters, digits and _.-"
_BOOLEAN = one_of("true", "false")
_ROLE = matching(
    _PARTITION + r":iam::\$account:role/[\w+=,.@/-]+", "the role of each account, arn:aws:iam::$account:role/<name>"
)
_COPY_VAULT = _PARTITION + r":backup:[a-z0-9-]+:(\$account|\d{12}):backup-vault:[A-Za-z0-9_-]{1,50}"
_COPY_VAULT_TEXT = "arn:aws:backup:<region>:<$account or account id>:backup-vault:<name>"


def cron_problem(expression: str) -> str | None:
    """What is wrong with a schedule, if anything: AWS takes cron expressions, and no more than one backup an hour."""
    found = re.fullmatch(r"cron\(([^()]*)\)", expression)
    fields = found.group(1).split() if found else []
    if len(fields) != len(_CRON_FIELDS):
        return "it is not cron(minutes hours day-of-month month day-of-week year)"
    for given, (field, pattern) in zip(fields, _CRON_FIELDS.items(), strict=True):
        several = "" if field == "minutes" else rf"(,({pattern}))*"
        if not re.fullmatch(rf"({pattern}){several}", given.upper()):
            return f"its {field} cannot be {given}"
    if (fields[2] == "?") == (fields[4] == "?"):
        return "either day-of-month or day-of-week has to be ?, and not both"
    return None


def _range(number: str) -> str:
    return rf"\*(/\d+)?|{number}(-{number})?(/\d+)?"


_DAY = r"(0?[1-9]|[12]\d|3[01])"
_MONTH = r"(0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
_WEEKDAY = r"([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)"
_CRON_FIELDS = {
    "minutes": r"[0-5]?\d",
    "hours": _range(r"([01]?\d|2[0-3])"),
    "day-of-month": rf"\?|L|LW|{_DAY}W|{_range(_DAY)}",
    "month": _range(_MONTH),
    "day-of-week": rf"\?|L|{_WEEKDAY}L|{_WEEKDAY}#[1-5]|{_range(_WEEKDAY)}",
    "year": _range(r"(19[7-9]\d|20\d\d|21\d\d)"),
}


def _lifecycle_problem(lifecycle: Mapping[str, Any]) -> Problem | None:
    cold, gone = (settings_of(lifecycle, key) for key in ("move_to_cold_storage_after_days", "delete_after_days"))
    if cold is not None and gone is not None and int(gone) < int(cold) + COLD_STORAGE_DAYS:
        return Problem(
            "delete_after_days",
            f"is {gone}, and move_to_cold_storage_after_days {cold}",
            f"from {int(cold) + COLD_STORAGE_DAYS} on: at least {COLD_STORAGE_DAYS} days in cold storage",
        )
    return None


def _rule_problem(rule: Mapping[str, Any]) -> Problem | None:
    if str(settings_of(rule, "enable_continuous_backup")).lower() != "true":
        return None
    gone = settings_of(rule, "lifecycle", "delete_after_days")
    if gone is not None and int(gone) > CONTINUOUS_DAYS:
        return Problem("lifecycle/delete_after_days", f"is {gone}", f"1 to {CONTINUOUS_DAYS} for continuous backups")
    cold = settings_of(rule, "lifecycle", "move_to_cold_storage_after_days")
    if cold is not None:
        return Problem("lifecycle/move_to_cold_storage_after_days", f"is {cold}", "none for continuous backups")
    return None


def _selection_problem(selection: Mapping[str, Any]) -> Problem | None:
    conditions: Any = next((value for key, value in selection.items() if key.lower() == "conditions"), {})
    count = sum(len(each) for each in conditions.values() if isinstance(each, Mapping))
    return Problem("conditions", f"has {count}", f"at most {MAX_CONDITIONS}") if count > MAX_CONDITIONS else None


def _is_resource_type(given: str) -> bool:
    return given == "*" or (given.startswith("arn:") and re.sub(rf"\A{_PARTITION}:", "", given) in RESOURCE_TYPES)


_LIFECYCLE = Group(
    {
        "move_to_cold_storage_after_days": number(1),
        "delete_after_days": number(1),
        "opt_in_to_archive_for_supported_resources": _BOOLEAN,
    },
    rule=_lifecycle_problem,
)
_TAGS = Group(
    others=Group({"tag_key": text(128), "tag_value": text(256, 0)}, needs=("tag_key", "tag_value")), named="tags"
)
_CONDITIONS = Group(
    {
        operator: Group(
            others=Group(
                {"condition_key": text(256), "condition_value": text(256, 0)},
                needs=("condition_key", "condition_value"),
            ),
            names=_NAME,
            named=_NAMED,
        )
        for operator in ("string_equals", "string_not_equals", "string_like", "string_not_like")
    }
)
_REGIONS = Setting(is_region, "regions, such as us-east-1", many=True)
_RESOURCES = Setting(
    _is_resource_type, f"* or arn:aws:… of {', '.join(sorted(RESOURCE_TYPES))}", many=True, not_empty=True
)
_RULE = Group(
    {
        "schedule_expression": Setting(
            lambda given: cron_problem(given) is None,
            "a cron expression such as cron(0 5 1 * ? *), with one minute: at most one backup an hour",
        ),
        "schedule_expression_timezone": matching(r"[A-Za-z0-9_+/-]+", "a time zone such as Europe/Berlin"),
        "start_backup_window_minutes": number(60),
        "complete_backup_window_minutes": number(60),
        "enable_continuous_backup": _BOOLEAN,
        "target_backup_vault_name": matching(r"[A-Za-z0-9_-]{1,50}", "a vault name: 1 to 50 letters, digits and _-"),
        "target_logically_air_gapped_backup_vault_arn": matching(
            _PARTITION + r":backup:\$region:\$account:backup-vault:[A-Za-z0-9_-]{1,50}",
            "arn:aws:backup:$region:$account:backup-vault:<name>",
        ),
        "lifecycle": _LIFECYCLE,
        "copy_actions": Group(
            others=Group({"target_backup_vault_arn": matching(_COPY_VAULT, _COPY_VAULT_TEXT), "lifecycle": _LIFECYCLE}),
            names=name(_COPY_VAULT),
            named=_COPY_VAULT_TEXT,
        ),
        "recovery_point_tags": _TAGS,
        "index_actions": Group({"resource_types": matching("EBS|S3", "EBS and S3", many=True, not_empty=True)}),
        "scan_actions": Group({"guardduty": Group({"scan_mode": one_of("INCREMENTAL_SCAN", "FULL_SCAN")})}),
    },
    whole=("schedule_expression", "target_backup_vault_name"),
    rule=_rule_problem,
)
_SELECTIONS = Group(
    {
        "tags": Group(
            others=Group(
                {
                    "iam_role_arn": _ROLE,
                    "tag_key": text(128),
                    "tag_value": Setting(lambda given: len(given) <= 256, "tag values", many=True, not_empty=True),
                    "conditions": _CONDITIONS,
                },
                whole=("iam_role_arn", "tag_key", "tag_value"),
                rule=_selection_problem,
            ),
            names=_NAME,
            named=_NAMED,
        ),
        "resources": Group(
            others=Group(
                {
                    "iam_role_arn": _ROLE,
                    "resource_types": _RESOURCES,
                    "not_resource_types": _RESOURCES,
                    "conditions": _CONDITIONS,
                },
                whole=("iam_role_arn",),
                rule=_selection_problem,
            ),
            names=_NAME,
            named=_NAMED,
        ),
    }
)
_SWITCH = one_of("enabled", "disabled")
_PLAN = Group(
    {
        "regions": _REGIONS,
        "rules": Group(others=_RULE, names=_NAME, named=_NAMED, most=10),
        "selections": _SELECTIONS,
        "advanced_backup_settings": Group(
            {
                "ec2": Group({"windows_vss": _SWITCH}),
                "s3": Group({"backup_acls": _SWITCH, "backup_object_tags": _SWITCH}),
            }
        ),
        "backup_plan_tags": _TAGS,
        "scan_settings": Group(
            {
                "guardduty": Group(
                    {
                        "resource_types": matching("EBS|EC2|S3|ALL", "EBS, EC2, S3 or ALL", many=True, not_empty=True),
                        "scanner_role_arn": _ROLE,
                    }
                )
            }
        ),
    },
    whole=("regions", "rules", "selections"),
)
BACKUP_SCHEMA = Group({"plans": Group(others=_PLAN, names=_NAME, named=_NAMED)})
