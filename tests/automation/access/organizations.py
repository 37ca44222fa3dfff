"""Small organizations, and large ones, as snapshots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from automation.access.snapshot import (
    BOUNDARY,
    IDENTITY,
    SERVICE_CONTROL,
    TRUST,
    Account,
    Policy,
    Role,
    Snapshot,
    User,
)

MANAGEMENT = "111111111111"
Statement = Mapping[str, Any]


def document(*statements: Statement) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(*actions: str, on: str | Sequence[str] = "*", **condition: Any) -> Statement:
    return _statement("Allow", actions, on, condition)


def deny(sid: str, *actions: str, on: str | Sequence[str] = "*", **condition: Any) -> Statement:
    return {"Sid": sid, **_statement("Deny", actions, on, condition)}


def _statement(effect: str, actions: Sequence[str], on: str | Sequence[str], condition: Mapping[str, Any]) -> Statement:
    found = {"Effect": effect, "Action": list(actions), "Resource": on if isinstance(on, str) else list(on)}
    return {**found, "Condition": condition} if condition else found


def trust(*principals: str, mfa: bool = False) -> Policy:
    statement = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "sts:AssumeRole"}
    condition = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}} if mfa else {}
    return Policy.of("trust", TRUST, document({**statement, **condition}))


def account(
    name: str,
    number: int,
    unit: str = "Workloads",
    *,
    may: Sequence[Statement] = (allow("s3:*", "ec2:*"),),
    most: Sequence[Statement] | None = None,
    trusting: Policy | None = None,
) -> Account:
    """An account with a DeveloperRole that `may` do this, and by its boundary at `most` that."""
    id_ = f"{number:012}"
    role = Role(
        "DeveloperRole",
        f"arn:aws:iam::{id_}:role/DeveloperRole",
        trusting or trust(f"arn:aws:iam::{MANAGEMENT}:user/ada", mfa=True),
        (Policy.of("Developers", IDENTITY, document(*may)),),
        Policy.of("Most", BOUNDARY, document(*most)) if most is not None else None,
    )
    return Account(name, id_, name.title(), unit, access_role="OrganizationAccountAccessRole", roles=(role,))


def ada(may: Sequence[Statement] = (allow("sts:AssumeRole", on="arn:aws:iam::*:role/DeveloperRole"),)) -> User:
    policy = Policy.of("AssumeDeveloperRole", IDENTITY, document(*may))
    return User("ada", f"arn:aws:iam::{MANAGEMENT}:user/ada", ("developers",), (policy,))


def organization(
    accounts: Sequence[Account] = (), *, rails: Mapping[str, Sequence[Statement]] | None = None
) -> Snapshot:
    """An organization; `rails` are the statements of the service control policy of each target."""
    attached = {
        target: (Policy.of(f"Rail-{target or 'root'}", SERVICE_CONTROL, document(*statements)),)
        for target, statements in (rails or {}).items()
    }
    management = Account("management", MANAGEMENT, management=True, users=(ada(),))
    units = {"Workloads": "ou-1111-11111111", "Sandbox": "ou-2222-22222222"}
    return Snapshot("o-example", "r-root", units, (management, *accounts), attached)


def with_policies(snapshot: Snapshot, target: str, *policies: Policy) -> Snapshot:
    """The snapshot with other policies on a target."""
    return replace(snapshot, attached={**snapshot.attached, target: policies})
