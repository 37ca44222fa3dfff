"""The syntax of the organization's policies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.emulator.organization_policies import MalformedPolicy, check_content

SCP, TAG, BACKUP = "SERVICE_CONTROL_POLICY", "TAG_POLICY", "BACKUP_POLICY"
CONTROL = "@@operators_allowed_for_child_policies"
CONDITION_OPERATORS = ["StringNotEquals", "ForAnyValue:StringLikeIfExists"]


def scp(**statement: Any) -> dict[str, Any]:
    good = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", **statement}
    return {"Version": "2012-10-17", "Statement": [{k: v for k, v in good.items() if v is not None}]}


def tag(**rule: Any) -> dict[str, Any]:
    return {"tags": {"key": rule}}


def rules(**fields: Any) -> dict[str, Any]:
    return {"plans": {"Plan": {"rules": {"Rule": fields}}}}


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (SCP, scp()),
        (SCP, scp(Action=None, NotAction=["iam:*"], Condition={"StringNotEquals": {"aws:RequestedRegion": ["x"]}})),
        (SCP, scp(Condition={"ForAnyValue:StringLikeIfExists": {"aws:PrincipalArn": "arn:aws:iam::*:root"}})),
        (SCP, scp(Effect="Allow", Resource=["arn:aws:s3:::a"], Sid="Abc1")),
        (TAG, {"tags": {}}),
        (TAG, tag(tag_key={"@@assign": "KEY", CONTROL: ["@@none"]}, tag_value={"@@append": ["a*", 12]})),
        (TAG, tag(enforced_for={"@@assign": ["ec2:instance", "s3:*", "ecs:ALL_SUPPORTED"]})),
        (TAG, {"tags": {CONTROL: ["@@none"], "key": {CONTROL: ["@@append"]}}}),
        (BACKUP, rules(schedule_expression={"@@assign": "cron(0 5 1 * ? *)"}, lifecycle={})),
        (BACKUP, rules(copy_actions={"arn": {"lifecycle": {"delete_after_days": {"@@assign": "365"}}}})),
        (BACKUP, {"plans": {CONTROL: ["@@none"], "Plan": {"regions": {"@@append": ["us-east-1"]}}}}),
    ],
)
def test_a_right_policy_is_taken_and_with_a_wrong_name_anywhere_it_is_not(kind: str, document: Any) -> None:
    check_content(kind, json.dumps(document))
    for place in objects(document):
        place["@@wrong"] = ["x"]
        with pytest.raises(MalformedPolicy):
            check_content(kind, json.dumps(document))
        del place["@@wrong"]


def objects(node: Any, key: str = "") -> list[dict[str, Any]]:
    """Every object in a document, itself included, but for a condition operator's: its keys may have any name."""
    if isinstance(node, list):
        return [found for item in node for found in objects(item)]
    if not isinstance(node, dict) or key in CONDITION_OPERATORS:
        return []
    return [node, *(found for name, value in node.items() for found in objects(value, name))]


def test_a_policy_of_a_type_that_this_project_does_not_use_need_only_be_an_object() -> None:
    check_content("AISERVICES_OPT_OUT_POLICY", json.dumps({"services": {"@@wrong": ["x"]}}))
    for text in ("[]", "7", "{"):
        with pytest.raises(MalformedPolicy):
            check_content("AISERVICES_OPT_OUT_POLICY", text)


@pytest.mark.parametrize(
    ("kind", "document", "reason"),
    [
        (SCP, [], "not a JSON object"),
        (SCP, {}, "Version is not 2012-10-17"),
        (SCP, {"Version": "2012-10-17", "Statement": []}, "no statement"),
        (SCP, {**scp(), "Version": "2008-10-17"}, "Version is not 2012-10-17"),
        (SCP, {**scp(), "Extra": 1}, "unknown element"),
        (SCP, scp(Effect="Forbid"), "Effect"),
        (SCP, scp(Action=None), "Action or NotAction"),
        (SCP, scp(NotAction="s3:*"), "Action or NotAction"),
        (SCP, scp(Action="s3"), "action s3"),
        (SCP, scp(Action=[]), "[] is not text"),
        (SCP, scp(Resource=None), "Resource or NotResource"),
        (SCP, scp(Resource="bucket"), "resource bucket"),
        (SCP, scp(Principal="*"), "unknown element in a statement"),
        (SCP, scp(Sid="with space"), "Sid"),
        (SCP, scp(Condition={"StringSimilar": {"a": "b"}}), "condition operator StringSimilar"),
        (SCP, scp(Condition={"StringEquals": "a"}), "condition StringEquals"),
        (SCP, {**scp(), "Statement": scp(Sid="A")["Statement"] * 2}, "a Sid is there twice"),
        (TAG, {"wrong": {}}, "the element is not tags"),
        (TAG, {}, "the element is not tags"),
        (TAG, tag(tag_key="key"), "/tags/key/tag_key"),
        (TAG, tag(tag_key={"@@assign": "other"}), "tag_key other of key"),
        (TAG, tag(tag_key={"@@append": ["key"]}), "/tags/key/tag_key"),
        (TAG, tag(tag_key={"@@assign": ["key"]}), "/tags/key/tag_key: not a text"),
        (TAG, tag(tag_value={"@@assign": "a"}), "/tags/key/tag_value: not a list"),
        (TAG, tag(tag_value={"@@assign": [{"a": "b"}]}), "/tags/key/tag_value: not a list"),
        (TAG, tag(tag_value={"@@assign": ["a*b*"]}), "tag value a*b*"),
        (TAG, tag(unknown={"@@assign": "a"}), "/tags/key/unknown is unknown"),
        (TAG, tag(enforced_for={"@@assign": ["everything"]}), "resource everything"),
        (TAG, tag(tag_key={CONTROL: ["@@wrong"]}), "/tags/key/tag_key"),
        (TAG, tag(tag_key={CONTROL: ["@@none", "@@append"]}), "/tags/key/tag_key"),
        (TAG, tag(tag_key={CONTROL: "@@none"}), "/tags/key/tag_key"),
        (TAG, {"tags": {"Key": {}, "key": {}}}, "/tags: a name is there twice"),
        (TAG, {"tags": {"": {}}}, "/tags/ is unknown"),
        (TAG, {"tags": {"@@assign": ["a"]}}, "/tags"),
        (BACKUP, {"plan": {}}, "the element is not plans"),
        (
            BACKUP,
            rules(schedule_expression={"@@assign": "monthly"}),
            "/plans/Plan/rules/Rule/schedule_expression: not a cron expression",
        ),
        (
            BACKUP,
            rules(start_backup_window_minutes={"@@assign": "soon"}),
            "/plans/Plan/rules/Rule/start_backup_window_minutes: not a whole number",
        ),
        (
            BACKUP,
            rules(lifecycle={"delete_after_days": {"@@assign": "-1"}}),
            "/plans/Plan/rules/Rule/lifecycle/delete_after_days: not a whole number",
        ),
        (BACKUP, rules(target_vault={"@@assign": "Default"}), "/plans/Plan/rules/Rule/target_vault is unknown"),
        (BACKUP, {"plans": {"Plan": {"regions": {"@@assign": "us-east-1"}}}}, "/plans/Plan/regions: not a list"),
        (BACKUP, {"plans": {"Plan": {"selections": {"names": {}}}}}, "/plans/Plan/selections/names is unknown"),
    ],
)
def test_a_wrong_policy_is_refused_for_its_fault(kind: str, document: Any, reason: str) -> None:
    with pytest.raises(MalformedPolicy) as refusal:
        check_content(kind, json.dumps(document))
    assert str(refusal.value) == reason


@pytest.mark.parametrize("text", ["", "{", "null", '{"tags": {"a": {}, "a": {}}}'])
def test_no_policy_at_all(text: str) -> None:
    with pytest.raises(MalformedPolicy):
        check_content(TAG, text)
