"""What all policies together mean for the accounts of an OU."""

from typing import Any

import pytest

from shared.organization_policies.types import BACKUP_POLICY, TAG_POLICY
from stacks.policies.backup_policy import backup_policy
from stacks.policies.documents import library_document
from stacks.policies.effective import backup_needs, backups, tags
from stacks.policies.planned import PlannedPolicy
from stacks.policies.tag_policies import root_tag_policy, unit_tag_policy


def policy(type_: str, document: Any, *targets: str) -> PlannedPolicy:
    return PlannedPolicy(f"p{id(document)}", type_, document, "", targets, "file")


def tag(document: Any, *targets: str) -> PlannedPolicy:
    return policy(TAG_POLICY, document, *targets)


def backup(document: Any, *targets: str) -> PlannedPolicy:
    return policy(BACKUP_POLICY, document, *targets)


def needs(policies: list[PlannedPolicy], unit: str = "A") -> dict[tuple[str, str], list[str]]:
    return backup_needs(policies, unit).vaults


ROLE = "MyMonthlyBackupIamRole"
MONTHLY = backup_policy(["us-west-2", "eu-west-1"], "us-east-1")

CENTRAL = "arn:aws:backup:us-east-1:210987654321:backup-vault:Central"


def plan(
    name: str = "Other",
    regions: tuple[str, ...] = ("us-west-2",),
    vault: str = "Daily",
    copies: tuple[str, ...] = (),
    role: str = f"arn:aws:iam::$account:role/{ROLE}",
) -> dict[str, Any]:
    rule = {
        "target_backup_vault_name": {"@@assign": vault},
        "copy_actions": {arn: {"target_backup_vault_arn": {"@@assign": arn}} for arn in copies},
    }
    selection = {"iam_role_arn": {"@@assign": role}, "tag_key": {"@@assign": "k"}, "tag_value": {"@@assign": ["v"]}}
    return {
        "plans": {
            name: {
                "regions": {"@@assign": list(regions)},
                "rules": {"R": rule},
                "selections": {"tags": {"S": selection}},
            }
        }
    }


def test_the_monthly_plan_alone_is_exported_as_it_was() -> None:
    main, more = backups([backup(MONTHLY, "A")], ["A", "A/B", "C"])
    regions = {"primaryRegions": ["us-west-2", "eu-west-1"], "copyRegion": "us-east-1"}
    spec = {"vaultName": "Default", "roleName": ROLE, **regions}
    assert (main, more) == ({"A": spec, "A/B": spec}, {})


def test_a_policy_on_the_root_holds_everywhere() -> None:
    main, _ = backups([backup(MONTHLY, "/")], ["A", "B/C"])
    assert set(main) == {"/", "A", "B/C"}


def test_another_plan_adds_its_vault_and_regions() -> None:
    daily = plan(copies=("arn:aws:backup:eu-west-1:$account:backup-vault:Far",))
    policies = [backup(MONTHLY, "/"), backup(daily, "A")]
    main, more = backups(policies, ["A", "B"])
    assert set(main) == {"/", "A", "B"}
    assert more == {
        "A": [
            {"vaultName": "Daily", "roleName": ROLE, "regions": ["us-west-2"]},
            {"vaultName": "Far", "roleName": ROLE, "regions": ["eu-west-1"]},
        ]
    }


def test_what_the_monthly_plan_has_is_not_needed_twice() -> None:
    same = plan(regions=("us-west-2", "ap-south-1"), vault="Default")
    _, more = backups([backup(MONTHLY, "A"), backup(same, "A")], ["A"])
    assert more == {"A": [{"vaultName": "Default", "roleName": ROLE, "regions": ["ap-south-1"]}]}


def test_a_plan_below_may_change_the_regions_of_one_above() -> None:
    below = {"plans": {"Monthly_Backup_Plan": {"regions": {"@@assign": ["ap-south-1"]}}}}
    policies = [backup(MONTHLY, "A"), backup(below, "A/B")]
    main, _ = backups(policies, ["A", "A/B"])
    assert [main[unit]["primaryRegions"] for unit in main] == [["us-west-2", "eu-west-1"], ["ap-south-1"]]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        # Another account's vault, logically air-gapped or not, is there already.
        (plan(copies=(CENTRAL,)), {("Daily", ROLE): ["us-west-2"]}),
        # AWS makes its own role.
        (plan(role="arn:aws:iam::$account:role/service-role/AWSBackupDefaultServiceRole"), {}),
        (plan(role="arn:aws:iam::$account:role/Ours"), {("Daily", "Ours"): ["us-west-2"]}),
        # A plan that is not complete yet.
        ({"plans": {"P": {"regions": {"@@assign": ["us-west-2"]}}}}, {}),
    ],
)  # fmt: skip
def test_only_what_belongs_into_the_account_is_made(document: Any, expected: Any) -> None:
    assert needs([backup(document, "A")]) == expected
    assert backups([backup(document, "A")], ["A"])[0] == {}


def test_the_nearest_unit_above_gives_the_tag_rules() -> None:
    rules = {"A": ["one"], "A/B/C": ["two"]}
    policies = [tag(root_tag_policy(), "/"), *(tag(unit_tag_policy(values), unit) for unit, values in rules.items())]
    assert tags(policies, rules, ["A", "A/B", "A/B/C", "D", "AB"]) == (
        {
            "A": {"CostCenter": ["one"], "Owner": ["*"]},
            "A/B": {"CostCenter": ["one"], "Owner": ["*"]},
            "A/B/C": {"CostCenter": ["two"], "Owner": ["*"]},
            "D": {},
            "AB": {},
        },
        {},
    )


def test_accounts_in_the_root_have_what_is_attached_to_the_root_alone() -> None:
    required = {"tag_key": {"@@assign": "Team"}, "report_required_tag_for": {"@@assign": ["ec2:instance"]}}
    policies = [
        tag({"tags": {"team": required}}, "/"),
        tag({"tags": {"other": required}}, "A"),
        backup(plan(), "/"),
        backup(plan(name="Below", vault="Below"), "A"),
    ]
    assert tags(policies, ["A"], ["A"])[0]["/"] == {"Team": ["*"]}
    assert needs(policies, "/") == {("Daily", ROLE): ["us-west-2"]}


def test_a_file_s_tags_are_required_where_it_reports_their_lack() -> None:
    team = {"tag_key": {"@@assign": "Team"}, "tag_value": {"@@assign": ["Web", "Data*"]}}
    stage = {"tag_value": {"@@assign": ["test"]}, "report_required_tag_for": {"@@assign": ["ec2:instance"]}}
    free = {"tag_key": {"@@assign": "Free"}, "report_required_tag_for": {"@@assign": ["ec2:instance"]}}
    policies = [tag({"tags": {"Team": team, "stage": stage, "Free": free}}, "A")]
    assert tags(policies, [], ["A", "B"]) == (
        {"A": {"stage": ["test"], "Free": ["*"]}, "B": {}},
        {"A": {"Team": ["Web", "Data*"]}},
    )


def test_a_file_may_change_the_values_of_a_required_tag() -> None:
    policies = [
        tag(root_tag_policy(), "/"),
        tag(unit_tag_policy(["one"]), "A"),
        tag({"tags": {"CostCenter": {"tag_value": {"@@assign": ["two"]}}}}, "A/B"),
    ]
    must, may = tags(policies, ["A"], ["A/B"])
    assert (must, may) == ({"A/B": {"CostCenter": ["two"], "Owner": ["*"]}}, {})


def test_the_library_s_unit_rules_need_a_vault_of_no_one() -> None:
    document = library_document("library/tag/unit-rules", {"costCenters": ["A"]})
    assert backups([tag(document, "A")], ["A"]) == ({}, {})
