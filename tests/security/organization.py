"""The policies of a whole organization, as the layers' programs register them: no engine and no AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from shared.policy_evaluation.evaluation import Document
from tests.configuration import MANAGEMENT_ACCOUNT, SANDBOX
from tests.stacks import harness
from tests.stacks.harness import Run, run_program

ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:acme/infrastructure:ref:refs/heads/main"
AUTOMATION = "cicd-automation"
ACCESS_ROLE = "OrganizationAccountAccessRole"
NAMES = ("developer", "shared-test")
"""The member accounts; both are in the OU Development."""

MOCKED = "arn:aws:test::"
"""How the ARNs of the mocks begin; the logical name follows."""


@dataclass(frozen=True)
class Ids:
    """What AWS chooses."""

    organization: str = "o-exampleorg"
    root: str = "r-root"
    unit: str = "ou-root-development"
    accounts: Mapping[str, str] = field(
        default_factory=lambda: {"developer": "210987654321", "shared-test": "310987654321"}
    )


@dataclass(frozen=True)
class Role:
    """A role. `attached` are the ARNs of AWS's own policies on it."""

    trust: Document
    policies: list[Document]
    boundary: Document | None
    attached: list[str]


@dataclass(frozen=True)
class Organization:
    """All policies that decide. `users` are those of the management account, by name, with their groups' policies."""

    ids: Ids
    users: Mapping[str, list[Document]]
    roles: Mapping[str, Mapping[str, Role]]
    """Account name → role name → role."""
    boundaries: Mapping[str, Mapping[str, Document]]
    """Account name → the name of a customer managed policy → the policy."""
    service_control: list[list[Document]]
    """The service control policies of the root and of the OU, without AWS's own, which allow everything."""
    resource_control: list[list[Document]]

    @property
    def management(self) -> str:
        return MANAGEMENT_ACCOUNT


def from_programs(ids: Ids | None = None, enrolling: Sequence[str] = ()) -> Organization:
    """The organization of the end-to-end tests' configuration, with the ids that AWS chose.

    `enrolling` are the users who have no MFA device yet.
    """
    ids = ids or Ids()
    org = {
        "organizationId": ids.organization,
        "managementAccountId": MANAGEMENT_ACCOUNT,
        "rootId": ids.root,
        "organizationalUnits": {"Development": ids.unit},
    }
    enrolment = {"mfaEnrolment": list(enrolling)}
    identity = _run("identity", "sandbox", "identity/Pulumi.sandbox.yaml", {"org": org}, enrolment)
    policies = _run("policies", "sandbox", "policies/Pulumi.sandbox.yaml", {"org": org})
    upstream = {"org": org, "identity": _with_arns(identity), "policies": policies.outputs}
    runs = {}
    for name in NAMES:
        account = {**harness.MANAGED_IDS, "aws:organizations/account:Account": ids.accounts[name]}
        with patch.object(harness, "MANAGED_IDS", account):
            runs[name] = _run("accounts", f"sandbox.{name}", f"accounts/Pulumi.sandbox.{name}.yaml", upstream)
    return Organization(
        ids,
        {each.inputs["name"]: _of_user(identity, each.inputs["name"]) for each in _all(identity, "user:User")},
        {name: _roles(run) for name, run in runs.items()},
        {
            name: {each.inputs["name"]: json.loads(each.inputs["policy"]) for each in _all(run, "policy:Policy")}
            for name, run in runs.items()
        },
        [_attached(policies, "SERVICE_CONTROL_POLICY", target) for target in (ids.root, ids.unit)],
        [_attached(policies, "RESOURCE_CONTROL_POLICY", target) for target in (ids.root, ids.unit)],
    )


def federated_trust() -> Document:
    """The trust policy of the automation identity with OIDC, in the management account."""
    org = {"organizationId": "o", "managementAccountId": MANAGEMENT_ACCOUNT, "rootId": "r", "organizationalUnits": {}}
    oidc = {"issuer": ISSUER, "audience": "sts.amazonaws.com", "subjects": [SUBJECT]}
    config = {"users": ["ada"], "automation": "oidc", "oidc": oidc}
    run = run_program("identity", "sandbox", config, upstream={"org": org})
    trust: str = run.of("aws:iam/role:Role")["automation"].inputs["assumeRolePolicy"]
    document: Document = json.loads(trust.replace(f"{MOCKED}identity-provider", provider_arn(MANAGEMENT_ACCOUNT)))
    return document


def provider_arn(account_id: str) -> str:
    """The ARN of the identity provider of `ISSUER` in an account."""
    return f"arn:aws:iam::{account_id}:oidc-provider/{ISSUER.removeprefix('https://')}"


def _run(layer: str, stack: str, file: str, upstream: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> Run:
    config = {key.partition(":")[2]: value for key, value in SANDBOX[file].items()}
    return run_program(layer, stack, {**config, **(more or {})}, upstream=upstream)


def _all(run: Run, type_: str) -> list[harness.Registered]:
    return [each for each in run.resources if each.type == f"aws:iam/{type_}"]


def _with_arns(identity: Run) -> Any:
    """The outputs of the identity layer, with users' ARNs as AWS gives them."""
    text = json.dumps(identity.outputs)
    for each in _all(identity, "user:User"):
        arn = f"arn:aws:iam::{MANAGEMENT_ACCOUNT}:user/{each.inputs['name']}"
        text = text.replace(f'"{MOCKED}{each.name}"', json.dumps(arn))
    assert MOCKED not in text
    return json.loads(text)


def _of_user(run: Run, user: str) -> list[Document]:
    groups = {
        group
        for each in _all(run, "userGroupMembership:UserGroupMembership")
        if each.inputs["user"] == user
        for group in each.inputs["groups"]
    }
    own = [each for each in _all(run, "userPolicy:UserPolicy") if each.inputs["user"] == user]
    of_groups = [each for each in _all(run, "groupPolicy:GroupPolicy") if each.inputs["group"] in groups]
    return sorted((json.loads(each.inputs["policy"]) for each in own + of_groups), key=json.dumps)


def _roles(run: Run) -> dict[str, Role]:
    managed = {f"{MOCKED}{each.name}": json.loads(each.inputs["policy"]) for each in _all(run, "policy:Policy")}
    found = {}
    for each in _all(run, "role:Role"):
        name = each.inputs["name"]
        assert not each.inputs.get("inlinePolicies")
        inline = [other for other in _all(run, "rolePolicy:RolePolicy") if other.inputs["role"] == name]
        attachments = _all(run, "rolePolicyAttachment:RolePolicyAttachment")
        arns = [other.inputs["policyArn"] for other in attachments if other.inputs["role"] == name]
        boundary = each.inputs.get("permissionsBoundary")
        found[name] = Role(
            json.loads(each.inputs["assumeRolePolicy"]),
            [json.loads(other.inputs["policy"]) for other in inline] + [managed[arn] for arn in arns if arn in managed],
            managed[boundary] if boundary else None,
            [arn for arn in arns if arn not in managed],
        )
    return found


def _attached(run: Run, type_: str, target: str) -> list[Document]:
    policies = {
        f"{each.name}-id": json.loads(each.inputs["content"])
        for each in run.resources
        if each.type == "aws:organizations/policy:Policy" and each.inputs["type"] == type_
    }
    ids = [
        each.inputs["policyId"]
        for each in run.resources
        if each.type == "aws:organizations/policyAttachment:PolicyAttachment" and each.inputs["targetId"] == target
    ]
    return sorted((policies[each] for each in ids if each in policies), key=json.dumps)
