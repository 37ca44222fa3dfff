"""Where AWS's `FullAWSAccess` is attached no more, which no stack has in its state: AWS is asked once.

AWS attaches it to the root and to each new OU and account. Without it there, only what the other service control
policies of that target allow is allowed.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from automation import aws
from automation.access.snapshot import SERVICE_CONTROL, Policy, Snapshot
from automation.runs import Run

FULL_ACCESS_ID = "p-FullAWSAccess"
ASSUMED = "whether FullAWSAccess is attached to the root, each OU and each account, as AWS attaches it"


@dataclass(frozen=True)
class Detached:
    """By the id of a target without `FullAWSAccess`, the service control policies that are attached to it instead."""

    instead: Mapping[str, tuple[Policy, ...]] = field(default_factory=dict)
    assumed: bool = False
    """AWS could not be asked, so nothing is known."""

    def applied(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with what is known. Targets that are not made yet get `FullAWSAccess` from AWS."""
        if self.assumed:
            return replace(snapshot, unread=(*snapshot.unread, ASSUMED))
        found = {name: self.instead[id_] for name, id_ in snapshot.targets.items() if id_ in self.instead}
        attached = dict(snapshot.attached)
        for target, policies in found.items():
            own = attached.get(target, ())
            # What the stacks attach is theirs to change: of AWS's answer only what others attach is new.
            names = {policy.name for level in snapshot.attached.values() for policy in level}
            attached[target] = (*own, *(each for each in policies if each.name not in names))
        return replace(snapshot, attached=attached, without_full_access=frozenset(found))


def detached(run: Run, snapshot: Snapshot) -> Detached:
    """Which of the targets of `snapshot`, of what is deployed, are without `FullAWSAccess`."""
    if not snapshot.targets:
        return Detached()
    try:
        client = aws.client(run.environment.name, "organizations", run.engine.root, attempts=2)
        with aws.errors(run.environment.name, "asking where FullAWSAccess is attached"):
            if not _is_on(client):
                return Detached()
            pages = client.get_paginator("list_targets_for_policy").paginate(PolicyId=FULL_ACCESS_ID)
            there = {target["TargetId"] for page in pages for target in page["Targets"]}
            without = sorted(set(snapshot.targets.values()) - there)
            return Detached({each: tuple(_policies(client, each)) for each in without})
    except aws.AwsFailed:
        return Detached(assumed=True)


def _is_on(client: Any) -> bool:
    """Whether service control policies are turned on: otherwise nothing is attached, and nothing is denied."""
    pages = client.get_paginator("list_roots").paginate()
    types = [each for page in pages for root in page["Roots"] for each in root["PolicyTypes"]]
    return any(each["Type"] == SERVICE_CONTROL and each["Status"] == "ENABLED" for each in types)


def _policies(client: Any, target: str) -> list[Policy]:
    pages = client.get_paginator("list_policies_for_target").paginate(TargetId=target, Filter=SERVICE_CONTROL)
    found = [each for page in pages for each in page["Policies"]]
    contents = {each["Name"]: client.describe_policy(PolicyId=each["Id"])["Policy"]["Content"] for each in found}
    return [Policy.of(name, SERVICE_CONTROL, content, "AWS") for name, content in sorted(contents.items())]
