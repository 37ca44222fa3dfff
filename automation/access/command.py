"""`invoke access`: who can assume what, what a principal may do and why, and what a change flips."""

from __future__ import annotations

import json as encoder
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from automation import aws
from automation.access import callers as principals
from automation.access import effective, flips, matrix, telling
from automation.access.actions import named, resource_of
from automation.access.callers import OUTSIDE, Caller
from automation.access.decisions import Answer, Target, answer
from automation.access.documents import Find, snapshot_of
from automation.access.flips import LETS_IN, Comparison
from automation.access.full_access import detached
from automation.access.matrix import Entry
from automation.access.planned import Resources, deployed, planned
from automation.access.snapshot import Account, Snapshot
from automation.runs import Run
from shared.errors import UsageError
from shared.policy_evaluation.evaluation import Request

DENIED, FLIPPED = 2, 2
"""The exit codes of `--can` for what is denied and of `--diff` if a decision flips, besides 0."""


@dataclass(frozen=True)
class Difference:
    """What a change does: to decisions, to who can assume what, and to the effective policies."""

    before: Snapshot
    after: Snapshot
    decisions: Comparison
    gained: tuple[Entry, ...]
    lost: tuple[Entry, ...]
    effective: tuple[effective.EffectiveChange, ...]

    @property
    def flips(self) -> bool:
        """Whether anything differs."""
        found = self.decisions
        return any((found.flips, found.added, found.removed, self.gained, self.lost, self.effective))

    def to_json(self) -> dict[str, Any]:
        """Everything but the snapshots, as JSON has it."""
        return {
            **self.decisions.to_json(),
            "gained": [asdict(each) for each in self.gained],
            "lost": [asdict(each) for each in self.lost],
            "effective": [asdict(each) for each in self.effective],
            "unread": list(self.after.unread),
        }


def who(run: Run, *, json: bool = False) -> int:
    """Print who can assume which role, from what is deployed."""
    snapshot = deployed_snapshot(run)
    entries = matrix.who(snapshot)
    if json:
        print(encoder.dumps([asdict(each) for each in entries], indent=2))
        return 0
    for each in sorted(telling.assumptions(entries), key=lambda found: (found.role, found.principals)):
        _say(run, telling.of_assumption(each, snapshot))
    _say_unread(run, snapshot)
    return 0


def can(
    run: Run,
    name: str,
    *,
    action: str | None,
    resource: str | None = None,
    account: str | None = None,
    context: Sequence[str] = (),
    json: bool = False,
) -> int:
    """Print whether a principal may do an action, and which statement decides; returns `DENIED` if not."""
    if action is None:
        raise UsageError("--can needs --action, such as --action s3:PutBucketPolicy")
    given = _context(context)
    snapshot = deployed_snapshot(run)
    caller = principals.find(snapshot, name, account)
    request, target = _asked(snapshot, caller, named(action).name, resource, given)
    found = answer(request, caller, target)
    if json:
        print(encoder.dumps({**asdict(found), "resource": request.resource}, indent=2))
    else:
        _say(run, _told(found, request, caller))
        _say_unread(run, snapshot)
    return 0 if found.allowed else DENIED


def diff(run: Run, *, against: str | None = None, json: bool = False) -> int:
    """Print the decisions that the change flips; returns `FLIPPED` if any does."""
    before, after = sides(run, against)
    found = compare(before, after)
    if json:
        print(encoder.dumps(found.to_json(), indent=2))
        return FLIPPED if found.flips else 0
    name = f"the plan of {against}" if against else "what is deployed"
    if not found.flips:
        _say(run, f"compared with {name}, no decision flips")
        for each in found.decisions.cut:
            _say(run, telling.of_cut(each, after))
    else:
        _say(run, f"compared with {name}, {telling.counted(found.decisions)}")
        for line in lines_of(found):
            _say(run, line)
    _say_unread(run, after)
    return FLIPPED if found.flips else 0


def compare(before: Snapshot, after: Snapshot) -> Difference:
    """What is different afterwards."""
    one, other = (dict.fromkeys(matrix.who(side)) for side in (before, after))
    return Difference(
        before,
        after,
        flips.compare(before, after),
        tuple(each for each in other if each not in one),
        tuple(each for each in one if each not in other),
        effective.changes(before, after),
    )


def lines_of(found: Difference) -> list[str]:
    """A comparison in sentences."""
    ordered = sorted(found.decisions.flips, key=lambda each: (each.allowed, each.principals, -len(each.actions)))
    lines = [telling.of_flip(each, found.after) for each in ordered]
    lines += telling.of_changes(found.gained, found.lost, found.after)
    lines += [f"new: {each}" for each in found.decisions.added]
    lines += [f"gone: {each}" for each in found.decisions.removed]
    lines += [telling.of_cut(each, found.after) for each in found.decisions.cut]
    for change in found.effective:
        lines += telling.of_change(change, found.after)
    return lines


def sides(run: Run, against: str | None) -> tuple[Snapshot, Snapshot]:
    """What is deployed, or what the revision `against` plans, and what the files here plan."""
    states = deployed(run, run.stacks)
    find = _aws_policies(run)
    now = snapshot_of(states, find)
    known = detached(run, now)
    after = planned(run, run.stacks, states)
    if against is None:
        return known.applied(now), known.applied(snapshot_of(after, find))
    from automation.access.revision import planned_at

    before = snapshot_of(planned_at(run, against, states, after), find)
    return known.applied(before), known.applied(snapshot_of(after, find))


def deployed_snapshot(run: Run) -> Snapshot:
    """What is deployed. Raises `UsageError` if nothing is."""
    states: Resources = deployed(run, run.stacks)
    if not any(states.values()):
        raise UsageError(f"nothing is deployed yet: invoke deploy-all --env {run.environment.name}")
    found = snapshot_of(states, _aws_policies(run))
    return detached(run, found).applied(found)


def _aws_policies(run: Run) -> Find:
    """Reads AWS's own managed policies from AWS; what cannot be read is said to be so."""

    @cache
    def find(arn: str) -> Mapping[str, Any] | None:
        try:
            iam = aws.client(run.environment.name, "iam", run.engine.root, attempts=2)
            with aws.errors(run.environment.name, f"reading {arn}"):
                version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
                found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        except aws.AwsFailed:
            return None
        document: Mapping[str, Any] = found
        return document

    return find


def _asked(
    snapshot: Snapshot, caller: Caller, action: str, resource: str | None, given: Mapping[str, str]
) -> tuple[Request, Target]:
    """The request, and what it acts on: of its own account unless the resource's ARN names another one."""
    own = snapshot.account(caller.account) or snapshot.management
    region = given.get("aws:RequestedRegion", "us-east-1")
    templates = named(action).resources
    account = own.id if own else ""
    if resource is None:
        resource = resource_of(min(templates, key=len), account, region) if templates else "*"
    parts = resource.split(":", 5)
    owner = snapshot.account(parts[4]) if len(parts) == 6 and parts[4] else own
    context = {**caller.context, **_surroundings(snapshot, owner, region, resource), **given}
    if owner is None:
        return Request(action, resource, context), Target(parts[4] or OUTSIDE, LETS_IN)
    role = _role(owner, resource) if action.startswith("sts:Assume") else None
    return Request(action, resource, context), Target(
        owner.id, role, role is not None, principals.resource_control(snapshot, owner)
    )


def _role(owner: Account, resource: str) -> Any:
    return next((each.trust for each in owner.roles if each.arn == resource), None)


def _surroundings(snapshot: Snapshot, owner: Account | None, region: str, resource: str) -> dict[str, Any]:
    fixed = {"aws:RequestedRegion": region, "aws:SecureTransport": "true"}
    if owner is None:
        return {**fixed, "aws:ResourceAccount": resource.split(":")[4], "aws:ResourceOrgID": "o-otherorganization"}
    return {
        **fixed,
        "aws:ResourceAccount": owner.id,
        "aws:ResourceOrgID": snapshot.organization,
        "aws:ResourceOrgPaths": (snapshot.org_path(owner),),
    }


def _context(given: Sequence[str]) -> dict[str, str]:
    for each in given:
        if "=" not in each:
            raise UsageError(f"--context is {each!r}; allowed: KEY=VALUE, such as aws:MultiFactorAuthPresent=true")
    return dict(each.split("=", 1) for each in given)


def _told(found: Answer, request: Request, caller: Caller) -> str:
    word = "allowed" if found.allowed else "denied"
    why = "\n  and ".join(map(str, found.reasons))
    who = f"{caller.name} of {caller.account}" if caller.account else caller.name
    by = "by " if found.reasons[0].effect else ""
    return f"{word}: {who}, {request.action} on {request.resource}\n  {by}{why}"


def _say(run: Run, text: str) -> None:
    run.console.print(text, markup=False)


def _say_unread(run: Run, snapshot: Snapshot) -> None:
    if snapshot.unread:
        _say(run, f"not in the documents, and so not decided with: {', '.join(snapshot.unread)}")
