"""Which role of each account the management account can assume, found by trying, and what is in the way in there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from automation import aws
from automation.imports.access_role import CANDIDATES, assumable, steps
from automation.inventory.organization import Member
from shared.policy_documents.roles import AUTOMATION_ROLE, DEVELOPER_ROLE, role_arn
from shared.settings.fields import ACCESS_ROLES

_AT_ONCE = 8


@dataclass(frozen=True)
class Access:
    """The access role of an account, None without one, and the roles in it that are called as those made here."""

    role: str | None = None
    taken: tuple[str, ...] = ()


def read_access(environment: str, members: Iterable[Member], root: Path, given: Mapping[str, str]) -> dict[str, Access]:
    """Id → access of each account. `given` are the roles that files already name, by account: they are tried first."""
    members = list(members)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda each: _access(environment, each.id, root, given.get(each.id)), members)
        return {member.id: access for member, access in zip(members, found, strict=True)}


def _access(environment: str, account: str, root: Path, first: str | None) -> Access:
    roles = dict.fromkeys([*([first] if first else []), *CANDIDATES])
    role = next(filter(partial(assumable, environment, account, root=root), roles), None)
    if role is None:
        return Access()
    iam = aws.inside(environment, role_arn(account, role), "iam", root)
    taken = []
    for name in (DEVELOPER_ROLE, AUTOMATION_ROLE):
        try:
            with aws.errors(environment, f"looking for {name} in account {account}"):
                iam.get_role(RoleName=name)
        except aws.AwsFailed as error:
            # A role that may not look is not in the way of the adoption.
            if error.code not in ("NoSuchEntity", "AccessDenied"):
                raise
        else:
            taken.append(name)
    return Access(role, tuple(taken))


def without_role(management: str) -> str:
    """What to do about an account that has none of the roles."""
    return (
        f"no role that account {management} may assume ({', '.join(CANDIDATES)}): AWS makes one in accounts that are "
        "created, not in those that were invited. With credentials of that account, run\n"
        + "\n".join(f"      {step}" for step in steps(ACCESS_ROLES[0], management))
        + "\n    and the adoption again"
    )
