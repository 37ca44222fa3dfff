"""Policy documents of AWS as the rules read them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from policy_pack.planned import Planned, is_unknown, listed

POLICIES: Mapping[str, tuple[str, ...]] = {
    "aws:iam/role:Role": ("inlinePolicies.policy",),
    "aws:iam/rolePolicy:RolePolicy": ("policy",),
    "aws:iam/userPolicy:UserPolicy": ("policy",),
    "aws:iam/groupPolicy:GroupPolicy": ("policy",),
    "aws:iam/policy:Policy": ("policy",),
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": ("inlinePolicy",),
}
"""Type → where its permissions are."""

_ACCOUNT = re.compile(r"(?:arn:aws[\w-]*:(?:iam|sts)::)?(?P<account>\d{12})(?::.*)?\Z", re.DOTALL)


def statements(document: Any) -> list[Mapping[str, Any]]:
    """The statements of a document, which may be JSON. None if it is unknown or no document: AWS judges that."""
    if isinstance(document, str) and not is_unknown(document):
        try:
            document = json.loads(document)
        except ValueError:
            return []
    if not isinstance(document, Mapping):
        return []
    return [each for each in listed(document.get("Statement")) if isinstance(each, Mapping)]


def permissions(resource: Planned) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """The property and the statements of each policy that the resource brings."""
    for place in POLICIES.get(resource.type, ()):
        outer, _, inner = place.partition(".")
        value = resource.properties.get(outer)
        if not inner:
            yield outer, statements(value)
            continue
        for number, each in enumerate(listed(value)):
            if isinstance(each, Mapping):
                yield f"{outer}[{number}].{inner}", statements(each.get(inner))


def allows(statement: Mapping[str, Any]) -> bool:
    return statement.get("Effect") == "Allow"


def principals(statement: Mapping[str, Any], kind: str) -> list[str]:
    """The principals of one kind, such as `AWS`. A bare `*` is everybody, of every kind."""
    given = statement.get("Principal")
    found = listed(given.get(kind)) if isinstance(given, Mapping) else listed(given)
    return [each for each in found if isinstance(each, str)]


def account_of(principal: str) -> str | None:
    """The account of a principal, from its ARN or its bare id."""
    found = _ACCOUNT.match(principal)
    return found["account"] if found else None
