"""What is said to differ between two policy documents."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.reporting.documents import Difference, differences, parse, summary

LEAVE = {"Sid": "Leave", "Effect": "Deny", "Action": ["organizations:LeaveOrganization"], "Resource": "*"}
REGIONS = {
    "Sid": "Regions",
    "Effect": "Deny",
    "NotAction": ["iam:*", "sts:*"],
    "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}},
}
TRUST = {"Effect": "Allow", "Principal": {"AWS": "arn:1"}, "Action": "sts:AssumeRole"}


def policy(*statements: Any, **more: Any) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements), **more}


def test_statements_that_were_added_removed_and_changed() -> None:
    condition = {"StringNotEquals": {"aws:RequestedRegion": ["us-west-2", "eu-west-1"]}}
    new = REGIONS | {"Condition": condition, "NotAction": ["iam:*", "sts:*", "s3:*"]}
    root = {"Sid": "Root", "Effect": "Deny", "Action": "*", "Resource": "*"}
    assert differences(policy(LEAVE, REGIONS), policy(root, new)) == [
        Difference("~", "Regions NotAction", ("s3:*",)),
        Difference("~", "Regions Condition.StringNotEquals.aws:RequestedRegion", ("eu-west-1",), ("us-east-1",)),
        Difference("-", "Leave", whole=LEAVE),
        Difference("+", "Root", whole=root),
    ]


def test_an_element_that_comes_or_goes() -> None:
    mfa = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    assert differences(policy(TRUST | mfa), policy(TRUST)) == [
        Difference("~", "statement 1 Condition.Bool.aws:MultiFactorAuthPresent", (), ("true",))
    ]
    assert differences(policy(LEAVE), policy(LEAVE | {"Effect": "Allow"})) == [
        Difference("~", "Leave Effect", ("Allow",), ("Deny",), single=True)
    ]


def test_the_only_statement_without_a_sid_is_the_same_one_whatever_became_of_it() -> None:
    anyone = TRUST | {"Principal": "*", "Action": ["sts:AssumeRole", "sts:TagSession"]}
    assert differences(policy(TRUST), policy(anyone)) == [
        Difference("~", "statement 1 Principal.AWS", (), ("arn:1",)),
        Difference("~", "statement 1 Action", ("sts:TagSession",)),
        Difference("~", "statement 1 Principal", ("*",)),
    ]


def test_statements_without_a_sid_are_told_apart_by_what_they_say() -> None:
    other = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    found = differences(policy(TRUST, other), policy(other, TRUST | {"Principal": {"AWS": ["arn:1", "arn:2"]}}))
    assert found == [Difference("~", "statement 2 Principal.AWS", ("arn:2",))]
    assert differences(policy(TRUST), policy(TRUST, other)) == [Difference("+", "statement 2", whole=other)]


def test_another_sid_is_another_statement() -> None:
    renamed = LEAVE | {"Sid": "Stay"}
    assert [each.sign for each in differences(policy(LEAVE), policy(renamed))] == ["-", "+"]


@pytest.mark.parametrize(
    "same",
    [
        policy(REGIONS, LEAVE),
        policy(LEAVE, REGIONS | {"NotAction": ["sts:*", "iam:*"]}),
        policy(LEAVE | {"Action": "organizations:LeaveOrganization", "Resource": ["*"]}, REGIONS),
    ],
)
def test_order_and_form_mean_nothing(same: Any) -> None:
    assert differences(policy(LEAVE, REGIONS), same) == []
    assert differences(policy(LEAVE), policy() | {"Statement": LEAVE}) == []


def test_documents_that_have_no_statements() -> None:
    old = {"plans": {"Monthly": {"regions": {"@@assign": ["us-west-2"]}, "rules": {"days": 30}}}}
    new = {"plans": {"Monthly": {"regions": {"@@assign": ["us-west-2", "us-east-1"]}, "rules": {"days": 60}}}}
    assert differences(old, new) == [
        Difference("~", "plans.Monthly.regions.@@assign", ("us-east-1",)),
        Difference("~", "plans.Monthly.rules.days", ("60",), ("30",), single=True),
    ]
    assert differences([{"days": 1}], [{"days": 2}]) == [Difference("~", "[0].days", ("2",), ("1",), single=True)]
    assert differences({"Version": "1", **policy()}, policy(Id="x")) == [Difference("~", "Id", ("x",))]


def test_no_text_of_a_document_can_move_the_cursor() -> None:
    (found,) = differences(policy({"Sid": "a\x1b[2J", "Effect": "Deny"}), policy({"Sid": "a\x1b[2J", "Effect": "a\nb"}))
    assert (found.where, found.added) == (r'"a\u001b[2J" Effect', (r'"a\nb"',))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (LEAVE, "Deny organizations:LeaveOrganization on *"),
        (REGIONS, "Deny all but iam:*, sts:* on * if StringNotEquals"),
        (TRUST, "Allow to arn:1 sts:AssumeRole"),
        (
            {"Effect": "Deny", "NotPrincipal": "*", "Action": "*", "NotResource": "a"},
            "Deny to all but * * on all but a",
        ),
        ("odd", '"odd"'),
    ],
)
def test_a_statement_in_a_line(statement: Any, expected: str) -> None:
    assert summary(statement) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [('{"a": 1}', {"a": 1}), (" [1]", [1]), ("{no", None), ("text", None), ("1", None), ([1], [1]), (None, None)],
)
def test_which_values_are_documents(value: Any, expected: Any) -> None:
    assert parse(value) == expected


NAMES = st.sampled_from(["a", "b", "a.b", "[0]", "s3:*", "Statement"])
JSON = st.recursive(
    NAMES | st.integers(0, 2) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
STATEMENT = st.dictionaries(st.sampled_from(["Sid", "Effect", "Action", "Condition"]), JSON, max_size=3)


def meaning(value: Any) -> Any:
    """The value without order, and without what is empty."""
    if isinstance(value, dict):
        inner = {key: meaning(each) for key, each in value.items()}
        return {key: each for key, each in inner.items() if each not in ({}, [])}
    if isinstance(value, list):
        parts = [meaning(each) if isinstance(each, dict | list) else each for each in value]
        told = [each for each in parts if each not in ({}, [])]
        return sorted({each if isinstance(each, str) else json.dumps(each, sort_keys=True) for each in told})
    return meaning([value])


@given(st.lists(STATEMENT, max_size=3), st.lists(STATEMENT, max_size=3))
def test_no_difference_between_statements_is_missed(old: Any, new: Any) -> None:
    assert differences(policy(*old), policy(*old)) == []
    if meaning(old) != meaning(new):
        assert differences(policy(*old), policy(*new)) != []


@given(JSON, JSON)
def test_no_difference_between_documents_is_missed(old: Any, new: Any) -> None:
    assert differences(old, old) == []
    if meaning({"whole": old}) != meaning({"whole": new}):
        assert differences(old, new) != []
