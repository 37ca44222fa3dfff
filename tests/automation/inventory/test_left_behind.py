"""Vaults and roles that stayed in an account are found, without a look into every account."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from automation import aws
from automation.inventory.left_behind import left_behind
from automation.inventory.organization import read_tree
from shared.layers import StackId
from tests.automation.fake_engine import FakeRun
from tests.automation.inventory.test_foreign import resource, state

WITHOUT, PARTLY, WHOLE = (StackId("accounts", "prod", name) for name in ("without", "partly", "whole"))
STACKS = (WITHOUT, PARTLY, WHOLE)
ROLE = "MyMonthlyBackupIamRole"


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[StackId, str]]:
    """An organization whose three accounts have everything that their stacks once made; their ids."""
    for name, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        organizations = boto3.client("organizations", region_name="us-east-1")
        organizations.create_organization(FeatureSet="ALL")
        made = {}
        for stack in STACKS:
            asked = organizations.create_account(AccountName=stack.label, Email=f"{stack.account}@example.com")
            made[stack] = asked["CreateAccountStatus"]["AccountId"]
            iam = aws.inside("prod", access_role(made[stack]), "iam")
            trust = json.dumps({"Version": "2012-10-17", "Statement": []})
            iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
            for region in ("eu-west-1", "eu-north-1"):
                backup = aws.inside("prod", access_role(made[stack]), "backup", region=region)
                backup.create_backup_vault(BackupVaultName="Default")
        yield made


def access_role(account: str) -> str:
    return f"arn:aws:iam::{account}:role/Access"


def inside(account: str, *regions: str, role: bool = True) -> dict[str, Any]:
    """The state of an account's stack that backs up in those regions."""
    entered = json.dumps([{"roleArn": access_role(account)}])
    return state(
        resource("aws:organizations/account:Account", account),
        resource("pulumi:providers:aws", "provider", assumeRoles=entered),
        *([resource("aws:iam/role:Role", ROLE)] if role else []),
        *(resource("aws:backup/vault:Vault", "Default", region=region) for region in regions),
    )


def test_only_doubtful_accounts_are_looked_into(
    accounts: dict[StackId, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = {
        WITHOUT: inside(accounts[WITHOUT], role=False),
        PARTLY: inside(accounts[PARTLY], "eu-west-1"),
        WHOLE: inside(accounts[WHOLE], "eu-west-1", "eu-north-1"),
        StackId("org", "prod"): state(),
    }
    entered: list[str] = []
    really = aws.inside

    def noted(environment: str, role: str, *rest: Any) -> Any:
        entered.append(role)
        return really(environment, role, *rest)

    monkeypatch.setattr(aws, "inside", noted)
    organization = read_tree("prod", tmp_path)
    assert organization
    found = left_behind(FakeRun(tmp_path, STACKS).run, states, organization)
    named = sorted((each.kind, each.name) for each in found)
    assert named == [
        ("role of accounts/without,", ROLE),
        # Its stack does not say in which regions it was backed up.
        ("vault of accounts/partly,", "Default in eu-north-1, with 0 recovery points"),
        ("vault of accounts/without,", "Default in eu-north-1, with 0 recovery points"),
        ("vault of accounts/without,", "Default in eu-west-1, with 0 recovery points"),
    ]
    assert access_role(accounts[WHOLE]) not in entered
    role = next(each for each in found if each.name == ROLE)
    assert role.remove == (
        f"with credentials of account {accounts[WITHOUT]}: aws iam delete-role --role-name MyMonthlyBackupIamRole"
    )
    vault = next(each for each in found if each.kind.startswith("vault of accounts/partly"))
    assert vault.remove == (
        f"with credentials of account {accounts[PARTLY]}: "
        "aws backup delete-backup-vault --backup-vault-name Default --region eu-north-1"
    )


def test_a_closed_account_is_not_entered(accounts: dict[StackId, str], tmp_path: Path) -> None:
    boto3.client("organizations", region_name="us-east-1").close_account(AccountId=accounts[WITHOUT])
    organization = read_tree("prod", tmp_path)
    assert organization
    states = {WITHOUT: inside(accounts[WITHOUT], role=False)}
    assert left_behind(FakeRun(tmp_path, STACKS).run, states, organization) == []


def test_an_account_that_may_not_be_entered_is_named(
    accounts: dict[StackId, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(environment: str, role: str, *_rest: Any) -> Any:
        raise aws.AwsFailed(f"{role} of {environment}", "AccessDenied")

    monkeypatch.setattr(aws, "inside", refused)
    organization = read_tree("prod", tmp_path)
    assert organization
    fake = FakeRun(tmp_path, STACKS)
    assert left_behind(fake.run, {WITHOUT: inside(accounts[WITHOUT], role=False)}, organization) == []
    assert fake.run.told == {"Not looked into for what stayed in them, as these credentials may not: accounts/without"}

    def broken(environment: str, role: str, *_rest: Any) -> Any:
        raise aws.AwsFailed(f"{role} of {environment}", "Throttling")

    monkeypatch.setattr(aws, "inside", broken)
    with pytest.raises(aws.AwsFailed):
        left_behind(fake.run, {WITHOUT: inside(accounts[WITHOUT], role=False)}, organization)
