"""IAM Identity Center as it was found, as the setting `identity:identityCenter`.

Groups stay with whoever makes them, such as an identity provider: they are looked up by their names.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from automation.adoption.identity_center import GROUP, FoundCenter, FoundSet
from automation.adoption.snapshot import Snapshot
from automation.identity_center import SERVICE
from shared.settings.base import Settings, first_problem
from shared.settings.checks import counted, listed
from stacks.identity.identity_center_config import ACCOUNT, IdentityCenter
from stacks.identity.permission_set_config import PermissionSet

KEY = "identity:identityCenter"
_MOST = 20
_HOURS = re.compile(r"PT(\d+)H\Z")


@dataclass(frozen=True)
class CenterSettings:
    """What the file of the identity layer says, None for nothing, and lines about what stays out of it."""

    setting: Mapping[str, Any] | None = None
    staying: list[str] = field(default_factory=list)


def as_it_is(found: Snapshot, names: Mapping[str, str], region: str, why_not: str | None = None) -> CenterSettings:
    """The setting for the accounts in `names`, id → name of the stack, whose stacks are in `region`.

    With `why_not` nothing of it is adopted.
    """
    center = found.identity_center
    if center is None:
        return CenterSettings()
    if SERVICE not in found.organization.services:
        why_not = f"the organization has no trusted access for {SERVICE}"
    if why_not:
        return CenterSettings(None, [_whole(center, why_not)])
    made = _Making(center, names)
    setting = made.setting(region)
    problem = _problem(IdentityCenter, setting) if setting else None
    return CenterSettings(None, [_whole(center, problem)]) if problem else CenterSettings(setting, made.staying)


def _whole(center: FoundCenter, why: str) -> str:
    sets = [f"{each.name} ({counted(len(each.accounts), 'account')})" for each in center.sets]
    groups = sorted(name or identity for identity, name in center.groups.items())
    return (
        f"IAM Identity Center: permission sets {listed(sets, _MOST) or 'none'}; groups "
        f"{listed(groups, _MOST) or 'none'}; {why}"
    )


class _Making:
    def __init__(self, center: FoundCenter, names: Mapping[str, str]) -> None:
        self._center, self._names = center, names
        self.staying: list[str] = []

    def setting(self, region: str) -> dict[str, Any] | None:
        sets, assignments = {}, []
        for each in self._center.sets:
            entry = _entry(each)
            if problem := _unlike(each) or _problem(PermissionSet, entry):
                self._stays(f"permission set {each.name}: {problem}")
                continue
            sets[each.name] = entry
            assignments += self._assignments(each)
        used = {each["group"] for each in assignments}
        more = [name or identity for identity, name in self._center.groups.items() if name not in used]
        if more:
            self._stays(f"groups that no account here is assigned to: {listed(sorted(more), _MOST)}")
        if not sets:
            return None
        return {
            **({"region": self._center.region} if self._center.region != region else {}),
            "groups": {name: {} for name in sorted(used)},
            "permissionSets": sets,
            **({"assignments": assignments} if assignments else {}),
        }

    def _assignments(self, found: FoundSet) -> list[dict[str, Any]]:
        often = Counter(self._center.groups.values())
        targets: dict[str, list[str]] = {}
        others: dict[str, list[str]] = {}
        for each in found.assignments:
            name = self._center.groups.get(each.principal, "")
            if each.kind != GROUP:
                others.setdefault(f"a {each.kind.lower()} ({each.principal}); allowed here: groups", []).append(
                    each.account
                )
            elif often[name] != 1 or not name:
                others.setdefault(f"the group {each.principal}, which has no name of its own", []).append(each.account)
            elif each.account not in self._names:
                others.setdefault(f"{name} in accounts without a stack", []).append(each.account)
            else:
                targets.setdefault(name, []).append(f"{ACCOUNT}{self._names[each.account]}")
        for who, accounts in others.items():
            self._stays(f"{found.name} is assigned to {who}: {listed(sorted(accounts), _MOST)}")
        return [
            {"group": group, "permissionSet": found.name, "targets": sorted(accounts)}
            for group, accounts in sorted(targets.items())
        ]

    def _stays(self, what: str) -> None:
        self.staying.append(f"IAM Identity Center: {what}")


def _entry(found: FoundSet) -> dict[str, Any]:
    hours = _HOURS.match(found.duration)
    entry = {
        "description": found.description,
        "managedPolicies": list(found.managed),
        "customerPolicies": list(found.customer),
        "inlinePolicy": _readable(found.inline) if found.inline else None,
        "sessionHours" if hours else "sessionDuration": int(hours[1]) if hours else found.duration,
        "relayState": found.relay_state,
        "tags": dict(found.tags),
        "boundary": found.boundary,
    }
    return {key: value for key, value in entry.items() if value}


def _readable(document: str) -> str:
    try:
        return json.dumps(json.loads(document), indent=2, ensure_ascii=False)
    except ValueError:
        return document


def _unlike(found: FoundSet) -> str | None:
    """Why a file would not say what AWS has."""
    texts = [found.description, found.relay_state]
    if any(text != text.strip() for text in texts if text):
        return "its description or relay state begins or ends with white space, which no file can say"
    parts = Counter(each.rpartition("/")[2] for each in found.managed)
    parts += Counter(each.rpartition("/")[2] for each in found.customer)
    twice = sorted(name for name, count in parts.items() if count > 1)
    return f"it has two policies that are called {twice[0]}" if twice else None


def _problem(model: type[Settings], setting: Mapping[str, Any]) -> str | None:
    try:
        model.model_validate(setting, by_alias=True, by_name=False)
    except ValidationError as error:
        return first_problem(error)
    return None
