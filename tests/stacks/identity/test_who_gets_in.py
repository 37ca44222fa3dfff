"""Who can assume DeveloperRole with each way of making developers: each policy on both sides, decided as AWS does."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from shared.layers import ROOT
from shared.policy_documents.documents import render_trust_policy
from shared.policy_evaluation.evaluation import (
    CallerPolicies,
    Principal,
    Request,
    ResourcePolicies,
    decide,
)
from shared.stack_outputs import IdentityOutputs
from stacks.accounts.checks import role_trust
from stacks.accounts.iam_policies import trust_policy
from stacks.identity.config import MAX_TRUSTED_BESIDE_SET
from stacks.identity.iam_policies import assume_role_policy, permission_set_roles
from tests.stacks.harness import MANAGEMENT, Run, run_program
from tests.stacks.identity.test_program import GROUP_POLICY, policy
from tests.stacks.samples import ORG

MEMBER, STRANGER = "210987654321", "999999999999"
ROLE = f"arn:aws:iam::{MEMBER}:role/DeveloperRole"

WAYS: Mapping[str, dict[str, Any]] = {
    "users made here": {"users": ["ada"]},
    "users made here, the account decides": {"users": ["ada"], "developerTrust": "account"},
    "users made by others": {"userSource": "external"},
    "users made by others, no MFA": {"userSource": "external", "requireMfa": False},
    "permission set": {"userSource": "external", "permissionSet": "Developers"},
    "users made here and permission set": {"users": ["ada"], "permissionSet": "Developers"},
}
AUTOMATION = {
    "user": {},
    "oidc": {
        "automation": "oidc",
        "oidc": {
            "issuer": "https://token.actions.githubusercontent.com",
            "audience": "sts.amazonaws.com",
            "subjects": ["repo:acme/infrastructure:*"],
        },
    },
}

SSO = "role/aws-reserved/sso.amazonaws.com"
SUFFIX = "_0123456789abcdef"
CALLERS: Mapping[str, tuple[str, str, bool]] = {
    "ada": (MANAGEMENT, "user/ada", False),
    "ada with MFA": (MANAGEMENT, "user/ada", True),
    "eve": (MANAGEMENT, "user/eve", False),
    "eve with MFA": (MANAGEMENT, "user/eve", True),
    "single sign-on": (MANAGEMENT, f"{SSO}/eu-central-1/AWSReservedSSO_Developers{SUFFIX}", False),
    "single sign-on in us-east-1": (MANAGEMENT, f"{SSO}/AWSReservedSSO_Developers{SUFFIX}", False),
    "longer set": (MANAGEMENT, f"{SSO}/eu-central-1/AWSReservedSSO_Developers_Admin{SUFFIX}", False),
    "shorter set": (MANAGEMENT, f"{SSO}/eu-central-1/AWSReservedSSO_Developer{SUFFIX}", False),
    "set that ends so": (MANAGEMENT, f"{SSO}/AWSReservedSSO_A_AWSReservedSSO_Developers{SUFFIX}", False),
    "role that looks so": (MANAGEMENT, f"role/AWSReservedSSO_Developers{SUFFIX}", False),
    "role under such a path": (MANAGEMENT, f"role/a/{SSO[5:]}/AWSReservedSSO_Developers{SUFFIX}", False),
    "the set in another account": (STRANGER, f"{SSO}/eu-central-1/AWSReservedSSO_Developers{SUFFIX}", False),
    "ada of another account": (STRANGER, "user/ada", True),
}
"""Account, user or role, and whether MFA was asked for. Every one of them has the policies of a developer."""

SINGLE_SIGN_ON = {"single sign-on", "single sign-on in us-east-1"}
EVERYBODY_HERE = {name for name, (account, _, _) in CALLERS.items() if account == MANAGEMENT}
GET_IN: Mapping[str, set[str]] = {
    "users made here": {"ada with MFA"},
    "users made here, the account decides": {"ada with MFA", "eve with MFA"},
    "users made by others": {"ada with MFA", "eve with MFA"},
    # Then whoever the management account lets has the policy.
    "users made by others, no MFA": EVERYBODY_HERE,
    "permission set": {"ada with MFA", "eve with MFA", *SINGLE_SIGN_ON},
    "users made here and permission set": {"ada with MFA", *SINGLE_SIGN_ON},
}


def identity(way: str, automation: str = "user") -> Run:
    config = {**WAYS[way], **AUTOMATION[automation]}
    return run_program("identity", "sandbox", config, upstream={"org": ORG})


def trust_of(run: Run) -> dict[str, Any]:
    """The trust policy that an account's stack makes of what the identity layer exports."""
    real = json.dumps(run.outputs).replace("arn:aws:test::", f"arn:aws:iam::{MANAGEMENT}:user/")
    document: dict[str, Any] = json.loads(role_trust("DeveloperRole", IdentityOutputs.model_validate_json(real)))
    return document


def gets_in(name: str, identity_policies: list[dict[str, Any]], trust: dict[str, Any]) -> bool:
    account, who, mfa = CALLERS[name]
    arn = f"arn:aws:iam::{account}:{who}"
    organization = "o-example" if account == MANAGEMENT else "o-stranger"
    context = {
        "aws:PrincipalArn": arn,
        "aws:PrincipalOrgID": organization,
        "aws:ResourceOrgID": "o-example",
        **({"aws:MultiFactorAuthPresent": "true"} if mfa else {}),
    }
    return decide(
        Request("sts:AssumeRole", ROLE, context),
        _session(arn) if ":role/" in arn else Principal(arn, account),
        CallerPolicies(identity_policies),
        ResourcePolicies(MEMBER, trust, trust=True),
    ).allowed


def _session(role_arn: str) -> Principal:
    account = role_arn.split(":")[4]
    return Principal(f"arn:aws:sts::{account}:assumed-role/{role_arn.rpartition('/')[2]}/eve", account, role_arn)


@pytest.mark.parametrize("automation", AUTOMATION)
@pytest.mark.parametrize("way", WAYS)
def test_the_right_people_get_in_and_nobody_else(way: str, automation: str) -> None:
    run = identity(way, automation)
    trust = trust_of(run)
    of_group = [policy(run, GROUP_POLICY, "assume-developer-role")]
    of_set = [assume_role_policy("DeveloperRole")]
    found = {name for name in CALLERS if gets_in(name, of_group if "user/" in CALLERS[name][1] else of_set, trust)}
    assert found == GET_IN[way]
    assert [name for name in CALLERS if gets_in(name, [], trust)] == [], "without a policy of their own"


def test_a_permission_set_never_loosens_what_users_need() -> None:
    with_set, without = (trust_of(identity(way)) for way in ("permission set", "users made by others"))
    assert with_set["Statement"][0] == without["Statement"][0]
    assert with_set["Statement"][1:] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"ArnLike": {"aws:PrincipalArn": permission_set_roles(MANAGEMENT, "Developers")}},
        }
    ]


@pytest.mark.parametrize(
    "roles",
    [
        ["*"],
        [f"arn:aws:iam::*:{SSO}/AWSReservedSSO_D_{'?' * 16}"],
        [f"arn:aws:iam::{MANAGEMENT}:{SSO}/*"],
        [f"arn:aws:iam::{MANAGEMENT}:{SSO}/*AWSReservedSSO_D_{'?' * 16}"],
        [f"arn:aws:iam::{MANAGEMENT}:{SSO}/AWSReservedSSO_*_{'?' * 16}"],
        [f"arn:aws:iam::{MANAGEMENT}:{SSO}/AWSReservedSSO_D_*"],
        [f"arn:aws:iam::{MANAGEMENT}:role/AWSReservedSSO_D_{'?' * 16}"],
        [*permission_set_roles(MANAGEMENT, "D"), "*"],
        [*permission_set_roles(MANAGEMENT, "D"), *permission_set_roles(STRANGER, "D")],
    ],
)
def test_other_roles_than_those_of_one_permission_set_are_never_trusted(roles: list[str]) -> None:
    with pytest.raises(ValueError, match="roles of a permission set of one account"):
        trust_policy([f"arn:aws:iam::{MANAGEMENT}:user/ada"], True, roles)


def test_users_with_long_names_fit_beside_a_permission_set() -> None:
    users = [f"arn:aws:iam::{MANAGEMENT}:user/firstname.lastname-{n:04}" for n in range(MAX_TRUSTED_BESIDE_SET)]
    document = trust_policy(users, True, permission_set_roles(MANAGEMENT, "p" * 32))
    assert len(render_trust_policy("r", document)) < 2048


def test_the_readme_has_the_policy_of_a_permission_set() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", (ROOT / "stacks" / "identity" / "README.md").read_text(), re.DOTALL)
    assert json.loads(text) == assume_role_policy("DeveloperRole")
