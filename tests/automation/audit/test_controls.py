"""Each control: when it holds, when it fails, and when it cannot be decided."""

import json
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import Session

from automation.audit.command import CONTROLS, FAILED, UNKNOWN, as_json, decide, exit_code
from automation.audit.control import State
from shared.layers import ROOT
from tests.automation.audit.world import CLOSED, MEMBER, OLD, RECENT, TRAIL, World, document, fails, role


def states(world: World) -> dict[str, State]:
    return {control.id: verdict.state for control, verdict in decide(world.facts)}


def only(state: State, *ids: str) -> dict[str, State]:
    """Everything holds but for the controls of these ids."""
    usual = {control.id: State.OK for control in CONTROLS} | {"administrators": State.REVIEW}
    return usual | dict.fromkeys(ids, state)


def suspended(ParentId: str, **_other: Any) -> dict[str, Any]:
    bad = {"Id": CLOSED, "Name": "Shop", "State": "SUSPENDED"}
    return {"Accounts": [bad, {"Id": MEMBER, "Name": "Dev"}] if ParentId == "ou-1" else []}


def summary(**own: int) -> Any:
    """The numbers of every account."""
    names = ("AccountPasswordPresent", "AccountAccessKeysPresent", "AccountSigningCertificatesPresent")
    return {"SummaryMap": {**dict.fromkeys(names, 0), "AccountMFAEnabled": 0, **own}}


def in_management(answer: Any, otherwise: Any) -> Any:
    return lambda account=None, **_other: otherwise if account else answer


ROLES: dict[str, Any] = {"Roles": []}
FAULTS: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (
        ("all-features",),
        {
            "organizations__describe_organization": {
                "Organization": {"Id": "o-1", "FeatureSet": "CONSOLIDATED_BILLING", "MasterAccountId": "111111111111"}
            }
        },
    ),
    (("policy-types",), {"organizations__list_roots": {"Roots": [{"Id": "r-1", "PolicyTypes": []}]}}),
    (("central-root-access",), {"iam__list_organizations_features": {"EnabledFeatures": ["RootSessions"]}}),
    (
        ("central-root-access",),
        {"organizations__list_aws_service_access_for_organization": {"EnabledServicePrincipals": []}},
    ),
    (
        ("scp-coverage", "root-guardrails", "resource-control"),
        {"organizations__describe_policy": {"Policy": {"Content": document("Allow")}}},
    ),
    (("root-guardrails",), {"organizations__list_targets_for_policy": {"Targets": [{"TargetId": "ou-1"}]}}),
    (("root-guardrails",), {"organizations__list_targets_for_policy": {"Targets": [{"TargetId": MEMBER}]}}),
    (
        ("scp-coverage", "root-guardrails", "resource-control"),
        {"organizations__list_targets_for_policy": {"Targets": [{"TargetId": "ou-2"}]}},
    ),
    (("delegated-administrators",), {"organizations__list_delegated_administrators": {"DelegatedAdministrators": []}}),
    (("suspended-accounts",), {"organizations__list_accounts_for_parent": suspended}),
    (("organization-trail",), {"cloudtrail__describe_trails": {"trailList": []}}),
    (("organization-trail",), {"cloudtrail__get_trail_status": {"IsLogging": False}}),
    *(
        (("organization-trail",), {"cloudtrail__describe_trails": {"trailList": [{**TRAIL, lacks: False}]}})
        for lacks in ("IsOrganizationTrail", "IsMultiRegionTrail")
    ),
    (
        ("root-key",),
        {
            "iam__get_account_summary": in_management(
                summary(AccountAccessKeysPresent=1, AccountMFAEnabled=1), summary()
            )
        },
    ),
    (("root-mfa",), {"iam__get_account_summary": summary()}),
    *(
        (
            ("root-credentials",),
            {"iam__get_account_summary": in_management(summary(AccountMFAEnabled=1), summary(**{name: 1}))},
        )
        for name in (
            "AccountPasswordPresent",
            "AccountAccessKeysPresent",
            "AccountSigningCertificatesPresent",
            "AccountMFAEnabled",
        )
    ),
    (("user-mfa",), {"iam__list_mfa_devices": {"MFADevices": []}}),
    (
        ("old-keys",),
        {
            "iam__get_access_key_last_used": {"AccessKeyLastUsed": {"LastUsedDate": OLD}},
            "iam__list_users": in_management(
                {"Users": [{"UserName": "ci", "CreateDate": RECENT, "PasswordLastUsed": RECENT}]}, {"Users": []}
            ),
        },
    ),
    (
        ("old-keys",),
        {
            "iam__list_access_keys": {
                "AccessKeyMetadata": [{"AccessKeyId": "AKIA", "Status": "Active", "CreateDate": OLD}]
            }
        },
    ),
    (
        ("unused",),
        {"iam__list_users": in_management({"Users": [{"UserName": "bob", "CreateDate": OLD}]}, {"Users": []})},
    ),
    (("unused",), {"iam__get_role": {"Role": {}}}),
    (("workloads",), {"lambda__list_functions": {"Functions": [{}]}}),
    (("workloads",), {"ec2__describe_instances": {"Reservations": [{"Instances": [{}]}]}}),
    (("workloads",), {"ecs__list_clusters": {"clusterArns": ["arn"]}, "rds__describe_db_instances": fails()}),
    (("password-policy",), {"iam__get_account_password_policy": fails("NoSuchEntity")}),
    (
        ("password-policy",),
        {
            "iam__get_account_password_policy": {
                "PasswordPolicy": {"MinimumPasswordLength": 13, "PasswordReusePrevention": 24}
            }
        },
    ),
    (("password-policy",), {"iam__get_account_password_policy": {"PasswordPolicy": {"MinimumPasswordLength": 14}}}),
    (
        ("management-contacts", "member-contacts"),
        {"account__get_alternate_contact": fails("ResourceNotFoundException")},
    ),
    (("member-users",), {"iam__list_users": {"Users": [{"UserName": "ci", "CreateDate": RECENT}]}}),
    (("outside-trust",), {"iam__list_roles": {"Roles": [role("R", {"AWS": "arn:aws:iam::999999999999:root"})]}}),
    (("outside-trust",), {"iam__list_roles": in_management({"Roles": [role("R", "*")]}, ROLES)}),
    (
        ("outside-trust",),
        {
            "iam__list_roles": {
                "Roles": [role("R", {"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-2"}})]
            }
        },
    ),
]


@pytest.mark.parametrize(("ids", "changed"), FAULTS)
def test_what_is_wrong_fails_its_control_alone(ids: tuple[str, ...], changed: dict[str, Any]) -> None:
    world = World(**changed)
    assert states(world) == only(State.FAILED, *ids)
    outcomes = decide(world.facts)
    assert all(verdict.fixes for _control, verdict in outcomes if verdict.state is State.FAILED)
    assert exit_code(outcomes) == FAILED


def test_every_control_has_a_fault_but_the_one_for_people_to_read() -> None:
    assert {each for ids, _changed in FAULTS for each in ids} == {control.id for control in CONTROLS} - {
        "administrators"
    }


def test_a_good_organization_passes() -> None:
    assert states(World()) == only(State.OK, *())
    assert exit_code(decide(World().facts)) == 0
    (listed,) = [verdict.what for control, verdict in decide(World().facts) if control.id == "administrators"]
    assert listed == "role Admin, user ada"


def test_the_own_organization_alone_may_be_let_in_as_everybody() -> None:
    within = role("R", {"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})
    assert states(World(iam__list_roles={"Roles": [within]})) == only(State.OK)


def test_who_is_kept_out_is_no_stranger() -> None:
    denied = role("R", {"AWS": "arn:aws:iam::999999999999:root"}, Effect="Deny")
    assert states(World(iam__list_roles={"Roles": [denied]})) == only(State.OK)


def found_by(id_: str, world: World) -> str:
    (what,) = [verdict.what for control, verdict in decide(world.facts) if control.id == id_]
    return what


def test_only_who_has_a_password_needs_an_mfa_device() -> None:
    assert found_by("user-mfa", World(iam__list_mfa_devices={"MFADevices": []})) == "a password and no MFA device: ada"


def test_workloads_are_those_of_all_regions() -> None:
    world = World(ec2__describe_instances={"Reservations": [{"Instances": [{}, {}]}, {"Instances": [{}]}]})
    assert found_by("workloads", world) == "6 EC2 instances"


UNASKED = [
    (("organization-trail",), "cloudtrail__describe_trails"),
    (("central-root-access",), "iam__list_organizations_features"),
    (("workloads",), "lambda__list_functions"),
    (("workloads",), "ec2__describe_regions"),
    (("management-contacts", "member-contacts"), "account__get_alternate_contact"),
    (("root-key", "root-mfa", "root-credentials"), "iam__get_account_summary"),
    (("user-mfa", "old-keys", "unused", "member-users"), "iam__list_users"),
    (("unused", "outside-trust"), "iam__list_roles"),
    (("password-policy",), "iam__get_account_password_policy"),
    (("administrators",), "iam__list_entities_for_policy"),
    (("scp-coverage", "root-guardrails", "resource-control"), "organizations__list_policies"),
    (("delegated-administrators",), "organizations__list_delegated_administrators"),
    (("user-mfa", "old-keys", "unused"), "iam__get_login_profile"),
]


@pytest.mark.parametrize(("ids", "operation"), UNASKED)
def test_what_cannot_be_asked_is_unknown_and_does_not_pass(ids: tuple[str, ...], operation: str) -> None:
    world = World(**{operation: fails()})
    assert states(world) == only(State.UNKNOWN, *ids)
    outcomes = decide(world.facts)
    assert exit_code(outcomes) == UNKNOWN
    told = [verdict.what for _control, verdict in outcomes if verdict.state is State.UNKNOWN]
    assert all("AccessDenied: no" in each and "whose credentials" not in each for each in told)


def test_a_root_user_of_whom_iam_says_nothing_is_unknown() -> None:
    world = World(iam__get_account_summary=in_management(summary(AccountMFAEnabled=1), {"SummaryMap": {}}))
    assert states(world) == only(State.UNKNOWN, "root-credentials")


def test_the_reading_policy_is_exactly_what_is_asked() -> None:
    asked: set[tuple[str, str]] = set()
    for world in (World(), World(iam__get_role={"Role": {}})):  # the second has a role to remove
        decide(world.facts)
        asked |= world.asked
    policy = json.loads((ROOT / "automation" / "audit" / "reading.json").read_text())
    audit, members = policy["Statement"]
    assert audit["Action"] == sorted(f"{service}:{_action(service, operation)}" for service, operation in asked)
    assert members["Action"] == "sts:AssumeRole"


def _action(service: str, operation: str) -> str:
    names = Session().get_service_model(service).operation_names
    found = {xform_name(name): name for name in names}[operation]
    return {"ListFunctions20150331": "ListFunctions"}.get(found, found)


def test_the_documentation_has_a_line_for_each_control_with_its_page() -> None:
    text = (ROOT / "docs" / "audit.md").read_text()
    for control in CONTROLS:
        (line,) = [each for each in text.splitlines() if each.startswith(f"| `{control.id}` |")]
        assert control.page in line


def test_json_has_every_control_with_its_fix() -> None:
    found = json.loads(as_json("prod", decide(World(iam__get_role={"Role": {}}).facts)))
    assert [each["id"] for each in found["controls"]] == [control.id for control in CONTROLS]
    (unused,) = [each for each in found["controls"] if each["id"] == "unused"]
    assert unused["state"] == "failed"
    assert unused["found"] == "role Inside"
    assert unused["fixes"] == [
        "run: aws iam delete-role-policy --role-name Inside --policy-name inline && aws iam detach-role-policy "
        "--role-name Inside --policy-arn arn:aws:iam::aws:policy/X && aws iam delete-role --role-name Inside"
    ]
