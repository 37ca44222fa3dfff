"""Organizational units that are renamed, moved or removed in the configuration.

AWS deletes an OU only when it is empty, and moves none; the engine deletes no protected resource. All of it is found
out before a run, so that nothing is half done. An OU that is removed and empty loses its protection right before it is
deleted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from automation import aws
from automation.backend.resources import parts
from automation.configuration import settings_of
from automation.events import Resource
from automation.runs import Run
from automation.stack_files import read_raw
from shared.errors import ConfigError, UsageError
from shared.layers import StackId
from stacks.org.config import OrgConfig
from stacks.policies.config import PoliciesConfig

TYPE = "aws:organizations/organizationalUnit:OrganizationalUnit"


@dataclass(frozen=True)
class Unit:
    """An OU as the state of stack org has it."""

    key: str
    id: str
    name: str
    urn: str
    protected: bool


def check(run: Run, chosen: Iterable[StackId], doing: str) -> None:
    """Refuse changes of OUs that AWS would refuse, or that are not what they seem. A guard: see `automation.guards`.

    AWS is asked only if an OU that is deployed has left the configuration. The run remembers such OUs.
    """
    org = StackId("org", run.environment.name)
    if doing not in ("deploy", "preview", "drift") or org not in chosen or not run.ledger.differs(org):
        return
    state = run.states.whole(org)
    units = deployed(state)
    names = _configured(run, org) if units else None
    if names is None:
        return
    removed = [unit for key, unit in units.items() if key not in names]
    run.removed_units.update(unit.urn for unit in removed if unit.protected)
    if doing == "drift":
        return
    problems = renamed_or_moved(units, names)
    if problems:
        raise ConfigError(f"{org.config_label}: {problem}" for problem in problems)
    if removed:
        _refuse_named(run, org, removed)
        _refuse_filled(run, org, removed, state)


def deployed(state: Mapping[str, Any]) -> dict[str, Unit]:
    """Key → OU, of every OU in a state of stack org."""
    found = [
        Unit(
            Resource(each["urn"]).name,
            str(each.get("id")),
            str((each.get("outputs") or {}).get("name")),
            each["urn"],
            bool(each.get("protect")),
        )
        for each in parts(state)[0]
        if each["type"] == TYPE
    ]
    return {unit.key: unit for unit in found}


def _configured(run: Run, org: StackId) -> dict[str, str] | None:
    """Key → name of every OU in the configuration; None if it cannot be read without the engine."""
    settings = settings_of(org, partial(read_raw, root=run.engine.root))
    return settings.all_units if isinstance(settings, OrgConfig) else None


def renamed_or_moved(units: Mapping[str, Unit], names: Mapping[str, str]) -> list[str]:
    """What is wrong with the change from the deployed `units` to those of the configuration (key → name)."""
    removed = [key for key in units if key not in names]
    added = [key for key in names if key not in units]
    problems = []
    for old in removed:
        if _parent(old) in removed:
            continue
        beside = [key for key in added if _parent(key) == _parent(old)]
        elsewhere = [key for key in added if _last(key) == _last(old)]
        if beside:
            entry = {"key": old, "name": names[beside[0]]}
            written = yaml.safe_dump(entry, default_flow_style=True, sort_keys=False, width=1000).strip()
            problems.append(
                f"the OU {old!r} is gone from org:organizationalUnits and {beside[0]!r} is new beside it. To rename an "
                f"OU, keep its key: allowed: {written}. If one is to be removed and another to be added, "
                "deploy the first before the second"
            )
        elif elsewhere:
            problems.append(
                f"the OU {old!r} is gone from org:organizationalUnits and {elsewhere[0]!r} is new. AWS cannot move an "
                f"OU: allowed: both {old!r} and {elsewhere[0]!r}; deploy that, name {elsewhere[0]!r} in the files of "
                f"the accounts and policies, deploy again, and remove {old!r} last"
            )
    for key, name in names.items():
        if key in units and units[key].name == name:
            continue
        for other in units.values():
            if other.key != key and other.name == name and _parent(other.key) == _parent(key):
                problems.append(
                    f"the OU {key!r} is to be called {name!r} in org:organizationalUnits, as {other.key!r} is in AWS "
                    f"until it has another name; allowed: another name, or the change of {other.key!r} deployed first"
                )
    return problems


def _parent(key: str) -> str:
    return key.rpartition("/")[0]


def _last(key: str) -> str:
    return key.rpartition("/")[2]


def _refuse_named(run: Run, org: StackId, removed: Iterable[Unit]) -> None:
    """Raise `ConfigError` if a file still names an OU that is removed."""
    gone = {unit.key for unit in removed}
    read = partial(read_raw, root=run.engine.root)
    named = {
        f"{stack.config_label}: accounts:organizationalUnit": {_unit_of(run, stack)}
        for stack in run.stacks
        if stack.account
    }
    policies = StackId("policies", run.environment.name)
    if policies in run.stacks:
        settings = settings_of(policies, read)
        for path, key in settings.unit_paths.items() if isinstance(settings, PoliciesConfig) else ():
            named.setdefault(f"{policies.config_label}: {key}", set()).add(path)
    problems = [
        f"{where} names the OU {key!r}, which is gone from {org.config_label}; allowed: an OU that stays"
        for where, keys in named.items()
        for key in sorted(gone.intersection(each for each in keys if each))
    ]
    if problems:
        raise ConfigError(problems)


def _raw(run: Run, stack: StackId, key: str) -> str | None:
    try:
        value = read_raw(stack, run.engine.root)[0].get(key)
    except ConfigError:  # a run of that stack reports it
        return None
    return value if isinstance(value, str) else None


def _unit_of(run: Run, stack: StackId) -> str | None:
    return _raw(run, stack, "accounts:organizationalUnit")


def _refuse_filled(run: Run, org: StackId, removed: Iterable[Unit], state: Mapping[str, Any]) -> None:
    """Raise `UsageError` if AWS has accounts, or OUs that nobody declared, in an OU that is removed."""
    organizations = aws.client(run.environment.name, "organizations", run.engine.root)
    removed = list(removed)
    ours = {unit.id for unit in removed}
    files = {(_raw(run, each, "accounts:email") or "").lower(): each for each in run.stacks if each.account}
    root = _root(state)
    lines = []
    for unit in removed:
        accounts, children = _contents(run, organizations, unit)
        held = [_how_to_move(account, files, unit, root) for account in accounts]
        held += [
            f"OU {child['Name']!r} ({child['Id']}), which no file describes: aws organizations "
            f"delete-organizational-unit --organizational-unit-id {child['Id']}"
            for child in children
            if child["Id"] not in ours
        ]
        if held:
            lines += [f"the OU {unit.key!r} is gone from {org.config_label} and still holds"]
            lines += [f"  {each}" for each in held]
    if lines:
        again = "Put it back into org:organizationalUnits, empty it, and remove it in a later deployment"
        raise UsageError("\n".join(["nothing was changed: AWS deletes only empty OUs", *lines, again]))


def _contents(run: Run, organizations: Any, unit: Unit) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The accounts and the OUs in an OU; none if it is gone."""

    def pages(operation: str, key: str) -> list[dict[str, Any]]:
        return [
            each for page in organizations.get_paginator(operation).paginate(ParentId=unit.id) for each in page[key]
        ]

    try:
        with aws.errors(run.environment.name, f"looking into the OU {unit.key!r} ({unit.id})"):
            return (
                pages("list_accounts_for_parent", "Accounts"),
                pages("list_organizational_units_for_parent", "OrganizationalUnits"),
            )
    except aws.AwsFailed as error:
        if error.code in ("ParentNotFoundException", "AWSOrganizationsNotInUseException"):
            return [], []
        raise


def _how_to_move(account: Mapping[str, Any], files: Mapping[str, StackId], unit: Unit, root: str | None) -> str:
    """An account in an OU, and what takes it out."""
    stack = files.get(str(account["Email"]).lower())
    name = f"account {account['Id']} ({account['Name']})"
    if stack and aws.state_of(account) == "ACTIVE":
        return (
            f"{name}: with another accounts:organizationalUnit in {stack.config_label}, "
            f"invoke up {stack.label} --env {stack.environment} moves it"
        )
    why = "no file describes it" if aws.state_of(account) == "ACTIVE" else "it is closed, and AWS keeps it for 90 days"
    return (
        f"{name}, {why}: aws organizations move-account --account-id {account['Id']} "
        f"--source-parent-id {unit.id} --destination-parent-id {root or '<an OU or the root>'}"
    )


def _root(state: Mapping[str, Any]) -> str | None:
    outputs = (each.get("outputs") or {} for each in parts(state)[0] if each["type"] == "pulumi:pulumi:Stack")
    return next((str(found["rootId"]) for found in outputs if "rootId" in found), None)


def concerns(run: Run, stack: StackId) -> bool:
    """Whether `unprotect` has something to do."""
    return stack.layer == "org" and bool(run.removed_units)


def unprotect(run: Run, stack: StackId) -> None:
    """Let the engine delete the OUs that have left the configuration; `check` has found them empty."""
    if concerns(run, stack):
        run.engine.unprotect(stack, sorted(run.removed_units))


def unprotected(run: Run, stack: StackId) -> dict[str, Any] | None:
    """The stack's state as `unprotect` would leave it, for a preview; None if that is how it is."""
    if not concerns(run, stack):
        return None
    state = run.engine.export(stack) or {}
    resources = [
        {**each, "protect": bool(each.get("protect")) and each["urn"] not in run.removed_units}
        for each in parts(state)[0]
    ]
    return {**state, "deployment": {**state["deployment"], "resources": resources}}
