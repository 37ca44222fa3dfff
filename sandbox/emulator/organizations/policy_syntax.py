"""The syntax of an organization's policies, and the sizes and numbers that AWS allows.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.emulator.organizations.effective_policy import ALL, APPEND, ASSIGN, CONTROL, NONE, REMOVE, SETTERS
from sandbox.emulator.policy_evaluation.condition_operators import NEGATED, OPERATORS

SERVICE_CONTROL_POLICY = "SERVICE_CONTROL_POLICY"
RESOURCE_CONTROL_POLICY = "RESOURCE_CONTROL_POLICY"
TAG_POLICY = "TAG_POLICY"
BACKUP_POLICY = "BACKUP_POLICY"

MAXIMUM_SIZE = {
    SERVICE_CONTROL_POLICY: 10_240,
    RESOURCE_CONTROL_POLICY: 5_120,
    TAG_POLICY: 10_000,
    BACKUP_POLICY: 10_000,
}
"""Characters of a policy's content, white space included."""

MAXIMUM_ATTACHED = {SERVICE_CONTROL_POLICY: 10, RESOURCE_CONTROL_POLICY: 5, TAG_POLICY: 10, BACKUP_POLICY: 10}
"""Policies of a type attached to one root, OU or account."""

MINIMUM_ATTACHED = {SERVICE_CONTROL_POLICY: 1, RESOURCE_CONTROL_POLICY: 1}
"""Policies of a type that have to stay attached to a root, OU or account while the type is enabled."""

TEXT, LIST = "text", "list"
_ANY_NAME = "*"
_LIFECYCLE = {
    "move_to_cold_storage_after_days": TEXT,
    "delete_after_days": TEXT,
    "opt_in_to_archive_for_supported_resources": TEXT,
}
_TAGS = {_ANY_NAME: {"tag_key": TEXT, "tag_value": TEXT}}
_CONDITIONS = {_ANY_NAME: {_ANY_NAME: {"condition_key": TEXT, "condition_value": TEXT}}}

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html
_BACKUP: dict[str, Any] = {
    "plans": {
        _ANY_NAME: {
            "regions": LIST,
            "rules": {
                _ANY_NAME: {
                    "schedule_expression": TEXT,
                    "schedule_expression_timezone": TEXT,
                    "start_backup_window_minutes": TEXT,
                    "complete_backup_window_minutes": TEXT,
                    "enable_continuous_backup": TEXT,
                    "target_backup_vault_name": TEXT,
                    "target_logically_air_gapped_backup_vault_arn": TEXT,
                    "lifecycle": _LIFECYCLE,
                    "copy_actions": {_ANY_NAME: {"target_backup_vault_arn": TEXT, "lifecycle": _LIFECYCLE}},
                    "recovery_point_tags": _TAGS,
                    "index_actions": {"resource_types": LIST},
                    "scan_actions": {_ANY_NAME: {"scan_mode": TEXT}},
                }
            },
            "selections": {
                "tags": {
                    _ANY_NAME: {"iam_role_arn": TEXT, "tag_key": TEXT, "tag_value": LIST, "conditions": _CONDITIONS}
                },
                "resources": {
                    _ANY_NAME: {
                        "iam_role_arn": TEXT,
                        "resource_types": LIST,
                        "not_resource_types": LIST,
                        "conditions": _CONDITIONS,
                    }
                },
            },
            "advanced_backup_settings": {"ec2": {"windows_vss": TEXT}},
            "scan_settings": {_ANY_NAME: {"resource_types": LIST, "scanner_role_arn": TEXT}},
            "backup_plan_tags": _TAGS,
        }
    }
}
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_example-tag-policies.html
_TAG: dict[str, Any] = {
    "tags": {_ANY_NAME: {"tag_key": TEXT, "tag_value": LIST, "enforced_for": LIST, "report_required_tag_for": LIST}}
}
_WHOLE_NUMBERS = re.compile(r".*_(minutes|days)\Z")


class MalformedPolicy(Exception):
    """The content is not a policy of its type; the message says where and why."""


def check_content(policy_type: str, content: str) -> None:
    """Raise `MalformedPolicy` unless `content` has AWS's syntax for the type. Its size is not checked.

    Content of a type that this project does not use (AI services opt-out) need only be a JSON object.
    """
    try:
        document = json.loads(content, object_pairs_hook=_without_duplicates)
    except ValueError as error:
        raise MalformedPolicy(f"not JSON: {error}") from None
    if not isinstance(document, dict):
        raise MalformedPolicy("not a JSON object")
    if policy_type in (SERVICE_CONTROL_POLICY, RESOURCE_CONTROL_POLICY):
        _check_control_policy(document, policy_type)
    elif policy_type == TAG_POLICY:
        _check_tree(document, _TAG, "")
        _check_tag_rules(document["tags"])
    elif policy_type == BACKUP_POLICY:
        _check_tree(document, _BACKUP, "")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"a key of {names} is there twice")
    return dict(pairs)


def _check_control_policy(document: Mapping[str, Any], policy_type: str) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html"""
    _require(not set(document) - {"Version", "Id", "Statement"}, "unknown element")
    _require(document.get("Version") == "2012-10-17", "Version is not 2012-10-17")
    found: Any = document.get("Statement")
    listed: list[Any] = found if isinstance(found, list) else [found]
    _require(bool(listed), "no statement")
    principals = {"Principal"} if policy_type == RESOURCE_CONTROL_POLICY else set()
    known = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"} | principals
    for statement in listed:
        _require(isinstance(statement, dict) and not set(statement) - known, "unknown element in a statement")
        _require(statement.get("Effect") in ("Allow", "Deny"), "Effect")
        _require(("Action" in statement) != ("NotAction" in statement), "Action or NotAction")
        _require(("Resource" in statement) != ("NotResource" in statement), "Resource or NotResource")
        _require(not principals or statement.get("Principal") == "*", "Principal")
        for name in _texts(statement.get("Action", statement.get("NotAction"))):
            _require(name == "*" or re.fullmatch(r"[a-zA-Z0-9*?-]+:[a-zA-Z0-9*?]+", name) is not None, f"action {name}")
        for name in _texts(statement.get("Resource", statement.get("NotResource"))):
            _require(name == "*" or name.startswith("arn:"), f"resource {name}")
        _require(re.fullmatch(r"[a-zA-Z0-9]*", str(statement.get("Sid", ""))) is not None, "Sid")
        _check_condition(statement.get("Condition", {}))
    sids = [statement["Sid"] for statement in listed if "Sid" in statement]
    _require(len(set(sids)) == len(sids), "a Sid is there twice")


def _check_condition(condition: Any) -> None:
    _require(isinstance(condition, dict), "Condition")
    for operator, keys in condition.items():
        name = re.sub(r"\A(ForAnyValue|ForAllValues):", "", operator).removesuffix("IfExists")
        _require(name in OPERATORS or name in NEGATED or name == "Null", f"condition operator {operator}")
        _require(isinstance(keys, dict) and bool(keys), f"condition {operator}")
        for values in keys.values():
            listed = values if isinstance(values, list) else [values]
            _require(all(isinstance(value, str | int | float | bool) for value in listed), f"condition {operator}")


def _check_tree(element: Any, schema: Mapping[str, Any] | str, where: str) -> None:
    """Check an element of a tag or backup policy: its names, its operators, and the values that they set."""
    _require(isinstance(element, dict), where)
    names = [name.lower() for name in element]
    _require(len(set(names)) == len(names), f"{where}: a name is there twice")
    if CONTROL in element:
        _check_control(element[CONTROL], where)
    operators = {name for name in element if name.startswith("@@")} - {CONTROL}
    fields = {name: value for name, value in element.items() if not name.startswith("@@")}
    if isinstance(schema, str):
        _require(not fields and operators <= ({ASSIGN} if schema == TEXT else SETTERS), where)
        for operator in operators:
            _check_value(element[operator], schema, where)
        return
    _require(not operators, where)
    _require(bool(where) or set(fields) == set(schema), f"the element is not {', '.join(schema)}")
    for name, value in fields.items():
        inner = schema.get(name.lower(), schema.get(_ANY_NAME))
        if inner is None or not name:
            raise MalformedPolicy(f"{where}/{name} is unknown")
        _check_tree(value, inner, f"{where}/{name}")


def _check_control(control: Any, where: str) -> None:
    listed = _texts(control)
    _require(isinstance(control, list) and bool(listed) and set(listed) <= {ALL, NONE, ASSIGN, APPEND, REMOVE}, where)
    _require(len(set(listed)) == len(listed) and (NONE not in listed or len(listed) == 1), where)


def _check_value(value: Any, form: str, where: str) -> None:
    listed = value if isinstance(value, list) else [value]
    _require(isinstance(value, list) == (form == LIST), f"{where}: not a {form}")
    _require(not any(isinstance(item, dict | list) for item in listed), f"{where}: not a {form}")
    if _WHOLE_NUMBERS.match(where):
        _require(re.fullmatch(r"\d{1,6}", str(value)) is not None, f"{where}: not a whole number")
    if where.endswith("/schedule_expression"):
        _require(re.fullmatch(r"cron\([^()]+\)", str(value)) is not None, f"{where}: not a cron expression")


def _check_tag_rules(tags: Mapping[str, Any]) -> None:
    for key, rule in tags.items():
        if key.startswith("@@"):
            continue
        written = rule.get("tag_key", {}).get(ASSIGN, key)
        _require(isinstance(written, str) and written.lower() == key.lower(), f"tag_key {written} of {key}")
        for operator in SETTERS:
            for value in rule.get("tag_value", {}).get(operator, []):
                _require(str(value).count("*") <= 1, f"tag value {value}")
            for target in rule.get("enforced_for", {}).get(operator, []):
                _require(re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9*_/-]+", str(target)) is not None, f"resource {target}")


def _texts(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    _require(bool(listed) and all(isinstance(item, str) for item in listed), f"{value} is not text")
    return listed


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise MalformedPolicy(what)
