"""What a change flips: named examples, and any change against plain evaluation."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.access import scenarios
from automation.access.actions import actions, collapsed, matching
from automation.access.decisions import verdict
from automation.access.flips import AS_FAR, Comparison, Flip, ask, both_requests, cases, compare, target_of
from automation.access.index import mask
from automation.access.snapshot import RESOURCE_CONTROL, Policy, Snapshot
from automation.access.telling import of_cut, of_flip
from shared.policy_evaluation.evaluation import Request
from tests.automation.access.organizations import account, allow, deny, document, organization, with_policies

SHOP, DESK = account("shop", 2), account("desk", 3)
EMPTY = organization([SHOP, DESK])


def of(found: Comparison, principal: str) -> list[Flip]:
    return [each for each in found.flips if principal in each.principals]


def one(before: Snapshot, after: Snapshot, principal: str = "DeveloperRole") -> Flip:
    found = of(compare(before, after), principal)
    assert len(found) == 1, found
    return found[0]


def test_a_new_guardrail_names_who_loses_what_and_by_which_statement() -> None:
    after = organization([SHOP, DESK], rails={"Workloads": [deny("NoBuckets", "s3:PutBucket*")]})
    flip = one(EMPTY, after)
    assert not flip.allowed
    assert set(flip.actions) == {actions()[key].name for key in matching(("s3:PutBucket*",))}
    assert flip.accounts == ("shop", "desk")
    assert (flip.reason.policy, flip.reason.statement) == ("Rail-Workloads", "statement NoBuckets")
    assert flip.when == ()
    several = of_flip(flip, after)
    assert "DeveloperRole" in several
    assert several.endswith("(service control policy Rail-Workloads, statement NoBuckets)")
    assert compare(after, EMPTY).flips[0].allowed


def test_a_statement_without_a_sid_has_its_number() -> None:
    nameless = {key: value for key, value in deny("x", "s3:PutObject").items() if key != "Sid"}
    after = organization([SHOP], rails={"": [deny("Other", "ec2:StopInstances"), nameless]})
    found = of(compare(organization([SHOP], rails={"": [deny("Other", "ec2:StopInstances")]}), after), "DeveloperRole")
    assert [each.reason.statement for each in found] == ["statement 2"]


def test_what_was_denied_anyway_is_no_flip() -> None:
    after = organization([SHOP], rails={"": [deny("NoQueues", "sqs:*")]})
    found = compare(organization([SHOP]), after)
    assert of(found, "DeveloperRole") == []
    assert of(found, "any administrator")[0].summary == ("sqs:*",)


def test_the_regions_of_a_guardrail() -> None:
    def rail(*regions: str) -> Snapshot:
        condition: dict[str, Any] = {"StringNotEquals": {"aws:RequestedRegion": list(regions)}}
        return organization([SHOP], rails={"": [deny("Regions", "ec2:*", **condition)]})

    gained = one(rail("us-east-1"), rail("us-east-1", "eu-west-1"))
    assert (gained.allowed, gained.when, gained.summary) == (True, ("in eu-west-1",), ("ec2:*",))
    lost = one(organization([SHOP]), rail("us-east-1", "eu-west-1"))
    assert (lost.allowed, lost.when) == (False, ("outside us-east-1, eu-west-1",))


def test_mfa() -> None:
    condition: dict[str, Any] = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    flip = one(organization([SHOP]), organization([SHOP], rails={"": [deny("Mfa", "s3:DeleteBucket", **condition)]}))
    assert (flip.when, flip.actions) == (("without MFA",), ("s3:DeleteBucket",))


def test_another_organizations_resources() -> None:
    condition: dict[str, Any] = {"StringNotEqualsIfExists": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}
    flip = one(organization([SHOP]), organization([SHOP], rails={"": [deny("Out", "s3:PutObject", **condition)]}))
    assert flip.when == ("of another organization",)


def test_one_resource() -> None:
    bucket = "arn:aws:s3:::logs-*"
    after = organization([SHOP], rails={"": [deny("Logs", "s3:DeleteBucket", on=bucket)]})
    assert one(organization([SHOP]), after).when == ("on logs-example",)
    role = ["arn:aws:iam::*:role/Admin", "arn:aws:iam::*:role/Break"]
    before = organization([SHOP], rails={"": [deny("R", "iam:DeleteRole", on=role)]})
    after = organization([SHOP], rails={"": [deny("R", "iam:DeleteRole")]})
    assert one(after, before, "any administrator").when == ("except on role/Admin, role/Break",)
    # On the two it was denied before: now it is denied on all.
    assert one(before, after, "any administrator").when == ()


def test_a_boundary_and_a_role_that_is_narrowed() -> None:
    bounded = organization([account("shop", 2, most=[allow("s3:*")])])
    lost = one(organization([SHOP]), bounded)
    assert (lost.summary, str(lost.reason)) == (("ec2:*",), "no permissions boundary allows it: Most")
    narrowed = organization([account("shop", 2, may=[allow("s3:*")])])
    assert str(one(organization([SHOP]), narrowed).reason) == "no identity-based policy allows it: Developers"


def test_an_account_that_moves_to_another_unit() -> None:
    rails = {"Sandbox": [deny("NoBuckets", "s3:PutBucket*")]}
    before, after = (organization([account("shop", 2, unit)], rails=rails) for unit in ("Workloads", "Sandbox"))
    assert one(before, after).reason.policy == "Rail-Sandbox"


def test_what_is_gained_as_far_as_others_allow() -> None:
    regions: dict[str, Any] = {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1"]}}
    always = deny("Tagged", "ec2:RunInstances", StringEquals={"aws:RequestTag/Owner": "nobody"})
    before = organization([SHOP], rails={"": [always, deny("Regions", "ec2:RunInstances", **regions)]})
    flip = one(before, organization([SHOP], rails={"": [always]}))
    assert flip.when == ("outside us-east-1", AS_FAR)


def test_an_account_of_others_that_is_let_in() -> None:
    def perimeter(*trusted: str) -> Snapshot:
        ours = {"aws:PrincipalOrgID": "o-example", "aws:PrincipalAccount": list(trusted)}
        statement = deny("Outsiders", "s3:*", StringNotEqualsIfExists=ours)
        policy = Policy.of("Perimeter", RESOURCE_CONTROL, document(statement))
        return with_policies(organization([SHOP]), "", policy)

    found = compare(perimeter("444444444444"), perimeter("444444444444", "555555555555")).flips
    assert [(each.principals, each.summary, each.allowed) for each in found] == [
        (("account 555555555555",), ("s3:*",), True)
    ]


def test_what_is_not_decided_to_the_end_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {f"aws:{name}": "x" for name in ("SourceVpc", "SourceVpce", "UserAgent", "Referer")}
    after = organization([SHOP, DESK], rails={"Workloads": [deny("Sourced", "s3:PutBucket*", StringEquals=keys)]})
    assert compare(EMPTY, after).cut == ()
    monkeypatch.setattr(scenarios, "MOST", 4)
    found = compare(EMPTY, after)
    (cut,) = [each for each in found.cut if "DeveloperRole" in each.principals]
    assert cut.accounts == ("shop", "desk")
    assert set(cut.actions) <= {actions()[key].name for key in matching(("s3:PutBucket*",))}
    said = of_cut(cut, after)
    assert said.startswith(f"not all was tried for {', '.join(cut.principals)} in all 2 accounts: s3:PutBucket")
    assert said.endswith("depend on more conditions and resources than 4,096 requests tell apart")
    assert found.to_json()["cut"][0]["actions"]


def test_new_and_closed_accounts_are_named_and_not_compared() -> None:
    found = compare(organization([SHOP]), organization([DESK]))
    assert (found.flips, found.added, found.removed) == (
        (),
        ("the account desk in Workloads",),
        ("the account shop in Workloads",),
    )


def test_accounts_that_are_alike_are_decided_once() -> None:
    def many(count: int) -> int:
        accounts = [account(f"a{number}", number + 2) for number in range(count)]
        rails = {"": [deny("NoBuckets", "s3:PutBucket*")]}
        found = compare(organization(accounts), organization(accounts, rails=rails))
        assert len(one(organization(accounts), organization(accounts, rails=rails)).accounts) == count
        return found.decided

    assert many(20) == many(1)


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        (("s3:*",), ["s3:*"]),
        (("sqs:SendMessage",), ["sqs:SendMessage"]),
        (("ec2:Describe*", "sqs:SendMessage"), ["ec2:Describe*", "sqs:SendMessage"]),
    ],
)
def test_actions_in_few_words(patterns: tuple[str, ...], words: list[str]) -> None:
    found = collapsed(matching(patterns))
    assert found == words
    assert matching(tuple(found)) == matching(patterns)


def test_almost_all_actions_are_told_by_the_others() -> None:
    assert collapsed(matching(("s3:*", "iam:*"), True)) == ["everything but iam:*, s3:*"]
    assert collapsed(actions()) == ["*"]


# Any change, over a few actions.
FEW = ("s3:GetObject", "s3:PutBucketPolicy", "ec2:RunInstances", "iam:PutRolePolicy", "sqs:SendMessage")
REGIONS = ("us-east-1", "eu-west-1", "ap-south-1")
BUCKETS = ("arn:aws:s3:::logs", "arn:aws:s3:::logs/key", "arn:aws:s3:::web", "arn:aws:s3:::web/key")
ROLES = ("arn:aws:iam::000000000002:role/Admin", "arn:aws:iam::000000000002:role/other")
ON = {
    "s3:GetObject": [BUCKETS[1], BUCKETS[3]],
    "s3:PutBucketPolicy": [BUCKETS[0], BUCKETS[2]],
    "ec2:RunInstances": ["arn:aws:ec2:us-east-1:000000000002:instance/example"],
    "iam:PutRolePolicy": list(ROLES),
    "sqs:SendMessage": ["arn:aws:sqs:us-east-1:000000000002:queue"],
}

conditions = st.sampled_from(
    [
        {},
        {"StringEquals": {"aws:RequestedRegion": ["us-east-1"]}},
        {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        {"StringNotEqualsIfExists": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}},
        {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/DeveloperRole"}},
        {"ArnLike": {"iam:PermissionsBoundary": "arn:aws:iam::*:policy/Most"}},
    ]
)
names = st.lists(st.sampled_from([*FEW, "s3:*", "*", "iam:Put*"]), min_size=1, max_size=3)
resources = st.sampled_from(["*", "arn:aws:s3:::logs*", "arn:aws:iam::*:role/Admin", "arn:aws:s3:::web/*"])


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Deny", "Deny"]))}
    made["NotAction" if draw(st.booleans()) and draw(st.booleans()) else "Action"] = draw(names)
    made["NotResource" if draw(st.integers(0, 5)) == 0 else "Resource"] = draw(resources)
    condition = draw(conditions)
    return {**made, "Condition": condition} if condition else made


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    some = st.lists(statements(), max_size=3)
    may = [allow(*draw(names)), *draw(some)]
    most = draw(st.one_of(st.none(), st.lists(statements(), min_size=1, max_size=2).map(lambda x: [*x, allow("s3:*")])))
    unit = draw(st.sampled_from(["Workloads", "Sandbox"]))
    denials = [each for each in draw(some) if each["Effect"] == "Deny"]
    return organization([account("shop", 2, unit, may=may, most=most)], rails={"": denials, "Sandbox": denials[:1]})


@given(snapshots())
@settings(max_examples=25, deadline=None)
def test_no_change_flips_nothing(snapshot: Snapshot) -> None:
    assert compare(snapshot, snapshot).flips == ()


@given(snapshots(), snapshots())
@settings(max_examples=40, deadline=None)
def test_each_answer_is_that_of_plain_evaluation(before: Snapshot, after: Snapshot) -> None:
    few = mask(FEW, False)
    for case in cases(before, after):
        for asked in ask(case, few):
            for name in FEW:
                if not asked.actions & mask((name,), False):
                    continue
                one, other = both_requests(case, name, asked.scenario)
                for side, request, found in ((case.before, one, asked.before), (case.after, other, asked.after)):
                    plain = verdict(request, side.caller, target_of(side, asked.scenario))
                    assert plain.allowed == found.allowed, (case.after.caller.name, request)


@given(snapshots(), snapshots())
@settings(max_examples=40, deadline=None)
def test_every_flip_is_found(before: Snapshot, after: Snapshot) -> None:
    """By brute force: every combination of a few resources, regions, MFA or none, and boundaries or none."""
    found = compare(before, after)
    for case in cases(before, after):
        told = {name for each in of(found, case.after.caller.name) for name in each.actions}
        for name in FEW:
            if name in told:
                continue
            for request in _every_request(name):
                context = {**request.context, **case.before.caller.context}
                earlier = verdict(Request(name, request.resource, context), case.before.caller, case.before.target)
                context = {**request.context, **case.after.caller.context}
                now = verdict(Request(name, request.resource, context), case.after.caller, case.after.target)
                assert earlier.allowed == now.allowed, (case.after.caller.name, name, request)


def _every_request(name: str) -> list[Request]:
    found = []
    boundaries = [None, "arn:aws:iam::000000000002:policy/Most", "x"] if name.startswith("iam:") else [None]
    for resource, region, mfa, boundary in itertools.product(ON[name], REGIONS, ("true", "false"), boundaries):
        context = {
            "aws:RequestedRegion": region,
            "aws:MultiFactorAuthPresent": mfa,
            "aws:ResourceOrgID": "o-example",
            "aws:ResourceAccount": "000000000002",
            "aws:SecureTransport": "true",
        }
        found.append(Request(name, resource, context | ({"iam:PermissionsBoundary": boundary} if boundary else {})))
    return found
