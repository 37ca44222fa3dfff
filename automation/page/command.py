"""`invoke access --html access.html`: the page of an environment, from its states and the reports of earlier runs."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from automation.access import matrix
from automation.access import snapshot as documents
from automation.access.command import FLIPPED, compare, deployed_snapshot, lines_of, sides
from automation.access.matrix import Entry
from automation.access.people import PERMISSION_SET
from automation.access.snapshot import Snapshot
from automation.page.last_runs import CHANGING, COMPARING, last_run
from automation.page.model import Account, InForce, Page, Policy, Reach, Role, Unit
from automation.page.render import page_file, write
from automation.runs import Run
from shared.organization_policies.types import POLICY_TYPES
from shared.policy_documents.roles import AUTOMATION_IDENTITY, with_path
from stacks.accounts.checks import switch_role_link

ROOT = "/"
"""The path of the root on the page."""


def page(run: Run, given: str, *, diff: bool = False, against: str | None = None) -> int:
    """Write the page to the file `given`. With `diff` or `against` it has what a deployment changes, and the exit code
    is that of `invoke access --diff`. Raises `UsageError`, for a file that cannot be before anything is read.
    """
    file = page_file(given)
    if diff or against:
        before, after = sides(run, against)
        found = compare(before, after)
        snapshot, changes, code = before, lines_of(found), FLIPPED if found.flips else 0
    else:
        snapshot, changes, code = deployed_snapshot(run), None, 0
    write(file, page_of(run, snapshot, changes))
    run.console.print(f"written: {given}", markup=False)
    return code


def page_of(run: Run, snapshot: Snapshot, changes: Sequence[str] | None = None) -> Page:
    """What the page shows."""
    name, root = run.environment.name, run.engine.root
    return Page(
        name,
        datetime.now(UTC),
        tree(snapshot),
        policies(snapshot),
        last_run(root, name, CHANGING),
        last_run(root, name, COMPARING),
        changes,
    )


def tree(snapshot: Snapshot) -> Unit:
    """The root with its OUs and accounts, and who may assume the roles in them."""
    reached: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in matrix.who(snapshot):
        reached[entry.account, entry.role].append(entry)
    accounts: dict[str, list[Account]] = defaultdict(list)
    for found in snapshot.accounts:
        accounts[found.unit].append(_account(snapshot, found, reached))

    def unit(path: str) -> Unit:
        below = [each for each in snapshot.units if each.rpartition("/")[0] == path and each != path]
        return Unit(
            path or ROOT,
            path.rpartition("/")[2] or "Root",
            tuple(_in_force(snapshot.attached.get(path, ()))),
            tuple(map(unit, sorted(below))),
            tuple(accounts[path]),
        )

    return unit(documents.ROOT)


def policies(snapshot: Snapshot) -> list[Policy]:
    """Each policy of the organization once, with what it is attached to."""
    targets: dict[documents.Policy, list[str]] = defaultdict(list)
    for target, attached in snapshot.attached.items():
        for policy in attached:
            targets[policy].append(target or ROOT)
    return [
        Policy(
            policy.name,
            _kind(policy.kind),
            "",
            tuple(sorted(found)),
            json.dumps(policy.document, indent=2),
        )
        for policy, found in sorted(targets.items(), key=lambda item: (item[0].kind, item[0].name))
    ]


def _account(
    snapshot: Snapshot, account: documents.Account, reached: Mapping[tuple[str, str], Sequence[Entry]]
) -> Account:
    in_force = [] if account.management else _on_the_way(snapshot, account)
    home = snapshot.management
    people = {user.name for user in home.users if user.name != AUTOMATION_IDENTITY} if home else set()
    roles = tuple(
        Role(
            role.name,
            role.arn,
            role.boundary.name if role.boundary else None,
            tuple(Reach(entry.principal, entry.how) for entry in reached[account.name, role.name]),
            # The console can switch to a role from a user, and from a session of Identity Center.
            switch_role_link(account.id, with_path(role.name), account.title or account.name)
            if any(
                entry.principal in people or entry.principal.startswith(PERMISSION_SET)
                for entry in reached[account.name, role.name]
            )
            else None,
        )
        for role in account.roles
    )
    return Account(account.name, account.id, account.unit or ROOT, roles, tuple(in_force))


def _on_the_way(snapshot: Snapshot, account: documents.Account) -> list[InForce]:
    return [
        each
        for target in snapshot.path(account)
        for each in _in_force(snapshot.attached.get(target, ()), target or ROOT)
    ]


def _in_force(attached: Iterable[documents.Policy], source: str = "") -> list[InForce]:
    return [InForce(policy.name, _kind(policy.kind), source) for policy in attached]


def _kind(policy_type: str) -> str:
    return POLICY_TYPES[policy_type].title
