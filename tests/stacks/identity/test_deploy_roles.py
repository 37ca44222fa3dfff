"""The deploy roles that the identity layer makes: who may assume them, and which roles are made."""

import json
from typing import Any, get_args

import pytest

from shared.layers import LAYERS
from stacks.identity.deploy_who import LayerName
from tests.stacks.harness import MANAGEMENT, Run, refusal, run_program
from tests.stacks.samples import ORG

OIDC = {
    "issuer": "https://token.actions.githubusercontent.com",
    "audience": "sts.amazonaws.com",
    "subjects": ["repo:acme/infrastructure:*"],
}
MAIN = "repo:acme/org:ref:refs/heads/main"
SSO = (
    f"arn:aws:iam::{MANAGEMENT}:role/aws-reserved/sso.amazonaws.com/us-west-2/AWSReservedSSO_Platform_0123456789abcdef"
)
CONFIG = {"users": ["ada", "grace"], "automation": "oidc", "oidc": OIDC}
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/policy:Policy"


def identity(roles: dict[str, Any], **more: Any) -> Run:
    return run_program("identity", "sandbox", {**CONFIG, "deployRoles": roles, **more}, upstream={"org": ORG})


def refused(roles: Any, **more: Any) -> str:
    return refusal("identity", "sandbox", {**CONFIG, "deployRoles": roles, **more}, upstream={"org": ORG})


def trust(run: Run, role: str) -> Any:
    return json.loads(run.of(ROLE)[role].inputs["assumeRolePolicy"])["Statement"]


def test_the_configuration_knows_every_layer() -> None:
    assert get_args(LayerName) == tuple(LAYERS)


def test_no_role_is_made_for_nobody() -> None:
    assert set(identity({}).of(ROLE)) == {"automation"}
    assert set(identity({"org": {}}).of(ROLE)) == {"automation"}
    assert set(identity({"org": {"preview": {"people": ["ada"]}}}).of(ROLE)) == {"automation", "PreviewOrg"}


def test_each_layer_has_a_role_to_deploy_it_and_one_to_preview_it() -> None:
    both = {"deploy": {"people": ["ada"]}, "preview": {"people": ["grace"]}}
    run = identity(dict.fromkeys(LAYERS, both))
    expected = {f"{kind}{layer.capitalize()}" for kind in ("Deploy", "Preview") for layer in LAYERS}
    assert set(run.of(ROLE)) == {"automation", *expected}
    attached = run.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    assert set(attached) == set(run.of(POLICY))
    assert {made.inputs["role"] for made in attached.values()} == expected
    assert all(len(made.inputs["policy"]) <= 6144 for made in run.of(POLICY).values())
    text = "".join(made.inputs["policy"] for made in run.of(POLICY).values())
    assert "<" not in text
    assert f"arn:aws:organizations::{MANAGEMENT}:ou/o-example/*" in text


def test_the_trust_is_literal_and_asks_users_for_mfa() -> None:
    run = identity({"org": {"deploy": {"subjects": [MAIN], "people": ["grace", "ada", SSO]}}})
    token, users, sets = trust(run, "DeployOrg")
    assert token == {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:test::identity-provider"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": [MAIN],
            }
        },
    }
    assert users == {
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:test::ada", "arn:aws:test::grace"]},
        "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }
    assert sets == {"Effect": "Allow", "Principal": {"AWS": [SSO]}, "Action": "sts:AssumeRole"}


def test_the_role_that_previews_accounts_is_exported_for_their_trust() -> None:
    run = identity({"accounts": {"deploy": {"people": ["ada"]}, "preview": {"people": ["ada"]}}})
    assert run.outputs["principals"]["PreviewRole"] == ["arn:aws:test::PreviewAccounts"]
    assert run.outputs["mfaRequired"]["PreviewRole"] is False
    without = identity({"accounts": {"deploy": {"people": ["ada"]}}, "org": {"preview": {"people": ["ada"]}}})
    assert set(without.outputs["principals"]) == {"DeveloperRole", "AutomationRole"}


def test_the_access_roles_in_use_are_what_accounts_are_deployed_with() -> None:
    roles = {"accounts": {"deploy": {"people": ["ada"]}}}
    policies = identity(roles, accessRoleNames=["Admin"]).of(POLICY)
    statements = [each for made in policies.values() for each in json.loads(made.inputs["policy"])["Statement"]]
    (assumes,) = (each for each in statements if each["Action"] == "sts:AssumeRole")
    assert assumes["Resource"] == "arn:aws:iam::*:role/Admin"
    assert assumes["Condition"] == {"StringEquals": {"aws:ResourceOrgID": "o-example"}}


def test_a_layer_reaches_its_own_state_and_reads_those_that_it_reads() -> None:
    state = {"bucket": "acme-state", "folder": "pulumi", "key": "arn:aws:kms:us-west-2:123456789012:key/abc"}
    run = identity({"policies": {kind: {"people": ["ada"]} for kind in ("deploy", "preview")}}, deployState=state)

    def on_state(name: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for made in run.of(POLICY).values():
            for each in json.loads(made.inputs["policy"])["Statement"] if made.name.startswith(name) else ():
                actions = [each["Action"]] if isinstance(each["Action"], str) else each["Action"]
                for action in (one for one in actions if one.startswith(("s3:", "kms:"))):
                    resources = [each["Resource"]] if isinstance(each["Resource"], str) else each["Resource"]
                    found.setdefault(action, []).extend(resources)
        return found

    objects = "arn:aws:s3:::acme-state/pulumi/.pulumi"
    deploy, preview = on_state("DeployPolicies"), on_state("PreviewPolicies")
    assert deploy["s3:PutObject"] == deploy["s3:DeleteObject"]
    assert {each.removeprefix(f"{objects}/").split("/policies/")[0] for each in deploy["s3:PutObject"]} == {
        "stacks",
        "history",
        "backups",
        "locks/organization",
    }
    assert all("/policies/" in each for each in deploy["s3:PutObject"])
    assert f"{objects}/stacks/org/*" in deploy["s3:GetObject"]
    assert not any("identity" in each or "accounts" in each for each in deploy["s3:GetObject"])
    assert set(preview) == {"s3:ListBucket", "s3:GetObject", "kms:Decrypt"}


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"org": {"deploy": {}}}, "nobody is named, and a role is made for somebody"),
        ({"network": {"deploy": {"people": ["ada"]}}}, "allowed: org, identity, policies or accounts"),
        (
            {"org": {"deploy": {"people": ["zoe"]}}},
            "identity:deployRoles.org.deploy.people has 'zoe'; allowed: ada, grace",
        ),
        ({"org": {"deploy": {"people": ["*"]}}}, "people has '*'; allowed: ada, grace"),
        ({"org": {"deploy": {"people": [f"arn:aws:iam::{MANAGEMENT}:root"]}}}, "allowed: ada, grace, or the ARN of"),
        ({"org": {"deploy": {"people": [SSO.replace("Platform", "*")]}}}, "allowed: ada, grace, or the ARN of"),
        (
            {"org": {"preview": {"people": [SSO.replace(MANAGEMENT, "999999999999")]}}},
            f"allowed: roles of the management account, {MANAGEMENT}",
        ),
        ({"org": {"deploy": {"subjects": ["repo:acme/org:*"]}}}, "allowed: one literal subject without '*'"),
        ({"org": {"deploy": {"subjects": ["repo:acme"]}}}, "strangers may have such a token"),
        ({"org": {"deploy": {"subjects": [MAIN, MAIN]}}}, "listed twice"),
        (
            {"org": {"deploy": {"subjects": [f"repo:acme/org:environment:{n}-{'x' * 60}" for n in range(30)]}}},
            "identity:deployRoles.org.deploy names 30 subjects and 0 people: trust policy",
        ),
    ],
)
def test_whom_no_role_may_trust(roles: Any, message: str) -> None:
    text = refused(roles)
    assert message in text
    assert text.startswith("stacks/identity/Pulumi.sandbox.yaml: ")


def test_subjects_need_the_identity_provider() -> None:
    config = {"users": ["ada"], "deployRoles": {"org": {"deploy": {"subjects": [MAIN]}}}}
    text = refusal("identity", "sandbox", config, upstream={"org": ORG})
    assert "allowed: subjects only with identity:automation: oidc" in text


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"bucket": "A"}, "allowed: the name of an S3 bucket"),
        ({"bucket": "acme-state", "folder": "a/*"}, "allowed: folders joined by '/'"),
        ({"bucket": "acme-state", "folder": "/a"}, "allowed: folders joined by '/'"),
        ({"bucket": "acme-state", "key": "alias/state"}, "allowed: the ARN of a KMS key"),
    ],
)
def test_a_state_that_is_no_bucket(state: dict[str, str], message: str) -> None:
    assert message in refused({}, deployState=state)


def test_a_preview_before_the_organization_exists_shows_the_roles() -> None:
    roles = {"identity": {"deploy": {"people": ["ada"]}}}
    run = run_program("identity", "sandbox", {**CONFIG, "deployRoles": roles}, preview=True)
    assert "DeployIdentity" in run.of(ROLE)
    assert "DeployIdentity1" in run.of(POLICY)
