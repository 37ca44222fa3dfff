"""The syntax of an organization's policies: each type's own, in the file of its family."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shared.organization_policies import types
from shared.organization_policies.backup_policies import BACKUP_SCHEMA
from shared.organization_policies.control_policies import check_control_policy
from shared.organization_policies.ec2_policies import EC2_SCHEMA
from shared.organization_policies.schema import Group, MalformedPolicy, check_document, check_operators
from shared.organization_policies.security_policies import (
    GUARDDUTY_SCHEMA,
    INSPECTOR_SCHEMA,
    NETWORK_SECURITY_DIRECTOR_SCHEMA,
    SECURITY_HUB_SCHEMA,
)
from shared.organization_policies.service_policies import (
    AI_SCHEMA,
    BEDROCK_SCHEMA,
    CHAT_SCHEMA,
    S3_SCHEMA,
    UPGRADE_SCHEMA,
)
from shared.organization_policies.tag_policies import TAG_SCHEMA

__all__ = ["SCHEMAS", "MalformedPolicy", "check_content"]

SCHEMAS: Mapping[str, Group] = MappingProxyType(
    {
        types.TAG_POLICY: TAG_SCHEMA,
        types.BACKUP_POLICY: BACKUP_SCHEMA,
        types.DECLARATIVE_POLICY_EC2: EC2_SCHEMA,
        types.AISERVICES_OPT_OUT_POLICY: AI_SCHEMA,
        types.CHATBOT_POLICY: CHAT_SCHEMA,
        types.SECURITYHUB_POLICY: SECURITY_HUB_SCHEMA,
        types.INSPECTOR_POLICY: INSPECTOR_SCHEMA,
        types.UPGRADE_ROLLOUT_POLICY: UPGRADE_SCHEMA,
        types.BEDROCK_POLICY: BEDROCK_SCHEMA,
        types.S3_POLICY: S3_SCHEMA,
        types.NETWORK_SECURITY_DIRECTOR_POLICY: NETWORK_SECURITY_DIRECTOR_SCHEMA,
        types.GUARDDUTY_POLICY: GUARDDUTY_SCHEMA,
    }
)
"""The elements of each management policy whose syntax AWS publishes."""


def check_content(policy_type: str, content: str) -> None:
    """Raise `MalformedPolicy` unless `content` has AWS's syntax for the type. Its size is not checked (`limits`).

    Of a type whose syntax AWS does not publish (`PolicyType.checked`), only JSON and operators are checked.
    """
    try:
        _check(policy_type, content)
    except RecursionError:
        raise MalformedPolicy("the policy has elements in elements that are too deep; allowed: those of AWS") from None


def _check(policy_type: str, content: str) -> None:
    try:
        document = json.loads(content, object_pairs_hook=_without_duplicates)
    except ValueError as error:
        raise MalformedPolicy(f"not JSON: {error}") from None
    if not isinstance(document, dict):
        raise MalformedPolicy(f"the policy is {type(document).__name__}; allowed: a JSON object")
    if not types.POLICY_TYPES[policy_type].inherits:
        check_control_policy(document, policy_type)
    elif policy_type in SCHEMAS:
        check_document(document, SCHEMAS[policy_type])
    else:
        check_operators(document)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} is there twice in one object")
    return dict(pairs)
