"""No policy that allows everything on everything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from policy_pack.documents import allows, permissions
from policy_pack.planned import Context, Finding, Planned, listed
from shared.policy_documents.roles import bounded_by_others

_ALLOWED = "the actions that are needed, on the resources that they are needed on"
_ADMINISTRATOR = ":iam::aws:policy/AdministratorAccess"

_OTHERS = {"account:*", "iam:*", "organizations:*"}
"""Left out, as AWS's PowerUserAccess does, the rest makes no administrator.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/PowerUserAccess.html"""

_SETTING = "identity:identityCenter"

_ATTACHMENTS = {
    "aws:iam/role:Role": "managedPolicyArns",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "policyArn",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "policyArn",
    "aws:iam/policyAttachment:PolicyAttachment": "policyArn",
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": "managedPolicyArn",
}


def administrators(resource: Planned, context: Context, _options: Mapping[str, Any]) -> Iterator[Finding]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"""
    if _was_found(resource, context):
        return
    for where, found in permissions(resource):
        for number, statement in enumerate(found, start=1):
            everything = any(each in ("*", "*:*") for each in listed(statement.get("Action")))
            # All but some actions is nearly everything, unless it leaves out who makes others more than they are.
            left_out = listed(statement.get("NotAction"))
            everything = everything or (bool(left_out) and not _OTHERS.issubset(map(str, left_out)))
            if allows(statement) and everything and "*" in listed(statement.get("Resource")):
                actions = ", ".join(map(str, listed(statement.get("Action")))) or "all but some actions"
                yield Finding(f"{where}, statement {number}", f"Allow {actions} on *", _ALLOWED)
    place = _ATTACHMENTS.get(resource.type)
    for arn in listed(resource.properties.get(place)) if place else []:
        if isinstance(arn, str) and arn.endswith(_ADMINISTRATOR):
            yield Finding(str(place), arn, _ALLOWED)


def _was_found(resource: Planned, context: Context) -> bool:
    """Whether it is a policy of a permission set of which the configuration says that it was found so: a person has
    seen that, and a rule that stops the layer would change nothing of it."""
    if not resource.type.startswith("aws:ssoadmin/"):
        return False
    found: Any = None
    with suppress(ValueError):
        found = json.loads(context.config.get(_SETTING, ""))
    sets = found.get("permissionSets") if isinstance(found, Mapping) else None
    for name, each in sets.items() if isinstance(sets, Mapping) else ():
        if not isinstance(each, Mapping) or not bounded_by_others(each.get("boundary")):
            continue
        arn = resource.properties.get("managedPolicyArn")
        if resource.name == (name if arn is None else f"{name}-{str(arn).rpartition('/')[2]}"):
            return arn is None or arn in listed(each.get("managedPolicies"))
    return False
