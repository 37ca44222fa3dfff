"""Policy documents: AWS's limits, packing, inheritance of tag rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import DocumentError
from shared.policy_documents.documents import render_iam_policy, render_trust_policy
from stacks.accounts.checks import tag_problems
from stacks.accounts.iam_policies import trust_policy
from stacks.policies.config import GUARDRAILS
from stacks.policies.guardrails import guardrail_statement, pack, region_statement
from stacks.policies.limits import BACKUP, SCP, TAG, render_org_policy
from stacks.policies.tag_rules import tag_rules, unit_tag_policy

ROLE = "OrganizationalAccountAccessRole"


def statement(size: int, number: int = 0) -> dict[str, Any]:
    return {"Sid": f"S{number}", "Effect": "Deny", "Action": "x" * size, "Resource": "*"}


@given(st.lists(st.integers(min_value=1, max_value=4000), min_size=1, max_size=12))
def test_packing_keeps_every_statement_within_the_limits_or_says_why_not(sizes: list[int]) -> None:
    statements = [statement(size, number) for number, size in enumerate(sizes)]
    try:
        documents = pack("unit", statements)
    except DocumentError:
        # First fit leaves less than half of each but one of the policies unused.
        assert sum(sizes) > 4 * 2000
        return
    packed = [s["Sid"] for document in documents for s in document["Statement"]]
    assert sorted(packed) == sorted(s["Sid"] for s in statements)
    assert len(documents) <= 4
    for document in documents:
        assert len(render_org_policy("p", SCP, document)) <= 5120


def test_a_statement_that_fits_no_policy_is_named() -> None:
    with pytest.raises(DocumentError, match=r"statement S0 alone has \d+ characters; AWS allows 5120"):
        pack("unit", [statement(5200)])


def test_all_guardrails_fit_into_one_policy() -> None:
    statements = [guardrail_statement(g, ROLE) for g in GUARDRAILS]
    assert len(pack("unit", [*statements, region_statement(["us-east-1"], ROLE)])) == 1


@pytest.mark.parametrize(
    ("kind", "document", "message"),
    [
        (SCP, {"Version": "2012-10-17", "Statement": []}, "at least one statement"),
        (SCP, {"Version": "2008-10-17", "Statement": [statement(1)]}, "Version must be 2012-10-17"),
        (SCP, {"Version": "2012-10-17", "Statement": [{**statement(1), "Principal": "*"}]}, "has Principal"),
        (SCP, {"Version": "2012-10-17", "Statement": [{**statement(1), "NotAction": "*"}]}, "either Action or"),
        (TAG, {"tags": {"A": {"tag_key": {"@@set": "A"}}}}, "tags.A.tag_key.@@set: no such operator"),
        (TAG, {"tags": {}}, "tags must be an object that is not empty"),
        (BACKUP, {"plans": {"P": {"regions": {"@@assign": 7}}}}, "takes a string or a list"),
        (TAG, unit_tag_policy(["x" * 10_000]), "AWS allows 10000"),
    ],
)
def test_what_aws_would_refuse_is_refused_first(kind: str, document: dict[str, Any], message: str) -> None:
    with pytest.raises(DocumentError, match=message.replace("*", r"\*")):
        render_org_policy("p", kind, document)


def test_iam_documents_have_limits_too() -> None:
    with pytest.raises(DocumentError, match="AWS allows 2048"):
        render_trust_policy("r", trust_policy([f"arn:aws:iam::123456789012:user/{n:040}" for n in range(40)]))
    with pytest.raises(DocumentError, match="AWS allows 6144"):
        render_iam_policy("p", {"Version": "2012-10-17", "Statement": [statement(6200)]})


def test_thirty_users_with_long_names_fit_into_a_trust_policy() -> None:
    users = [f"arn:aws:iam::123456789012:user/firstname.lastname-{n:04}" for n in range(30)]
    assert len(json.loads(render_trust_policy("r", trust_policy(users, require_mfa=True)))["Statement"]) == 1


def test_the_nearest_unit_above_gives_the_tag_rules() -> None:
    rules = tag_rules({"A": ["one"], "A/B/C": ["two"]}, ["A", "A/B", "A/B/C", "D"])
    assert rules["A/B"]["CostCenter"] == ["one"]
    assert rules["A/B/C"]["CostCenter"] == ["two"]
    assert rules["D"] == {}


@given(st.dictionaries(st.sampled_from(["CostCenter", "costcenter", "Owner", "OWNER", "Other"]), st.text(max_size=5)))
def test_tags_without_a_problem_have_each_required_key_rightly_spelled(tags: dict[str, str]) -> None:
    rules = {"CostCenter": ["a", "b*"], "Owner": ["*"]}
    if not tag_problems(tags, rules):
        assert tags["CostCenter"] == "a" or tags["CostCenter"].startswith("b")
        assert "Owner" in tags
        assert not {"costcenter", "OWNER"} & set(tags)
