"""Policy documents: AWS's limits, packing, the backup and tag policies, inheritance of tag rules."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import DocumentError
from shared.organization_policies.inheritance import effective_policy
from shared.organization_policies.limits import LIMITS
from shared.policy_documents.documents import render, render_iam_policy, render_trust_policy
from stacks.accounts.checks import tag_problems
from stacks.accounts.iam_policies import trust_policy
from stacks.policies.backup_policy import backup_policy
from stacks.policies.guardrails import pack
from stacks.policies.limits import check_rendered
from stacks.policies.policy_types import BACKUP, RCP, SCP, TAG
from stacks.policies.tag_policies import root_tag_policy, unit_tag_policy


def render_org_policy(name: str, policy_type: str, document: dict[str, Any]) -> str:
    content = render(document)
    check_rendered(name, policy_type, content, LIMITS[policy_type])
    return content


def statement(size: int, number: int = 0) -> dict[str, Any]:
    return {"Sid": f"S{number}", "Effect": "Deny", "Action": f"s3:{'x' * size}", "Resource": "*"}


@given(st.lists(st.integers(min_value=1, max_value=9000), min_size=1, max_size=24))
def test_packing_keeps_every_statement_within_the_limits_or_says_why_not(sizes: list[int]) -> None:
    statements = [statement(size, number) for number, size in enumerate(sizes)]
    try:
        documents = pack("unit", statements)
    except DocumentError:
        # First fit leaves less than half of each but one of the policies unused.
        assert sum(sizes) > 9 * 4500
        return
    packed = [s["Sid"] for document in documents for s in document["Statement"]]
    assert sorted(packed) == sorted(s["Sid"] for s in statements)
    assert len(documents) <= 9
    for document in documents:
        assert len(render_org_policy("p", SCP, document)) <= 10_240


def test_a_statement_that_fits_no_policy_is_named() -> None:
    with pytest.raises(DocumentError, match=r"statement S0 alone has \d+ characters; AWS allows 10240"):
        pack("unit", [statement(10_300)])


def of_size(*statements: int, total: int) -> list[dict[str, Any]]:
    """Statements of these sizes and a last one that makes a policy with all of them `total` characters long."""
    listed = [statement(size, number) for number, size in enumerate([*statements, 0])]
    whole = json.dumps({"Version": "2012-10-17", "Statement": listed}, separators=(",", ":"))
    listed[-1]["Action"] += "x" * (total - len(whole))
    return listed


def sids(documents: list[dict[str, Any]]) -> list[list[str]]:
    return [[s["Sid"] for s in document["Statement"]] for document in documents]


def test_statements_share_a_policy_up_to_its_last_character() -> None:
    assert pack("unit", []) == []
    assert sids(pack("unit", of_size(total=10_240))) == [["S0"]]
    with pytest.raises(DocumentError, match=r"S0 alone has 10241 characters; AWS allows 10240"):
        pack("unit", of_size(total=10_241))
    assert sids(pack("unit", of_size(2000, 1000, total=10_240))) == [["S0", "S1", "S2"]]
    assert sids(pack("unit", of_size(2000, 1000, total=10_241))) == [["S0", "S1"], ["S2"]]


def test_a_later_statement_fills_an_earlier_policy() -> None:
    assert sids(pack("unit", [statement(6000, 0), statement(6000, 1), statement(1000, 2)])) == [["S0", "S2"], ["S1"]]


def test_a_target_takes_nine_policies_beside_full_aws_access() -> None:
    assert sids(pack("unit", [statement(9000, n) for n in range(9)])) == [[f"S{n}"] for n in range(9)]
    with pytest.raises(DocumentError, match="'unit': 10 policies are needed; AWS allows 10 a target, one of which"):
        pack("unit", [statement(9000, n) for n in range(10)])


@pytest.mark.parametrize(
    ("kind", "document", "message"),
    [
        (SCP, {"Version": "2012-10-17", "Statement": []}, "Statement is"),
        (SCP, {"Version": "2008-10-17", "Statement": [statement(1)]}, "Version is"),
        (SCP, {"Version": "2012-10-17", "Statement": [{**statement(1), "Principal": "*"}]}, "Principal is unknown"),
        (SCP, {"Version": "2012-10-17", "Statement": [{**statement(1), "NotAction": "*"}]}, "Action or NotAction"),
        (RCP, {"Version": "2012-10-17", "Statement": [statement(1)]}, "Principal"),
        (TAG, {"tags": {"A": {"tag_key": {"@@set": "A"}}}}, "tags/A/tag_key"),
        (BACKUP, {"plans": {"P": {"regions": {"@@assign": 7}}}}, "plans/P/regions"),
        (TAG, unit_tag_policy([f"{number:0>200}" for number in range(60)]), "AWS allows 10000"),
    ],
)
def test_what_aws_would_refuse_is_refused_first(kind: str, document: dict[str, Any], message: str) -> None:
    with pytest.raises(DocumentError, match=message.replace("*", r"\*")):
        render_org_policy("p", kind, document)


RENDER: dict[str, tuple[int, str, Callable[[dict[str, Any]], str]]] = {
    "resource control": (5120, "RESOURCE_CONTROL_POLICY 'p'", lambda document: render_org_policy("p", RCP, document)),
    "service control": (10_240, "SERVICE_CONTROL_POLICY 'p'", lambda document: render_org_policy("p", SCP, document)),
    "tag": (10_000, "TAG_POLICY 'p'", lambda document: render_org_policy("p", TAG, document)),
    "backup": (10_000, "BACKUP_POLICY 'p'", lambda document: render_org_policy("p", BACKUP, document)),
    "managed": (6144, "managed policy 'p'", lambda document: render_iam_policy("p", document)),
    "trust": (2048, "trust policy 'p'", lambda document: render_trust_policy("p", document)),
}


@pytest.mark.parametrize("kind", RENDER)
def test_a_document_may_be_as_long_as_its_limit_and_no_longer(kind: str) -> None:
    limit, named, rendered = RENDER[kind]

    def document(size: int) -> dict[str, Any]:
        if kind in ("tag", "backup"):

            def filled(*values: str) -> dict[str, Any]:
                rule = {"tag_value": {"@@assign": list(values)}}
                if kind == "tag":
                    return {"tags": {"Key": rule}}
                return {"plans": {"Plan": {"selections": {"tags": {"Selection": rule}}}}}

            def length(*values: str) -> int:
                return len(json.dumps(filled(*values), separators=(",", ":")))

            values = [f"{number:0>200}" for number in range(45)]
            while size - length(*values, "") > 200:
                values.append(f"{len(values):0>200}")
            return filled(*values, "x" * (size - length(*values, "")))
        if kind == "resource control":
            listed = of_size(total=size - len(',"Principal":"*"'))
            return {"Version": "2012-10-17", "Statement": [{**listed[0], "Principal": "*"}]}
        return {"Version": "2012-10-17", "Statement": of_size(total=size)}

    text = rendered(document(limit))
    assert (len(text), json.loads(text)) == (limit, document(limit))
    with pytest.raises(DocumentError, match=f"^{named} has {limit + 1} characters; AWS allows {limit}$"):
        rendered(document(limit + 1))


def test_thirty_users_with_long_names_fit_into_a_trust_policy() -> None:
    users = [f"arn:aws:iam::123456789012:user/firstname.lastname-{n:04}" for n in range(30)]
    assert len(json.loads(render_trust_policy("r", trust_policy(users, require_mfa=True)))["Statement"]) == 1


@pytest.mark.parametrize(
    "regions", [["us-west-2"], ["us-west-2", "eu-west-1"], ["us-west-2", "eu-west-1", "ap-south-1"]]
)
def test_the_backup_policy_is_the_one_of_the_operating_model(regions: list[str]) -> None:
    lifecycle = {"move_to_cold_storage_after_days": {"@@assign": "30"}, "delete_after_days": {"@@assign": "365"}}
    copy_vault = "arn:aws:backup:us-east-1:$account:backup-vault:Default"
    rule = {
        "schedule_expression": {"@@assign": "cron(0 5 1 * ? *)"},
        "start_backup_window_minutes": {"@@assign": "480"},
        "target_backup_vault_name": {"@@assign": "Default"},
        "lifecycle": lifecycle,
        "copy_actions": {copy_vault: {"target_backup_vault_arn": {"@@assign": copy_vault}, "lifecycle": lifecycle}},
    }
    selection = {
        "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/MyMonthlyBackupIamRole"},
        "tag_key": {"@@assign": "BackupType"},
        "tag_value": {"@@assign": ["MONTHLY"]},
    }
    plan = {
        "regions": {"@@assign": regions},
        "rules": {"Monthly": rule},
        "selections": {"tags": {"Backup_Assignment": selection}},
    }
    assert backup_policy(regions, "us-east-1") == {"plans": {"Monthly_Backup_Plan": plan}}


LOCKED = ["@@none"]


@pytest.mark.parametrize("values", [["Development"], ["Development", "Testing"]])
def test_the_tag_policies_are_those_of_the_operating_model(values: list[str]) -> None:
    spelling = {"@@assign": "CostCenter", "@@operators_allowed_for_child_policies": LOCKED}
    assert root_tag_policy() == {"tags": {"CostCenter": {"tag_key": spelling}}}
    owner = {"tag_key": {"@@assign": "Owner", "@@operators_allowed_for_child_policies": LOCKED}}
    assert unit_tag_policy(values) == {
        "tags": {"CostCenter": {"tag_value": {"@@assign": values}}, "Owner": owner},
    }


@pytest.mark.parametrize("types", [["ec2:instance"], ["s3:ALL_SUPPORTED", "rds:ALL_SUPPORTED"]])
def test_both_tags_are_enforced_for_the_types_of_the_settings(types: list[str]) -> None:
    plain = unit_tag_policy(["Development"])["tags"]
    assert unit_tag_policy(["Development"], types) == {
        "tags": {key: {**rule, "enforced_for": {"@@assign": types}} for key, rule in plain.items()}
    }


def test_a_unit_below_enforces_tags_for_its_own_types() -> None:
    above, below = unit_tag_policy(["A"], ["ec2:instance"]), unit_tag_policy(["B"], ["s3:bucket"])
    for levels, types in (([above, below], ["s3:bucket"]), ([above, unit_tag_policy(["B"])], ["ec2:instance"])):
        tags = effective_policy([[root_tag_policy()], *([each] for each in levels)])["tags"]
        assert {key: rule["enforced_for"] for key, rule in tags.items()} == {"costcenter": types, "owner": types}


def test_a_child_policy_changes_the_values_and_never_the_spelling() -> None:
    respelled = {name: {"tag_key": {"@@assign": name.upper()}} for name in ("CostCenter", "Owner")}
    respelled["CostCenter"]["tag_value"] = {"@@assign": ["Other"]}  # type: ignore[dict-item]
    levels = [[root_tag_policy()], [unit_tag_policy(["Development", "Testing"])]]
    tags = effective_policy([*levels, [{"tags": respelled}]])["tags"]
    assert {rule["tag_key"] for rule in tags.values()} == {"CostCenter", "Owner"}
    assert sorted(rule.get("tag_value", []) for rule in tags.values()) == [[], ["Other"]]


@given(st.dictionaries(st.sampled_from(["CostCenter", "costcenter", "Owner", "OWNER", "Other"]), st.text(max_size=5)))
def test_tags_without_a_problem_have_each_required_key_rightly_spelled(tags: dict[str, str]) -> None:
    rules = {"CostCenter": ["a", "b*"], "Owner": ["*"]}
    if not tag_problems(tags, rules):
        assert tags["CostCenter"] == "a" or tags["CostCenter"].startswith("b")
        assert "Owner" in tags
        assert not {"costcenter", "OWNER"} & set(tags)


@pytest.mark.parametrize(
    ("tags", "problems"),
    [
        ({"CostCenter": "a", "Owner": "x"}, []),
        ({"CostCenter": "bcd", "Owner": "x", "Other": "y"}, []),
        ({"CostCenter": "c", "Owner": "x"}, ["accounts:tags.CostCenter is 'c'; the OU allows: a, b*"]),
        (
            {"CostCenter": "a"},
            ["accounts:tags.Owner is missing; the OU's tag policy requires it; allowed: any value"],
        ),
        (
            {"Owner": "x"},
            ["accounts:tags.CostCenter is missing; the OU's tag policy requires it; allowed: a, b*"],
        ),
        ({"CostCenter": "a", "OWNER": "x"}, ["accounts:tags.OWNER is spelled wrongly; allowed: Owner"]),
        (
            {"CostCenter": "A", "Owner": "x", "owner": "y"},
            [
                "accounts:tags.CostCenter is 'A'; the OU allows: a, b*",
                "accounts:tags.owner is spelled wrongly; allowed: Owner",
            ],
        ),
    ],
)
def test_each_problem_of_a_tag_says_what_is_allowed(tags: dict[str, str], problems: list[str]) -> None:
    assert tag_problems(tags, {"CostCenter": ["a", "b*"], "Owner": ["*"]}) == problems
