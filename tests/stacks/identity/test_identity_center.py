"""IAM Identity Center in the identity layer: what it makes, and which settings are refused."""

import json
from typing import Any

import pytest

from shared.errors import ConfigError
from shared.settings.base import parse
from stacks.identity.config import IdentityConfig
from stacks.identity.iam_policies import permission_set_roles
from stacks.identity.identity_center_config import IdentityCenter
from tests.stacks.harness import MANAGEMENT, Run, refusal, run_program
from tests.stacks.samples import ORG

INSTANCE = "arn:aws:sso:::instance/ssoins-0123456789abcdef"
STORE = "d-0123456789"


CALLS = {
    "aws:ssoadmin/getInstances:getInstances": {
        "arns": [INSTANCE],
        "id": "us-west-2",
        "identityStoreIds": [STORE],
        "region": "us-west-2",
    },
    "aws:identitystore/getGroups:getGroups": {
        "groups": [{"displayName": "auditors", "groupId": "group-of-the-idp"}],
        "identityStoreId": STORE,
    },
}
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
CENTER: dict[str, Any] = {
    "users": {"ada": {"name": "Ada King Lovelace", "email": "ada@example.com"}},
    "groups": {"builders": {"description": "build", "users": ["ada"]}, "auditors": {}},
    "permissionSets": {
        "Developers": {"role": "DeveloperRole", "sessionHours": 8},
        "Auditors": {"managedPolicies": [READ_ONLY], "actions": ["s3:Get*"], "description": "look"},
    },
    "assignments": [
        {"group": "builders", "permissionSet": "Developers", "targets": ["Development", "accounts/web-shop"]},
        {"group": "auditors", "permissionSet": "Auditors", "targets": ["/"]},
    ],
}


def config(**changed: Any) -> dict[str, Any]:
    return {"users": ["grace"], "identityCenter": {**CENTER, **changed}}


def identity(settings: dict[str, Any], **options: Any) -> Run:
    return run_program("identity", "sandbox", settings, upstream={"org": ORG}, **{"calls": CALLS, **options})


def test_without_the_setting_there_is_nothing_of_it() -> None:
    run = identity({"users": ["grace"]}, calls={})
    assert not [each for each in run.resources if "sso" in each.type or "identitystore" in each.type]
    assert run.outputs["identityCenter"] is None


def test_people_and_groups() -> None:
    run = identity(config())
    where = {"identityStoreId": STORE, "region": "us-west-2"}
    assert run.one("aws:identitystore/user:User").inputs == {
        **where,
        "userName": "ada",
        "displayName": "Ada King Lovelace",
        "name": {"givenName": "Ada King", "familyName": "Lovelace"},
        "emails": {"value": "ada@example.com", "primary": True},
    }
    group = run.one("aws:identitystore/group:Group")
    assert group.inputs == {**where, "displayName": "builders", "description": "build"}
    member = run.one("aws:identitystore/groupMembership:GroupMembership")
    assert member.name == "builders-ada"


def test_permission_sets_have_a_boundary_each() -> None:
    run = identity(config())
    sets = run.of("aws:ssoadmin/permissionSet:PermissionSet")
    assert {name: each.inputs["sessionDuration"] for name, each in sets.items()} == {
        "Developers": "PT8H",
        "Auditors": "PT1H",
    }
    bounds = run.of("aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment")
    most = {"customerManagedPolicyReference": {"name": "DeveloperRoleBoundary", "path": "/"}}
    assert {name: each.inputs["permissionsBoundary"] for name, each in bounds.items()} == dict.fromkeys(sets, most)
    own = run.one("aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment")
    assert (own.name, own.inputs["customerManagedPolicyReference"]) == (
        "Developers",
        most["customerManagedPolicyReference"],
    )
    inline = run.one("aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy")
    assert json.loads(inline.inputs["inlinePolicy"])["Statement"] == [
        {"Effect": "Allow", "Action": ["s3:Get*"], "Resource": "*"}
    ]
    managed = run.one("aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment")
    assert (managed.name, managed.inputs["managedPolicyArn"]) == ("Auditors-ReadOnlyAccess", READ_ONLY)
    assert {each.inputs["instanceArn"] for each in [*sets.values(), *bounds.values(), own, inline, managed]} == {
        INSTANCE
    }


@pytest.mark.parametrize(
    ("boundary", "expected"),
    [
        ("none", None),
        ("/teams/Most", {"customerManagedPolicyReference": {"name": "Most", "path": "/teams/"}}),
        ("/Most", {"customerManagedPolicyReference": {"name": "Most", "path": "/"}}),
        (READ_ONLY, {"managedPolicyArn": READ_ONLY}),
    ],
)
def test_a_permission_set_that_was_found_keeps_what_it_has(boundary: str, expected: Any) -> None:
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    run = identity(config(**changed("permissionSets", "Auditors", boundary=boundary, managedPolicies=[administrator])))
    bounds = run.of("aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment")
    assert bounds.keys() == {"Developers", *(["Auditors"] if expected else [])}
    if expected:
        assert bounds["Auditors"].inputs["permissionsBoundary"] == expected
    # No account has to have a policy of this project for it.
    assert [each["boundary"] for each in run.outputs["identityCenter"]["assignments"]] == ["DeveloperRoleBoundary", ""]


def test_what_the_accounts_layer_gets() -> None:
    run = identity(config(region="us-east-1"))
    spec = run.outputs["identityCenter"]
    assert (spec["instanceArn"], spec["region"]) == (INSTANCE, "us-east-1")
    assert spec["assignments"][0] == {
        "group": "builders",
        "groupId": None,  # which mocks do not make up
        "permissionSet": "Developers",
        "permissionSetArn": "arn:aws:test::Developers",
        "boundary": "DeveloperRoleBoundary",
        "targets": ["Development", "accounts/web-shop"],
    }
    assert spec["assignments"][1]["groupId"] == "group-of-the-idp"


ROLES = {"Auditor": {"identityCenterGroup": "auditors"}}


def test_a_group_that_may_assume_a_role_and_nothing_else() -> None:
    before, run = identity(config()), identity({**config(), "roles": ROLES})
    made = {key: inputs for key, inputs in run.aws().items() if key not in before.aws()}
    assert {name for _type, name in made} == {"AssumeAuditor", "AssumeAuditor-auditors"}
    inline = run.of("aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy")["AssumeAuditor"]
    assert json.loads(inline.inputs["inlinePolicy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": "arn:aws:iam::*:role/organization/Auditor",
            "Condition": {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}},
        }
    ]
    assert run.one("aws:ssoadmin/accountAssignment:AccountAssignment").inputs == {
        "instanceArn": INSTANCE,
        "permissionSetArn": "arn:aws:test::AssumeAuditor",
        "principalId": "group-of-the-idp",
        "principalType": "GROUP",
        "region": "us-west-2",
        "targetId": MANAGEMENT,
        "targetType": "AWS_ACCOUNT",
    }
    assert run.outputs["permissionSetRoles"]["Auditor"] == permission_set_roles(MANAGEMENT, "AssumeAuditor")
    assert run.outputs["principals"]["Auditor"] == []
    # It is no assignment of the accounts layer.
    assert run.outputs["identityCenter"] == before.outputs["identityCenter"]


def test_a_group_beside_users_and_another_permission_set() -> None:
    who = {"identityCenterGroup": "auditors", "users": ["carol"], "permissionSet": "Audit"}
    run = identity({**config(), "roles": {"Auditor": who}})
    sets = [permission_set_roles(MANAGEMENT, name) for name in ("Audit", "AssumeAuditor")]
    assert run.outputs["permissionSetRoles"]["Auditor"] == [*sets[0], *sets[1]]
    assert run.outputs["principals"]["Auditor"] == ["arn:aws:test::carol"]


def test_identity_center_for_roles_alone() -> None:
    run = identity({"users": ["grace"], "identityCenter": {"groups": {"auditors": {}}}, "roles": ROLES})
    assert set(run.of("aws:ssoadmin/permissionSet:PermissionSet")) == {"AssumeAuditor"}


@pytest.mark.parametrize(
    ("role", "who", "message"),
    [
        (
            "Auditor",
            {"identityCenterGroup": "strangers"},
            "identity:roles.Auditor.identityCenterGroup is 'strangers'; allowed: one of "
            "identity:identityCenter.groups (auditors, builders)",
        ),
        (
            "R" * 27,
            {"identityCenterGroup": "auditors"},
            f"identity:roles.{'R' * 27}.identityCenterGroup would make the permission set Assume{'R' * 27} of 33 "
            "characters, and AWS allows 32; allowed: for roles with names of 26 characters at most",
        ),
        (
            "Both",
            {"identityCenterGroup": "auditors", "oidcSubjects": ["repo:a/b:*"]},
            "identity:roles.Both.identityCenterGroup (auditors) names people, and identity:roles.Both.oidcSubjects "
            "(repo:a/b:*) automation",
        ),
        (
            "AutomationRole",
            {"identityCenterGroup": "auditors"},
            "identity:roles.AutomationRole.identityCenterGroup (auditors) lets people assume AutomationRole",
        ),
    ],
)
def test_what_a_role_may_not_have(role: str, who: dict[str, Any], message: str) -> None:
    text = refusal("identity", "sandbox", {**config(), "roles": {role: who}}, upstream={"org": ORG}, calls=CALLS)
    assert message in text


def test_a_role_without_identity_center() -> None:
    text = refusal("identity", "sandbox", {"users": ["grace"], "roles": ROLES}, upstream={"org": ORG})
    assert (
        "identity:roles.Auditor.identityCenterGroup is 'auditors' and identity:identityCenter is missing; allowed: "
        "with auditors in its groups"
    ) in text


def test_a_permission_set_of_both_settings() -> None:
    both = changed("permissionSets", "assumeAuditor", actions=["s3:Get*"])
    text = refusal("identity", "sandbox", {**config(**both), "roles": ROLES}, upstream={"org": ORG}, calls=CALLS)
    assert (
        "identity:roles.Auditor.identityCenterGroup makes the permission set AssumeAuditor, and "
        "identity:identityCenter.permissionSets.assumeAuditor too; allowed: another name there"
    ) in text


def test_an_instance_that_is_not_there() -> None:
    calls = {"aws:ssoadmin/getInstances:getInstances": {"arns": [], "id": "x", "identityStoreIds": [], "region": "x"}}
    text = refusal("identity", "sandbox", config(), upstream={"org": ORG}, calls=calls)
    assert text.startswith(
        "stacks/identity/Pulumi.sandbox.yaml: identity:identityCenter is set, and IAM Identity Center is not enabled "
        "in us-west-2; allowed: its region in identityCenter.region, or enable it first"
    )


def test_a_group_that_is_not_there() -> None:
    text = refusal("identity", "sandbox", config(**changed("groups", "strangers")), upstream={"org": ORG}, calls=CALLS)
    assert "identity:identityCenter.groups.strangers has no users, so the group has to be there, and ident" in text
    assert f"identity store {STORE} has none of that name; allowed: one that is there, or users, also []" in text


def test_an_ou_that_is_not_there() -> None:
    assignments = [{"group": "builders", "permissionSet": "Developers", "targets": ["Nowhere"]}]
    text = refusal("identity", "sandbox", config(assignments=assignments), upstream={"org": ORG}, calls=CALLS)
    assert (
        "identity:identityCenter.assignments.0.targets names the OU 'Nowhere', which stack org does not export" in text
    )


def test_a_preview_before_there_is_an_organization_asks_nobody() -> None:
    run = run_program("identity", "sandbox", config(), upstream={}, preview=True, calls={})
    assert set(run.of("aws:ssoadmin/permissionSet:PermissionSet")) == {"Developers", "Auditors"}


def changed(section: str, which: str, /, **keys: Any) -> dict[str, Any]:
    return {section: {**CENTER[section], which: keys}}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (changed("permissionSets", "x" * 33, role="DeveloperRole"), "the name of a permission set, 1 to 32"),
        (changed("permissionSets", "Two words", role="DeveloperRole"), "the name of a permission set, 1 to 32"),
        (changed("permissionSets", "Developers", role="AutomationRole"), "not a role for people"),
        (changed("permissionSets", "Developers", role="automationrole"), "not a role for people"),
        (changed("permissionSets", "Developers", role="OrganizationAccountAccessRole"), "not a role for people"),
        (changed("permissionSets", "Developers", actions=["iam:*"]), "of any service but account"),
        (changed("permissionSets", "Developers", actions=["organizations:ListRoots"]), "of any service but account"),
        (changed("permissionSets", "Developers", actions=["sso:*"]), "of any service but account"),
        (changed("permissionSets", "Developers", actions=["*"]), "allowed: actions such as s3:*"),
        (changed("permissionSets", "Developers", actions=["*:*"]), "allowed: actions such as s3:*"),
        (
            changed("permissionSets", "Developers", managedPolicies=["arn:aws:iam::aws:policy/AdministratorAccess"]),
            "an administrator's policy, and no permission set makes administrators",
        ),
        (
            changed("permissionSets", "Developers", managedPolicies=["arn:aws:iam::123456789012:policy/Own"]),
            "the ARN of a policy of AWS",
        ),
        (
            changed("permissionSets", "Developers", role="DeveloperRole", actions=["s3:*"]),
            "role is 'DeveloperRole' and actions is s3:*; allowed: role, or actions and",
        ),
        (changed("permissionSets", "Developers"), "it gives nothing; allowed: role, actions or managedPolicies"),
        (changed("permissionSets", "Developers", role="DeveloperRole", sessionHours=13), "less than or equal to 12"),
        (changed("permissionSets", "Developers", role="DeveloperRole", sessionHours=0), "greater than or equal to 1"),
        (changed("permissionSets", "Developers", role="DeveloperRole", description="x" * 701), "1 to 700"),
        (
            changed("permissionSets", "Developers", role="DeveloperRole", boundary="OtherBoundary"),
            "which has a boundary of its own",
        ),
        (
            changed("permissionSets", "Developers", actions=["s3:*"], boundary="devAutomationRoleBoundary"),
            "and not AutomationRoleBoundary or WorkloadBoundary",
        ),
        (
            changed("permissionSets", "Developers", actions=[f"s3:GetObject{'x' * 100}{n}" for n in range(100)]),
            "AWS allows 10240",
        ),
        (
            changed("permissionSets", "Developers", inlinePolicy="{}", actions=["s3:*"]),
            "actions and inlinePolicy are set, and both are its policy of its own; allowed: one of them",
        ),
        (
            changed("permissionSets", "Developers", inlinePolicy="{}", managedPolicies=[READ_ONLY]),
            "inlinePolicy is only for a permission set that was found without a boundary of this project; allowed",
        ),
        (
            changed("permissionSets", "Developers", customerPolicies=["/Own"], actions=["s3:*"]),
            "customerPolicies is only for a permission set that was found without a boundary of this project",
        ),
        (changed("permissionSets", "Developers", role="DeveloperRole", boundary="none"), "a boundary of its own"),
        (changed("permissionSets", "Developers", boundary="none", inlinePolicy="[]"), "a policy document as JSON"),
        (changed("permissionSets", "Developers", boundary="none", inlinePolicy="{"), "a policy document as JSON"),
        (
            changed("permissionSets", "Developers", boundary="none", inlinePolicy=json.dumps({"a": "x" * 10_240})),
            "AWS allows 10240; allowed: a shorter one",
        ),
        (
            changed("permissionSets", "Developers", boundary="none", customerPolicies=["Own"]),
            "the path and the name of",
        ),
        (changed("permissionSets", "Developers", boundary="none", sessionDuration="PT13H"), "from PT1H to PT12H"),
        (changed("permissionSets", "Developers", boundary="none", sessionDuration="1h"), "from PT1H to PT12H"),
        (
            changed("permissionSets", "Developers", role="DeveloperRole", sessionHours=2, sessionDuration="PT90M"),
            "sessionHours is 2 and sessionDuration PT90M; allowed: one of them",
        ),
        (
            {"groups": {}, "permissionSets": {}, "assignments": [], "users": {}},
            "there are no groups and no permissionSets; allowed: some, or no identityCenter at all",
        ),
        (
            {
                "groups": {"b": {}, "a-b": {}},
                "permissionSets": {"S": {"actions": ["s3:*"]}, "S-a": {"actions": ["s3:*"]}},
                "assignments": [
                    {"group": "a-b", "permissionSet": "S", "targets": ["/"]},
                    {"group": "b", "permissionSet": "S-a", "targets": ["/"]},
                ],
            },
            "assignments.1 gives 'S-a' to 'b', and another one 'S' to 'a-b', which would be called the same here",
        ),
        (changed("groups", "builders", users=["eve"]), "groups.builders.users names 'eve'; allowed: one of identityCe"),
        (changed("groups", "auditors", description="look"), "a description is for a group that is made here"),
        (changed("groups", "BUILDERS"), "groups: listed twice: BUILDERS, builders"),
        (changed("users", "ADA", name="Ada B", email="b@example.com"), "users: listed twice: ADA, ada"),
        (changed("users", "eve", name="Eve", email="eve@example.com"), "allowed: text of the form"),
        (changed("users", "eve", name="Eve Adams", email="eve"), "not an e-mail address"),
        (changed("users", "Administrator", name="Eve Adams", email="eve@example.com"), "not Administrator"),
        ({"region": "moon-1"}, "no such region"),
        (
            {"assignments": [{"group": "nobody", "permissionSet": "Developers", "targets": ["/"]}]},
            "assignments.0.group is 'nobody'; allowed: one of identityCenter.groups (auditors, builders)",
        ),
        (
            {"assignments": [{"group": "builders", "permissionSet": "Nothing", "targets": ["/"]}]},
            "assignments.0.permissionSet is 'Nothing'; allowed: one of identityCenter.permissionSets (Auditors, Devel",
        ),
        ({"assignments": [{"group": "builders", "permissionSet": "Developers", "targets": []}]}, "a list of 1 or more"),
        (
            {"assignments": [{"group": "builders", "permissionSet": "Developers", "targets": ["accounts/a b"]}]},
            "accounts/ and the name of an account's stack",
        ),
        (
            {"assignments": [{"group": "builders", "permissionSet": "Developers", "targets": ["A//B"]}]},
            "or / for all accounts, or accounts/NAME for one",
        ),
        (
            {"assignments": [{"group": "builders", "permissionSet": "Developers", "targets": ["/"]}] * 2},
            "assignments.1 gives 'Developers' to 'builders' once more",
        ),
        (
            {"permissionSets": {}},
            "assignments.0.permissionSet is 'Developers'; allowed: one of identityCenter.permissi",
        ),
        ({"permission": {}}, "unknown key identity:identityCenter.permission"),
    ],
)
def test_what_is_refused_before_anything_is_changed(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(IdentityConfig, "identity", config(**wrong), "Pulumi.sandbox.yaml")
    (problem,) = error.value.problems
    assert problem.startswith("Pulumi.sandbox.yaml: ")
    assert "identity:identityCenter" in problem
    assert message in problem


def test_targets_by_kind() -> None:
    settings = IdentityCenter.model_validate(CENTER)
    key = "identity:identityCenter.assignments.0.targets"
    assert settings.unit_targets == {"Development": key}
    assert settings.account_targets == {"web-shop": key}
