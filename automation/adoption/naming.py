"""What things are called in the files: keys of OUs, names of accounts' stacks and of policy files.

The same organization always gives the same names, so that an adoption that was stopped goes on with its files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from automation.adoption.snapshot import FoundPolicy
from automation.inventory.foreign import account_name
from automation.inventory.organization import Member, Organization
from shared.settings.fields import ou_path

_LONGEST = 100
"""Characters of an OU's key: see `shared.settings.fields.ou_path`."""


def unit_names(organization: Organization) -> dict[str, tuple[str, str]]:
    """Id → the id of what each OU is in, and its name in AWS, which may have a slash in it."""
    paths = {organization.root.id: "", **{unit.id: unit.path for unit in organization.units}}
    found = {}
    for unit in organization.units:
        parent = unit.within[-3] if len(unit.within) > 2 else organization.root.id
        found[unit.id] = parent, unit.path[len(paths[parent]) + 1 :] if paths[parent] else unit.path
    return found


def unit_keys(organization: Organization) -> dict[str, str]:
    """Id → key of every OU: its path in AWS, or one like it where a name has what a key must not have."""
    keys = {organization.root.id: ""}
    taken: set[str] = set()
    for identity, (parent, name) in unit_names(organization).items():  # parents first
        keys[identity] = _key(keys[parent], name, identity, taken)
        taken.add(keys[identity])
    del keys[organization.root.id]
    return keys


def _key(above: str, name: str, identity: str, taken: set[str]) -> str:
    plain = re.sub(r"[/:]+", "-", name).strip() or identity
    for part in (plain, f"{plain}-{identity}", identity, identity.rpartition("-")[2]):
        key = f"{above}/{part}" if above else part
        if key not in taken and _is_path(key):
            return key
    return f"{above}/{identity}" if above else identity


def _is_path(key: str) -> bool:
    try:
        ou_path(key)
    except ValueError:
        return False
    return key.isprintable()


def stack_names(members: Iterable[Member], known: Mapping[str, str]) -> dict[str, str]:
    """Id → what each account is called here. `known` has the names in files that are there, by address in lower case.

    Accounts that would be called the same have their ids in their names.
    """
    members = list(members)
    wanted = {each.id: account_name(each, ()) for each in members}
    often = Counter(wanted.values())
    found = {}
    for each in members:
        name = known.get(each.email.lower())
        taken = often[wanted[each.id]] > 1 or wanted[each.id] in known.values()
        found[each.id] = name or (f"{wanted[each.id]}-{each.id}" if taken else wanted[each.id])
    return found


def policy_files(policies: Iterable[FoundPolicy]) -> dict[str, str]:
    """Id → the name of the file of each policy, without its suffix."""
    policies = list(policies)
    wanted = {each.id: re.sub(r"[^a-z0-9]+", "-", each.name.lower()).strip("-") or each.id for each in policies}
    often = Counter(wanted.values())
    return {
        each.id: wanted[each.id] if often[wanted[each.id]] == 1 else f"{wanted[each.id]}-{each.id}" for each in policies
    }
