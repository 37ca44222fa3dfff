"""The syntax of the organization's policies."""

import json
from typing import Any

import pytest

from shared.organization_policies.syntax import MalformedPolicy, check_content

SCP, TAG, BACKUP = "SERVICE_CONTROL_POLICY", "TAG_POLICY", "BACKUP_POLICY"
COPY = "arn:aws:backup:us-east-1:$account:backup-vault:Copy"
CONTROL = "@@operators_allowed_for_child_policies"


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
        (
            BACKUP,
            rules(
                copy_actions={
                    "arn:aws:backup:us-east-1:$account:backup-vault:Copy": {
                        "lifecycle": {"delete_after_days": {"@@assign": "365"}}
                    }
                }
            ),
        ),
        (BACKUP, {"plans": {CONTROL: ["@@none"], "Plan": {"regions": {"@@append": ["us-east-1"]}}}}),
        ("AISERVICES_OPT_OUT_POLICY", {"services": {}}),
    ],
)
def test_a_right_policy_and_one_that_has_something_more(kind: str, document: dict[str, Any]) -> None:
    check_content(kind, json.dumps(document))
    wrong: list[Any] = [[document]]
    if kind in (SCP, TAG, BACKUP):
        wrong.append({**document, "extra": {}})
    for each in wrong:
        with pytest.raises(MalformedPolicy):
            check_content(kind, json.dumps(each))


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (SCP, []),
        (SCP, {}),
        (SCP, {"Version": "2012-10-17", "Statement": []}),
        (SCP, {**scp(), "Version": "2008-10-17"}),
        (SCP, {**scp(), "Extra": 1}),
        (SCP, scp(Effect="Forbid")),
        (SCP, scp(Action=None)),
        (SCP, scp(NotAction="s3:*")),
        (SCP, scp(Action="s3")),
        (SCP, scp(Action=[])),
        (SCP, scp(Resource=None)),
        (SCP, scp(Resource="bucket")),
        (SCP, scp(Principal="*")),
        (SCP, scp(Sid="with space")),
        (SCP, scp(Condition={"StringSimilar": {"a": "b"}})),
        (SCP, scp(Condition={"StringEquals": "a"})),
        (SCP, {**scp(), "Statement": scp(Sid="A")["Statement"] * 2}),
        (TAG, {"wrong": {}}),
        (TAG, {}),
        (TAG, tag(tag_key="key")),
        (TAG, tag(tag_key={"@@assign": "other"})),
        (TAG, tag(tag_key={"@@append": ["key"]})),
        (TAG, tag(tag_key={"@@assign": ["key"]})),
        (TAG, tag(tag_value={"@@assign": "a"})),
        (TAG, tag(tag_value={"@@assign": [{"a": "b"}]})),
        (TAG, tag(tag_value={"@@assign": ["a*b*"]})),
        (TAG, tag(unknown={"@@assign": "a"})),
        (TAG, tag(enforced_for={"@@assign": ["everything"]})),
        (TAG, tag(tag_key={CONTROL: ["@@wrong"]})),
        (TAG, tag(tag_key={CONTROL: ["@@none", "@@append"]})),
        (TAG, tag(tag_key={CONTROL: "@@none"})),
        (TAG, {"tags": {"Key": {}, "key": {}}}),
        (TAG, {"tags": {"": {}}}),
        (TAG, {"tags": {"@@assign": ["a"]}}),
        (BACKUP, {"plan": {}}),
        (BACKUP, rules(schedule_expression={"@@assign": "monthly"})),
        (BACKUP, rules(start_backup_window_minutes={"@@assign": "soon"})),
        (BACKUP, rules(lifecycle={"delete_after_days": {"@@assign": "-1"}})),
        (BACKUP, rules(target_vault={"@@assign": "Default"})),
        (BACKUP, {"plans": {"Plan": {"regions": {"@@assign": "us-east-1"}}}}),
        (BACKUP, {"plans": {"Plan": {"selections": {"names": {}}}}}),
    ],
)
def test_a_wrong_policy(kind: str, document: Any) -> None:
    with pytest.raises(MalformedPolicy):
        check_content(kind, json.dumps(document))


@pytest.mark.parametrize("text", ["", "{", "null", '{"tags": {"a": {}, "a": {}}}'])
def test_no_policy_at_all(text: str) -> None:
    with pytest.raises(MalformedPolicy):
        check_content(TAG, text)
