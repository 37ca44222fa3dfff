"""What the access page shows, as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Reach:
    """Somebody who may assume a role. `how` says it in words, such as `with MFA`."""

    principal: str
    how: str = ""


@dataclass(frozen=True)
class Role:
    """A role in an account. `link` switches to it in AWS's console."""

    name: str
    arn: str
    boundary: str | None
    reached_by: tuple[Reach, ...]
    link: str | None = None


@dataclass(frozen=True)
class InForce:
    """A policy that holds in a place. `source` is the root, the OU or the account that it is attached to."""

    policy: str
    kind: str
    source: str


@dataclass(frozen=True)
class Account:
    """A member account. `unit` is the path of its OU. `id` is None before it is deployed."""

    name: str
    id: str | None
    unit: str
    roles: tuple[Role, ...] = ()
    in_force: tuple[InForce, ...] = ()


@dataclass(frozen=True)
class Unit:
    """The root (its path is `/`) or an OU, with what is attached to it and what is in it."""

    path: str
    name: str
    attached: tuple[InForce, ...] = ()
    units: tuple[Unit, ...] = ()
    accounts: tuple[Account, ...] = ()

    def all_accounts(self) -> Iterator[Account]:
        """The accounts in it and in the OUs below it."""
        yield from self.accounts
        for unit in self.units:
            yield from unit.all_accounts()

    def all_units(self) -> Iterator[Unit]:
        """The OUs below it, upper ones first."""
        for unit in self.units:
            yield unit
            yield from unit.all_units()


@dataclass(frozen=True)
class Policy:
    """A policy of the organization. `document` is its JSON, for people."""

    name: str
    kind: str
    description: str
    targets: tuple[str, ...]
    document: str


@dataclass(frozen=True)
class StackOfRun:
    """What a run did to one stack, in the summary's words. `problems` are the reasons of a failure."""

    label: str
    result: str
    changes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    seconds: float = 0.0
    failed: bool = False


@dataclass(frozen=True)
class LastRun:
    """A run that ended. `foreign` is what is in AWS and in no stack."""

    operation: str
    start: datetime
    seconds: float
    exit_code: int
    stacks: tuple[StackOfRun, ...]
    foreign: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """All of it. `changes` are the decisions that a deployment would change; None if they were not asked for.

    `drift` and `last_run` are None where none is on record on this machine.
    """

    environment: str
    made: datetime
    root: Unit
    policies: Sequence[Policy] = ()
    last_run: LastRun | None = None
    drift: LastRun | None = None
    changes: Sequence[str] | None = None

    @property
    def matrix(self) -> list[Row]:
        """Who reaches which role in how many accounts."""
        rows: dict[tuple[str, str, str], list[str]] = {}
        having: dict[str, int] = {}
        for account in self.root.all_accounts():
            for role in account.roles:
                having[role.name] = having.get(role.name, 0) + 1
                for reach in role.reached_by:
                    rows.setdefault((reach.principal, role.name, reach.how), []).append(account.name)
        return [
            Row(principal, role, how, tuple(accounts), len(accounts) == having[role])
            for (principal, role, how), accounts in sorted(rows.items())
        ]


@dataclass(frozen=True)
class Row:
    """One row of the matrix. `everywhere` says that these are all accounts that have the role."""

    principal: str
    role: str
    how: str
    accounts: tuple[str, ...] = field(default=())
    everywhere: bool = False
