"""Which resource of a program stands for what in IAM Identity Center.

Their ids are made of others, such as the ARN of a permission set, which a program does not know before the import: so
they are found by their names.
https://www.pulumi.com/registry/packages/aws/api-docs/ssoadmin/permissionset/#import
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from automation.access.people import ASSIGNMENT, BOUNDARY_OF, CUSTOMER, INLINE, MANAGED, SET
from automation.adoption.identity_center import FoundCenter, FoundSet
from automation.imports.engine_file import Key
from automation.imports.existing import Planned, text_of

GROUP = "aws:identitystore/group:Group"


def permission_sets(planned: Planned, center: FoundCenter | None) -> Iterator[tuple[Key, str]]:
    """Those that are there, with what they have that is there as it is wanted, and the groups that are made here."""
    if center is None:
        return
    for key, creation in planned.creations.items():
        found = next((each for each in center.sets if text_of(planned, key, "name") == each.name), None)
        if key.type == SET and found:
            yield key, _with_region(creation.text("region"), f"{found.arn},{center.instance}")
        elif key.type == GROUP:
            wanted = text_of(planned, key, "displayName")
            there = [identity for identity, name in center.groups.items() if name == wanted]
            if len(there) == 1:
                yield key, _with_region(creation.text("region"), f"{center.store}/{there[0]}")
        elif key.type in (INLINE, MANAGED, CUSTOMER, BOUNDARY_OF):
            for each in center.sets:
                if (first := _part(key, creation.inputs, each)) is not None:
                    yield key, _with_region(creation.text("region"), f"{first}{each.arn},{center.instance}")


def assignments(planned: Planned, center: FoundCenter | None, account: str) -> Iterator[tuple[Key, str]]:
    """Those of groups to the account `account`."""
    for key, creation in planned.creations.items():
        if center is None or key.type != ASSIGNMENT:
            continue
        principal = text_of(planned, key, "principalId")
        for each in center.sets:
            has = any((one.account, one.principal) == (account, principal) for one in each.assignments)
            if has and principal and key.name == f"{each.name}-{center.groups.get(principal)}":
                parts = (principal, "GROUP", account, "AWS_ACCOUNT", each.arn, center.instance)
                yield key, _with_region(creation.text("region"), ",".join(parts))


def _part(key: Key, inputs: Mapping[str, Any], found: FoundSet) -> str | None:
    """What the id of something that the permission set has begins with; None if AWS has it not, or it is another's."""
    if key.type == INLINE:
        return "" if key.name == found.name and found.inline else None
    if key.type == BOUNDARY_OF:
        return "" if key.name == found.name and _policy(inputs.get("permissionsBoundary")) == found.boundary else None
    if key.type == MANAGED:
        arn = str(inputs.get("managedPolicyArn"))
        named = key.name == f"{found.name}-{arn.rpartition('/')[2]}"
        return f"{arn}," if named and arn in found.managed else None
    policy = _policy(inputs)
    path, slash, name = policy.rpartition("/")
    named = key.name in (found.name, f"{found.name}-{name}")
    return f"{name},{path}{slash}," if named and policy in found.customer else None


def _policy(given: Any) -> str:
    """A policy that something names, as `automation.adoption.identity_center` writes it."""
    given = given if isinstance(given, Mapping) else {}
    own = given.get("customerManagedPolicyReference")
    return f"{own.get('path') or '/'}{own['name']}" if own else str(given.get("managedPolicyArn") or "")


def _with_region(region: str | None, identity: str) -> str:
    # https://www.pulumi.com/registry/packages/aws/how-to-guides/7-0-migration/
    return f"{identity}@{region}" if region else identity
