"""200 accounts are compared in seconds: those with the same documents are decided once."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from automation.access.command import compare
from automation.access.snapshot import Account, Policy, Role, Snapshot
from tests.security.changes import CHANGES, snapshot

ACCOUNTS, SECONDS = 200, 30
"""How long the processor may be at work, on a slow machine under load; docs/access.md has what it takes."""


def enlarged(one: Snapshot, count: int = ACCOUNTS) -> Snapshot:
    """The snapshot with `count` accounts, each with the documents of `developer`; every tenth has names of its own."""
    like = one.account("developer")
    assert one.management
    assert like
    accounts = [_another(like, number) for number in range(count)]
    return replace(one, accounts=(one.management, *accounts))


def _another(like: Account, number: int) -> Account:
    id_, prefix = f"{number + 700000000000}", "web" if number % 10 == 0 else "dev"

    def text(value: str) -> str:
        return value.replace(like.id, id_).replace("devDeveloper", f"{prefix}Developer")

    def policy(each: Policy) -> Policy:
        return replace(each, name=text(each.name), text=text(each.text))

    def role(each: Role) -> Role:
        return replace(
            each,
            arn=text(each.arn),
            trust=policy(each.trust),
            policies=tuple(map(policy, each.policies)),
            boundary=policy(each.boundary) if each.boundary else None,
        )

    return replace(like, name=f"account-{number}", id=id_, roles=tuple(map(role, like.roles)))


@pytest.mark.parametrize("change", ["another region", "a guardrail is off", "the guardrails of the root are off"])
def test_200_accounts_take_seconds(change: str) -> None:
    before, after = enlarged(snapshot()), enlarged(snapshot(CHANGES[change]))
    start = time.process_time()
    found = compare(before, after)
    seconds = time.process_time() - start
    print(f"{change}: {seconds:.1f} s, {found.decisions.decided} requests, {len(found.decisions.flips)} flips")
    assert seconds < SECONDS
    assert any(len(each.accounts) == ACCOUNTS for each in found.decisions.flips)
