"""With which role the accounts program works in an account, and the role that only reads."""

import json
from typing import Any

import pulumi
import pytest

from stacks.accounts.preview_access import preview_policy
from tests.stacks.harness import MANAGEMENT, Run, refusal, run_program
from tests.stacks.samples import ACCOUNT, IDENTITY, UPSTREAM

PREVIEW_ACCOUNTS = f"arn:aws:iam::{MANAGEMENT}:role/PreviewAccounts"
PREVIEWED: dict[str, Any] = {
    **UPSTREAM,
    "identity": {
        "principals": {**IDENTITY["principals"], "PreviewRole": [PREVIEW_ACCOUNTS]},
        "mfaRequired": {**IDENTITY["mfaRequired"], "PreviewRole": False},
    },
}
ROLE = "aws:iam/role:Role"


def as_caller(arn: str) -> dict[str, Any]:
    return {"aws:index/getCallerIdentity:getCallerIdentity": {"accountId": MANAGEMENT, "arn": arn}}


def accounts(arn: str, upstream: dict[str, Any] = PREVIEWED, **options: Any) -> Run:
    return run_program("accounts", "sandbox.developer", ACCOUNT, upstream=upstream, calls=as_caller(arn), **options)


def assumed(run: Run) -> str:
    (role,) = json.loads(run.one("pulumi:providers:aws").inputs["assumeRoles"])
    return str(role["roleArn"]).rpartition("/")[2]


SESSION = f"arn:aws:sts::{MANAGEMENT}:assumed-role/{{}}/ada"


def test_the_role_that_only_previews_reads_through_its_own_role() -> None:
    assert assumed(accounts(SESSION.format("PreviewAccounts"), preview=True)) == "PreviewRole"


@pytest.mark.parametrize(
    "arn",
    [
        SESSION.format("DeployAccounts"),
        SESSION.format("NotPreviewAccounts"),
        SESSION.format("PreviewAccountsToo"),
        SESSION.format("x") + "/PreviewAccounts/",
        f"arn:aws:iam::{MANAGEMENT}:user/PreviewAccounts",
    ],
)
@pytest.mark.parametrize("preview", [True, False])
def test_everybody_else_works_through_the_access_role(arn: str, preview: bool) -> None:
    assert assumed(accounts(arn, preview=preview)) == "OrganizationAccountAccessRole"


def test_who_only_previews_cannot_deploy() -> None:
    text = refusal(
        "accounts",
        "sandbox.developer",
        ACCOUNT,
        upstream=PREVIEWED,
        calls=as_caller(SESSION.format("PreviewAccounts")),
    )
    assert "which may only preview; allowed: DeployAccounts, or an administrator" in text


def test_the_role_is_made_where_somebody_previews_and_trusts_only_that_role() -> None:
    made = accounts(SESSION.format("DeployAccounts")).of(ROLE)["PreviewRole"].inputs
    assert json.loads(made["assumeRolePolicy"])["Statement"] == [
        {"Effect": "Allow", "Principal": {"AWS": [PREVIEW_ACCOUNTS]}, "Action": "sts:AssumeRole"}
    ]
    assert "PreviewRole" not in accounts(SESSION.format("DeployAccounts"), upstream=UPSTREAM).of(ROLE)


def test_the_role_has_the_generated_policy_of_its_account() -> None:
    made = accounts(SESSION.format("DeployAccounts")).one("aws:iam/rolePolicy:RolePolicy").inputs
    assert (made["name"], made["role"], made["policy"]) == ("Preview", "PreviewRole", preview_policy("210987654321"))
    assert "<" not in made["policy"]


def test_a_trust_of_everybody_is_refused() -> None:
    wrong = {
        **PREVIEWED,
        "identity": {
            **PREVIEWED["identity"],
            "principals": {**PREVIEWED["identity"]["principals"], "PreviewRole": ["*"]},
        },
    }
    with pytest.raises(pulumi.RunError, match="principals of PreviewRole that cannot be used"):
        accounts(SESSION.format("DeployAccounts"), upstream=wrong)
