"""The documents of the deploy roles by themselves, decided by the evaluator: each layer's work and no other's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from shared.layers import LAYERS
from shared.policy_documents.documents import Document
from shared.policy_evaluation.evaluation import is_allowed
from stacks.accounts.config import AccountsConfig
from stacks.accounts.preview_access import preview_policy
from stacks.identity import deploy_policies
from stacks.identity.config import IdentityConfig
from stacks.identity.deploy_policies import filled
from stacks.org.config import OrgConfig
from stacks.policies.config import PoliciesConfig
from tests.deploy_roles.documents import KINDS, allowed_actions
from tests.deploy_roles.patterns import ADMINISTRATOR, MANAGEMENT, MEMBER, actions

ACCOUNT, ORGANIZATION = "123456789012", "o-example123"
VALUES = {"account": [ACCOUNT], "organization": [ORGANIZATION], "access-role": ["OrganizationAccountAccessRole"]}
READS = ("Get", "List", "Describe", "View")
ROLES = [(layer, kind) for layer in LAYERS for kind in KINDS]


def policy(layer: str, kind: str) -> Document:
    return filled(deploy_policies.read(layer, kind)["Statement"], VALUES)


POLICIES = {role: policy(*role) for role in ROLES}


def is_read(action: str) -> bool:
    return action.partition(":")[2].startswith(READS)


def targets(document: Document, action: str) -> Iterator[str]:
    """A resource for each pattern on which the document allows the action."""
    for statement in document["Statement"]:
        listed = [statement["Action"]] if isinstance(statement.get("Action"), str) else statement.get("Action", [])
        if statement["Effect"] == "Allow" and action in listed:
            patterns = statement["Resource"]
            for pattern in [patterns] if isinstance(patterns, str) else patterns:
                yield "*" if pattern == "*" else pattern.replace("*", "x1")


def may(role: tuple[str, str], action: str, resource: str, **context: str) -> bool:
    keys = {"aws:ResourceOrgID": ORGANIZATION, **context}
    return is_allowed(action, resource, [POLICIES[role]], context=keys)


WRITES = [
    (layer, action, target)
    for layer in LAYERS
    for action in sorted(allowed_actions(POLICIES[layer, "deploy"]))
    if not is_read(action)
    for target in targets(POLICIES[layer, "deploy"], action)
]


def test_a_layer_may_do_its_writes() -> None:
    assert {layer for layer, _, _ in WRITES} == set(LAYERS)
    denied = [each for each in WRITES if not may((each[0], "deploy"), each[1], each[2])]
    assert denied == []


@pytest.mark.parametrize("other", LAYERS)
def test_no_layer_may_do_the_writes_of_another(other: str) -> None:
    wrong = [each for each in WRITES if each[0] != other and may((other, "deploy"), each[1], each[2])]
    assert wrong == []


@pytest.mark.parametrize("layer", LAYERS)
def test_who_previews_writes_nothing(layer: str) -> None:
    assumes = {"sts:AssumeRole"} if layer == "accounts" else set()
    assert {action for action in allowed_actions(POLICIES[layer, "preview"]) if not is_read(action)} == assumes
    assert [each for each in WRITES if may((layer, "preview"), each[1], each[2])] == []
    assert all(map(is_read, allowed_actions(json.loads(preview_policy(ACCOUNT)))))


def test_who_deploys_may_preview() -> None:
    for layer in LAYERS:
        missing = allowed_actions(POLICIES[layer, "preview"]) - allowed_actions(POLICIES[layer, "deploy"])
        assert missing - set(actions(ADMINISTRATOR[layer])) == set()


@pytest.mark.parametrize("role", ROLES)
def test_every_action_is_written_out(role: tuple[str, str]) -> None:
    assert not [action for action in allowed_actions(POLICIES[role]) if "*" in action or "?" in action]
    assert not [each for each in POLICIES[role]["Statement"] if each["Effect"] == "Allow" and "NotAction" in each]


IAM_WRITES = [
    "iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy",
    "iam:CreateAccessKey", "iam:CreateGroup", "iam:CreateInstanceProfile", "iam:CreateLoginProfile",
    "iam:CreateOpenIDConnectProvider", "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:CreateRole",
    "iam:CreateSAMLProvider", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy",
    "iam:DeleteUserPermissionsBoundary", "iam:DeleteUserPolicy", "iam:DetachRolePolicy", "iam:DetachUserPolicy",
    "iam:EnableMFADevice", "iam:PassRole", "iam:PutGroupPolicy", "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy", "iam:PutUserPermissionsBoundary", "iam:PutUserPolicy", "iam:SetDefaultPolicyVersion",
    "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile",
    "iam:UpdateOpenIDConnectProviderThumbprint", "iam:UpdateRole", "sts:AssumeRole", "sts:TagSession",
]  # fmt: skip
"""What changes what a principal may do or who may be it."""


@pytest.mark.parametrize("role", ROLES)
def test_no_role_changes_a_deploy_role_or_what_it_may_do(role: tuple[str, str]) -> None:
    reached = [
        f"arn:aws:iam::{ACCOUNT}:{kind}/{verb.capitalize()}{layer.capitalize()}{number}"
        for layer, verb in ROLES
        for kind, number in (("role", ""), ("policy", "1"))
    ]
    reached += [f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"]
    assert [(action, arn) for action in IAM_WRITES for arn in reached if may(role, action, arn)] == []


@pytest.mark.parametrize("role", ROLES)
def test_no_role_gives_a_user_or_group_more_or_becomes_one(role: tuple[str, str]) -> None:
    reached = [f"arn:aws:iam::{ACCOUNT}:{name}" for name in ("user/ada", "user/admin", "group/developers", "group/x")]
    found = {(action, arn) for action in IAM_WRITES for arn in reached if may(role, action, arn)}
    # Membership gives DeveloperRole, which is what the identity layer decides on.
    joins = {("iam:AddUserToGroup", f"arn:aws:iam::{ACCOUNT}:group/developers")}
    assert found == (joins if role == ("identity", "deploy") else set())


@pytest.mark.parametrize("action", ["iam:DeleteUser", "iam:DeleteAccessKey", "iam:DeactivateMFADevice"])
def test_users_with_a_path_are_out_of_reach(action: str) -> None:
    assert may(("identity", "deploy"), action, f"arn:aws:iam::{ACCOUNT}:user/ada")
    assert not may(("identity", "deploy"), action, f"arn:aws:iam::{ACCOUNT}:user/administrators/root")


def test_accounts_are_entered_by_the_access_role_in_this_organization_only() -> None:
    def enters(kind: str, role: str, organization: str = ORGANIZATION) -> bool:
        arn = f"arn:aws:iam::210987654321:role/{role}"
        keys = {"aws:ResourceOrgID": organization}
        return is_allowed("sts:AssumeRole", arn, [POLICIES["accounts", kind]], context=keys)

    assert enters("deploy", "OrganizationAccountAccessRole")
    assert enters("preview", "PreviewRole")
    assert not enters("preview", "OrganizationAccountAccessRole")
    assert not enters("deploy", "AutomationRole")
    assert not enters("deploy", "OrganizationAccountAccessRole", "o-other")
    assert not enters("preview", "PreviewRole", "o-other")


def test_the_table_of_resources_has_nothing_that_no_document_uses() -> None:
    for layer, groups in MANAGEMENT.items():
        used = allowed_actions(POLICIES[layer, "deploy"]) | allowed_actions(POLICIES[layer, "preview"])
        assert {action for names in groups.values() for action in actions(names)} - used == set(), layer
    inside = allowed_actions(json.loads(preview_policy(ACCOUNT)))
    assert {action for names in MEMBER.values() for action in actions(names)} == inside


MODELS: Mapping[str, Any] = {
    "org": OrgConfig,
    "identity": IdentityConfig,
    "policies": PoliciesConfig,
    "accounts": AccountsConfig,
}
NOT_THE_TEAMS = {
    "org": {"accountEmail"},
    # What anybody may do is an administrator's.
    "identity": {
        "userSource", "requireMfa", "selfServiceMfa", "forceDestroyUsers", "automation", "deployRoles", "deployState",
        "accessRoleNames", "roles",
    },
}  # fmt: skip
"""The settings whose change needs an administrator, or changes nothing in AWS."""


@pytest.mark.parametrize("layer", LAYERS)
def test_the_recorded_work_changes_every_setting(layer: str) -> None:
    fields = {str(field.alias) for field in MODELS[layer].model_fields.values()}
    source = (deploy_policies.FOLDER.parents[2] / "tests" / "deploy_roles" / "work.py").read_text()
    work = source.partition(f"def {layer}(work")[2].partition("\ndef ")[0]
    missing = {name for name in fields - NOT_THE_TEAMS.get(layer, set()) if name not in work}
    missing -= {"passwordPolicy"} if "no_password_policy" in work else set()
    assert missing == set()
