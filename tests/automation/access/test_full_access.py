"""Where AWS's `FullAWSAccess` is detached: what that denies, and that AWS is asked for it once."""

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from automation import aws
from automation.access.callers import find
from automation.access.decisions import Target, answer
from automation.access.flips import compare
from automation.access.full_access import ASSUMED, Detached, detached
from automation.access.snapshot import SERVICE_CONTROL, Policy, Snapshot
from automation.runs import Run
from shared.policy_evaluation.evaluation import Request
from tests.automation.access.organizations import account, allow, deny, document, organization

SHOP, DESK = account("shop", 2), account("desk", 3, "Sandbox")
WHOLE = organization([SHOP, DESK], rails={"Workloads": [deny("NoBuckets", "s3:PutBucket*")]})
ONLY_S3 = Policy.of("OnlyS3", SERVICE_CONTROL, document(allow("s3:*")), "AWS")
WORKLOADS = "ou-1111-11111111"
EVERYTHING = ["r-root", WORKLOADS, "ou-2222-22222222", SHOP.id, DESK.id]


def may(snapshot: Snapshot, action: str, where: str) -> bool:
    caller = find(snapshot, "DeveloperRole", where)
    return answer(Request(action, "*"), caller, Target(caller.principal.account_id)).allowed


def test_without_it_only_what_others_allow_is_allowed() -> None:
    found = Detached({WORKLOADS: (ONLY_S3,)}).applied(WHOLE)
    assert [may(found, action, "shop") for action in ("s3:GetObject", "ec2:RunInstances")] == [True, False]
    assert not may(found, "s3:PutBucketPolicy", "shop")
    assert may(found, "ec2:RunInstances", "desk")
    assert [each.name for each in found.attached["Workloads"]] == ["Rail-Workloads", "OnlyS3"]


def test_without_it_and_without_others_nothing_is_allowed() -> None:
    found = Detached({"r-root": ()}).applied(WHOLE)
    assert not may(found, "s3:GetObject", "shop")
    assert not may(found, "s3:GetObject", "desk")


def test_what_the_stacks_attach_is_not_taken_from_aws() -> None:
    """A policy that the change takes away is away."""
    old = Policy.of("Rail-Workloads", SERVICE_CONTROL, document(allow("ec2:*")), "AWS")
    found = Detached({WORKLOADS: (old,)}).applied(WHOLE)
    assert [each.source for each in found.attached["Workloads"]] == [""]


def test_nothing_flips_where_both_sides_are_without_it() -> None:
    known = Detached({WORKLOADS: (ONLY_S3,)})
    assert compare(known.applied(WHOLE), known.applied(WHOLE)).flips == ()
    lost = compare(WHOLE, known.applied(WHOLE)).flips
    assert all(not each.allowed and each.accounts == ("shop",) for each in lost if "DeveloperRole" in each.principals)
    assert "ec2:RunInstances" in {action for each in lost for action in each.actions}


def test_an_account_that_moves_to_where_it_is_detached_loses_the_rest() -> None:
    known = Detached({WORKLOADS: (ONLY_S3,)})
    before, after = organization([account("shop", 2, "Sandbox")]), organization([SHOP])
    (lost,) = [
        each
        for each in compare(known.applied(before), known.applied(after)).flips
        if "DeveloperRole" in each.principals
    ]
    assert not lost.allowed
    assert {action.partition(":")[0] for action in lost.actions} == {"ec2"}
    assert str(lost.reason) == "no service control policy allows it: OnlyS3"


class Organizations:
    """AWS Organizations, of which `without` have no FullAWSAccess but OnlyS3."""

    def __init__(self, *without: str, on: bool = True, denied: bool = False) -> None:
        self.without, self.on, self.denied, self.asked = without, on, denied, list[str]()

    def get_paginator(self, name: str) -> Any:
        self.asked.append(name)

        class Pages:
            def paginate(_pages, **arguments: str) -> list[Mapping[str, Any]]:
                return [getattr(self, name)(**arguments)]

        return Pages()

    def list_roots(self) -> Mapping[str, Any]:
        if self.denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "ListRoots")
        return {"Roots": [{"PolicyTypes": [{"Type": SERVICE_CONTROL, "Status": "ENABLED"}] if self.on else []}]}

    def list_targets_for_policy(self, PolicyId: str) -> Mapping[str, Any]:
        assert PolicyId == "p-FullAWSAccess"
        return {"Targets": [{"TargetId": each} for each in EVERYTHING if each not in self.without]}

    def list_policies_for_target(self, TargetId: str, Filter: str) -> Mapping[str, Any]:
        assert TargetId in self.without
        assert Filter == SERVICE_CONTROL
        return {"Policies": [{"Name": "OnlyS3", "Id": "p-1"}]}

    def describe_policy(self, PolicyId: str) -> Mapping[str, Any]:
        assert PolicyId == "p-1"
        return {"Policy": {"Content": json.dumps(document(allow("s3:*")))}}


def asked(monkeypatch: pytest.MonkeyPatch, client: Organizations) -> Detached:
    class Fake:
        class environment:
            name = "sandbox"

        class engine:
            root = None

    monkeypatch.setattr(aws, "client", lambda *_arguments, **_options: client)
    return detached(cast(Run, Fake), WHOLE)


def test_aws_is_asked_once_for_all_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Organizations()
    assert asked(monkeypatch, client) == Detached()
    assert client.asked == ["list_roots", "list_targets_for_policy"]


def test_what_is_attached_instead_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, Organizations(WORKLOADS)) == Detached({WORKLOADS: (ONLY_S3,)})


def test_where_such_policies_are_turned_off_nothing_is_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, Organizations(*EVERYTHING, on=False)) == Detached()


def test_what_aws_does_not_say_is_assumed_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    found = asked(monkeypatch, Organizations(denied=True)).applied(WHOLE)
    assert found.unread == (ASSUMED,)
    assert may(found, "s3:GetObject", "shop")
