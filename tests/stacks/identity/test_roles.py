"""Who may assume the roles that accounts add: what is made, what is refused, and who gets in where."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from shared.policy_evaluation.evaluation import CallerPolicies, Principal, Request, ResourcePolicies, decide
from shared.stack_outputs import IdentityOutputs
from stacks.accounts.checks import role_trust
from tests.stacks.harness import MANAGEMENT, Run, refusal, run_program
from tests.stacks.samples import ORG

FILE = "stacks/identity/Pulumi.sandbox.yaml"
GROUP, USER, ROLE = "aws:iam/group:Group", "aws:iam/user:User", "aws:iam/role:Role"
GROUP_POLICY, ROLE_POLICY = "aws:iam/groupPolicy:GroupPolicy", "aws:iam/rolePolicy:RolePolicy"
MEMBERSHIP = "aws:iam/userGroupMembership:UserGroupMembership"
OIDC = {
    "issuer": "https://token.actions.githubusercontent.com",
    "audience": "sts.amazonaws.com",
    "subjects": ["repo:acme/infrastructure:*"],
}
BASE: dict[str, Any] = {"users": ["ada", "grace"], "automation": "oidc", "oidc": OIDC}
ROLES: dict[str, Any] = {
    "Auditor": {"group": "auditors", "users": ["carol", "ada"]},
    "Releaser": {"oidcSubjects": ["repo:acme/shop:environment:production"]},
}


def identity(roles: Mapping[str, Any] = ROLES, **more: Any) -> Run:
    config = {**BASE, "roles": roles, **more}
    return run_program("identity", "sandbox", config, upstream={"org": ORG})


def test_people_are_users_in_a_group_that_may_assume_their_role_with_mfa() -> None:
    run = identity()
    assert run.of(GROUP)["Auditor"].inputs == {"name": "auditors", "path": "/organization/"}
    policies = {name: made.inputs for name, made in run.of(GROUP_POLICY).items() if made.inputs["group"] == "auditors"}
    assert set(policies) == {"assume-Auditor", "self-service-mfa-Auditor"}
    assert policies["assume-Auditor"]["name"] == "AssumeAuditor"
    assert json.loads(policies["assume-Auditor"]["policy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": "arn:aws:iam::*:role/organization/Auditor",
            "Condition": {
                "Bool": {"aws:MultiFactorAuthPresent": "true"},
                "StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"},
            },
        }
    ]
    assert set(run.of(USER)) == {"ada", "grace", "carol"}
    memberships = {name: made.inputs for name, made in run.of(MEMBERSHIP).items()}
    assert memberships["roles-of-carol"] == {"user": "carol", "groups": ["auditors"]}
    assert memberships["roles-of-ada"] == {"user": "ada", "groups": ["auditors"]}
    assert memberships["ada"] == {"user": "ada", "groups": ["developers"]}


def test_tokens_sign_in_to_a_role_of_their_own_that_may_assume_theirs_and_nothing_else() -> None:
    run = identity()
    role = run.of(ROLE)["cicd-Releaser"].inputs
    assert (role["name"], role["path"]) == ("cicd-Releaser", "/organization/")
    (statement,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Federated": "arn:aws:test::identity-provider"}
    assert statement["Condition"] == {
        "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
        "StringLike": {"token.actions.githubusercontent.com:sub": ["repo:acme/shop:environment:production"]},
    }
    (allowed,) = json.loads(run.of(ROLE_POLICY)["assume-Releaser"].inputs["policy"])["Statement"]
    assert allowed["Resource"] == "arn:aws:iam::*:role/organization/Releaser"


def test_the_outputs_name_whom_accounts_trust() -> None:
    outputs = identity().outputs
    assert outputs["principals"] == {
        "DeveloperRole": ["arn:aws:test::ada", "arn:aws:test::grace"],
        "AutomationRole": ["arn:aws:test::automation"],
        "Auditor": ["arn:aws:test::carol", "arn:aws:test::ada"],
        "Releaser": ["arn:aws:test::cicd-Releaser"],
    }
    assert outputs["mfaRequired"] == {
        "DeveloperRole": True,
        "AutomationRole": False,
        "Auditor": True,
        "Releaser": False,
    }


def test_without_roles_nothing_is_made() -> None:
    without = run_program("identity", "sandbox", BASE, upstream={"org": ORG})
    empty = identity({})
    assert empty.aws() == without.aws()
    assert empty.outputs == without.outputs
    assert len(empty.resources) == len(without.resources)


def test_nothing_that_was_there_changes_when_roles_are_added() -> None:
    before, after = run_program("identity", "sandbox", BASE, upstream={"org": ORG}), identity()
    assert {key: after.aws()[key] for key in before.aws()} == before.aws()


@pytest.mark.parametrize(
    ("who", "more", "principals", "sets"),
    [
        ({"group": "auditors"}, {}, [f"arn:aws:iam::{MANAGEMENT}:root"], False),
        ({"group": "auditors"}, {"users": [], "userSource": "external"}, [f"arn:aws:iam::{MANAGEMENT}:root"], False),
        ({"users": ["carol"]}, {"developerTrust": "account"}, [f"arn:aws:iam::{MANAGEMENT}:root"], False),
        ({"group": "developers"}, {}, ["arn:aws:test::ada", "arn:aws:test::grace"], False),
        ({"permissionSet": "Audit"}, {}, [], True),
        ({"users": ["carol"], "permissionSet": "Audit"}, {}, ["arn:aws:test::carol"], True),
    ],
)
def test_each_way_to_name_people(who: dict[str, Any], more: dict[str, Any], principals: list[str], sets: bool) -> None:
    run = identity({"Auditor": who}, **more)
    assert run.outputs["principals"]["Auditor"] == principals
    assert ("Auditor" in run.outputs["permissionSetRoles"]) == sets
    assert run.outputs["mfaRequired"]["Auditor"] is True
    made = {name for name in run.of(GROUP) if name not in ("developers", "mfa-enrolment")}
    assert made == ({"Auditor"} if "users" in who or who.get("group") == "auditors" else set())


def test_an_existing_group_gets_the_one_policy_and_decides_who() -> None:
    roles = {"Auditor": {"existingGroup": "sre"}, "Operator": {"existingGroup": "sre", "requireMfa": False}}
    run = identity(roles)
    assert run.outputs["principals"]["Auditor"] == [f"arn:aws:iam::{MANAGEMENT}:root"]
    assert run.outputs["mfaRequired"]["Auditor"] is True
    assert run.outputs["mfaRequired"]["Operator"] is False
    without = run_program("identity", "sandbox", BASE, upstream={"org": ORG})
    made = {key: inputs for key, inputs in run.aws().items() if key not in without.aws()}
    assert {(name, inputs["group"]) for (_type, name), inputs in made.items()} == {
        ("assume-Auditor", "sre"),
        ("assume-Operator", "sre"),
    }


def test_the_group_is_named_after_the_role_unless_it_has_a_name() -> None:
    assert identity({"Auditor": {"users": ["carol"]}}).of(GROUP)["Auditor"].inputs["name"] == "Auditor"


def test_mfa_is_left_away_only_where_that_is_said() -> None:
    run = identity({"Auditor": {"users": ["carol"], "requireMfa": False}})
    assert run.outputs["mfaRequired"]["Auditor"] is False
    (statement,) = json.loads(run.of(GROUP_POLICY)["assume-Auditor"].inputs["policy"])["Statement"]
    assert "Bool" not in statement["Condition"]


def test_a_new_user_of_a_role_may_enrol_a_first_device() -> None:
    run = identity({"Auditor": {"users": ["carol"]}}, mfaEnrolment=["carol"])
    assert run.of(MEMBERSHIP)["roles-of-carol"].inputs["groups"] == ["Auditor", "mfa-enrolment"]


@pytest.mark.parametrize(
    ("roles", "more", "problem"),
    [
        # The operating model: people and automation never meet.
        (
            {"AutomationRole": {"users": ["ada"]}},
            {},
            "identity:roles.AutomationRole.users (ada) lets people assume AutomationRole, which identity:automation "
            "(oidc) gives to automation alone",
        ),
        (
            {"AutomationRole": {"group": "developers"}},
            {},
            "identity:roles.AutomationRole.group (developers) lets people assume",
        ),
        ({"AutomationRole": {"permissionSet": "D"}}, {}, "identity:roles.AutomationRole.permissionSet (D) lets people"),
        (
            {"DeveloperRole": {"oidcSubjects": ["repo:acme/infrastructure:*"]}},
            {},
            "identity:roles.DeveloperRole.oidcSubjects (repo:acme/infrastructure:*) lets automation assume "
            "DeveloperRole, which identity:users (ada, grace) gives to people alone",
        ),
        (
            {"Both": {"users": ["carol"], "oidcSubjects": ["repo:acme/shop:*"]}},
            {},
            "identity:roles.Both.users (carol) names people, and identity:roles.Both.oidcSubjects (repo:acme/shop:*) "
            "automation: no role is for both",
        ),
        (
            {"Both": {"permissionSet": "D", "oidcSubjects": ["repo:a/b:*"]}},
            {},
            "roles.Both.permissionSet (D) names people",
        ),
        (
            {"Auditor": {"users": ["CICD-automation"]}},
            {},
            "identity:roles.Auditor.users lists cicd-automation, which is automation (identity:automation is oidc) ",
        ),
        ({"DeveloperRole": {"users": ["carol"]}}, {}, "identity:roles.DeveloperRole: who may assume DeveloperRole is"),
        ({"AutomationRole": {"oidcSubjects": ["repo:a/b:*"]}}, {}, "is said by identity:automation and identity:oidc"),
        # The rest.
        ({"Auditor": {}}, {}, "identity:roles.Auditor names nobody; allowed: group, existingGroup, users, permissio"),
        ({"Auditor": {"requireMfa": True}}, {}, "identity:roles.Auditor names nobody"),
        (
            {"R": {"oidcSubjects": ["repo:a/b:*"], "requireMfa": True}},
            {},
            "R.requireMfa is true, for identity:roles.R.oidcSubjects (repo:a/b:*), and",
        ),
        (
            {"R": {"oidcSubjects": ["repo:a/b:*"]}},
            {"automation": "user", "oidc": ""},
            "identity:roles.R.oidcSubjects is repo:a/b:* and identity:automation is 'user'; allowed: only with "
            "identity:automation: oidc and identity:oidc",
        ),
        ({"R": {"oidcSubjects": ["repo:*"]}}, {}, "identity:roles.R.oidcSubjects has 'repo:*': strangers may have"),
        ({"R": {"oidcSubjects": [f"repo:a/{n}{'x' * 90}:*" for n in range(30)]}}, {}, "R.oidcSubjects has 30 subjects"),
        ({"Auditor": {"users": ["carol"]}}, {"users": [], "userSource": "external"}, "allowed: group or existingGroup"),
        ({"A": {"group": "developers", "users": ["carol"]}}, {}, "whose users are identity:users (ada, grace), and "),
        (
            {"A": {"group": "Developers"}},
            {},
            "A.group would make the group Developers, which this layer has for identity:users;",
        ),
        (
            {"A": {"group": "mfa-enrolment"}},
            {},
            "make the group mfa-enrolment, which this layer has for identity:mfaEnrolment;",
        ),
        (
            {"A": {"group": "x"}, "B": {"group": "X"}},
            {},
            "identity:roles.B.group and identity:roles.A.group have the group X; allowed: a group for each role",
        ),
        (
            {"A": {"existingGroup": "sre", "users": ["carol"]}},
            {},
            "identity:roles.A.existingGroup is sre, whose members are others', and identity:roles.A.users is there too",
        ),
        ({"A": {"existingGroup": "sre", "group": "x"}}, {}, "and identity:roles.A.group is there too"),
        (
            {"A": {"existingGroup": "sre", "oidcSubjects": ["repo:a/b:*"]}},
            {},
            "identity:roles.A.existingGroup (sre) names people, and identity:roles.A.oidcSubjects (repo:a/b:*) auto",
        ),
        ({"AutomationRole": {"existingGroup": "x"}}, {}, "roles.AutomationRole.existingGroup (x) lets people"),
        (
            {"A": {"existingGroup": "developers"}},
            {},
            "identity:roles.A.existingGroup is developers, which this layer makes; allowed: identity:roles.A.group",
        ),
        (
            {"A": {"existingGroup": "MFA-enrolment"}},
            {},
            "identity:roles.A.existingGroup is MFA-enrolment, which this layer makes for identity:mfaEnrolment",
        ),
        (
            {"A": {"existingGroup": "b"}, "B": {"users": ["carol"]}},
            {},
            "identity:roles.A.existingGroup is b, which identity:roles.B.users makes; allowed: a group that others",
        ),
        (
            {"a": {"permissionSet": "X"}, "A": {"permissionSet": "Y"}},
            {},
            "identity:roles.A and identity:roles.a are one role; allowed: names that differ, whatever their case",
        ),
        ({"A": {"users": ["Ada"]}}, {}, "identity:roles.A.users lists Ada, and identity:users ada; allowed: one spell"),
        ({"A": {"users": [f"u{n}" for n in range(31)]}}, {}, "identity:roles.A.users lists 31 users; at most 30 fit"),
        (
            {"A": {"users": [f"u{n}" for n in range(21)], "permissionSet": "D"}},
            {},
            "identity:roles.A.users lists 21 users; at most 20 fit into the trust policy beside "
            "identity:roles.A.permissionSet (D) while identity:developerTrust is 'users'",
        ),
        ({"PreviewRole": {"users": ["carol"]}}, {}, "allowed: DeveloperRole, AutomationRole, or the name of another"),
        ({"A": {"people": ["carol"]}}, {}, "unknown key identity:roles.A.people"),
        ({"A": {"permissionSet": "a b"}}, {}, "identity:roles.A.permissionSet is 'a b'"),
    ],
)
def test_what_is_refused(roles: dict[str, Any], more: dict[str, Any], problem: str) -> None:
    config = {**BASE, "roles": roles, **more}
    message = refusal("identity", "sandbox", config, upstream={"org": ORG})
    assert message.startswith(f"{FILE}: ")
    assert problem in message
    assert "\n" not in message


# The policies on both sides, decided as AWS does.

MEMBER = "210987654321"
EVERY_ROLE = {
    "DeveloperRole": "DeveloperRole",
    "AutomationRole": "AutomationRole",
    "Auditor": "organization/Auditor",
    "Releaser": "organization/Releaser",
}
GET_IN: Mapping[str, set[str]] = {
    "grace with MFA": {"DeveloperRole"},
    "grace": set(),
    "carol with MFA": {"Auditor"},
    "carol": set(),
    "ada with MFA": {"DeveloperRole", "Auditor"},
    "eve, in the group by hand, with MFA": set(),
    "cicd-automation": {"AutomationRole"},
    "cicd-Releaser": {"Releaser"},
}


def gets_in(run: Run, caller: str, role: str) -> bool:
    real = (
        json.dumps(run.outputs)
        .replace("arn:aws:test::automation", f"arn:aws:iam::{MANAGEMENT}:role/cicd-automation")
        .replace("arn:aws:test::cicd", f"arn:aws:iam::{MANAGEMENT}:role/organization/cicd")
        .replace("arn:aws:test::", f"arn:aws:iam::{MANAGEMENT}:user/")
    )
    trust = json.loads(role_trust(role, IdentityOutputs.model_validate_json(real)))
    name = caller.split()[0].strip(",")
    if name.startswith("cicd"):
        policy = "assume-automation-role" if name == "cicd-automation" else "assume-Releaser"
        policies = [json.loads(run.of(ROLE_POLICY)[policy].inputs["policy"])]
        arn = f"arn:aws:iam::{MANAGEMENT}:role/{'' if name == 'cicd-automation' else 'organization/'}{name}"
        principal = Principal(f"arn:aws:sts::{MANAGEMENT}:assumed-role/{name}/ci", MANAGEMENT, arn)
    else:
        groups = {group for each in run.of(MEMBERSHIP).values() if each.inputs["user"] == name
                  for group in each.inputs["groups"]} or {"auditors"}  # fmt: skip
        policies = [
            json.loads(each.inputs["policy"])
            for each in run.of(GROUP_POLICY).values()
            if each.inputs["group"] in groups
        ]
        arn = f"arn:aws:iam::{MANAGEMENT}:user/{name}"
        principal = Principal(arn, MANAGEMENT)
    context = {
        "aws:PrincipalArn": arn,
        "aws:PrincipalOrgID": "o-example",
        "aws:ResourceOrgID": "o-example",
        **({"aws:MultiFactorAuthPresent": "true"} if "MFA" in caller else {}),
    }
    target = f"arn:aws:iam::{MEMBER}:role/{EVERY_ROLE[role]}"
    request = Request("sts:AssumeRole", target, context)
    resource = ResourcePolicies(MEMBER, trust, trust=True)
    return decide(request, principal, CallerPolicies(policies), resource).allowed


@pytest.mark.parametrize("caller", GET_IN)
def test_everybody_gets_into_exactly_their_roles(caller: str) -> None:
    run = identity()
    assert {role for role in EVERY_ROLE if gets_in(run, caller, role)} == GET_IN[caller]
