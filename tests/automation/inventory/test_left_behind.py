"""Vaults, locks and roles that stayed in an account are found, in every account."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from automation import aws
from automation.inventory.left_behind import left_behind, removal_of_vault
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


def look(tmp_path: Path, states: dict[StackId, Any], chosen: Sequence[StackId] = STACKS) -> list[Any]:
    organization = read_tree("prod", tmp_path)
    assert organization
    return left_behind(FakeRun(tmp_path, STACKS[1:]).run, states, organization, chosen)


@pytest.mark.parametrize(
    ("chosen", "entered"),
    [
        ((StackId("org", "prod"),), set()),
        ((StackId("org", "prod"), PARTLY), {"partly", "without"}),
        ((StackId("org", "prod"), WHOLE), {"whole", "without"}),
    ],
    ids=["the organization alone", "one account", "another account"],
)
def test_only_the_accounts_that_are_looked_at_are_entered(
    accounts: dict[StackId, str], tmp_path: Path, chosen: tuple[StackId, ...], entered: set[str]
) -> None:
    """And those whose stack has no file any more, as `without` has none here."""
    states = {stack: inside(accounts[stack], role=False) for stack in STACKS}
    found = look(tmp_path, states, chosen)
    assert {each.kind.split("accounts/")[1].rstrip(",") for each in found if each.name == ROLE} == entered


def test_what_no_stack_has_is_found_in_every_account(accounts: dict[StackId, str], tmp_path: Path) -> None:
    states = {
        WITHOUT: inside(accounts[WITHOUT], role=False),
        PARTLY: inside(accounts[PARTLY], "eu-west-1"),
        WHOLE: inside(accounts[WHOLE], "eu-west-1", "eu-north-1"),
        StackId("org", "prod"): state(),
    }
    # Given up by every stack, and somebody else's.
    backup = aws.inside("prod", access_role(accounts[WHOLE]), "backup", region="eu-west-1")
    backup.create_backup_vault(BackupVaultName="Weekly")
    backup.create_backup_vault(BackupVaultName="TeamsOwn")
    found = look(tmp_path, states)
    named = sorted((each.kind, each.name) for each in found)
    assert named == [
        ("role of accounts/without,", ROLE),
        # Its stack does not say in which regions it was backed up.
        ("vault of accounts/partly,", "Default in eu-north-1, with 0 recovery points"),
        ("vault of accounts/whole,", "Weekly in eu-west-1, with 0 recovery points"),
        ("vault of accounts/without,", "Default in eu-north-1, with 0 recovery points"),
        ("vault of accounts/without,", "Default in eu-west-1, with 0 recovery points"),
    ]
    role = next(each for each in found if each.name == ROLE)
    assert role.remove == (
        f"with credentials of account {accounts[WITHOUT]}: aws iam delete-role --role-name MyMonthlyBackupIamRole"
    )
    vault = next(each for each in found if each.kind.startswith("vault of accounts/partly"))
    assert vault.remove == (
        f"with credentials of account {accounts[PARTLY]}: "
        "aws backup delete-backup-vault --backup-vault-name Default --region eu-north-1"
    )


def test_a_lock_that_no_stack_has_is_found(accounts: dict[StackId, str], tmp_path: Path) -> None:
    backup = aws.inside("prod", access_role(accounts[WHOLE]), "backup", region="eu-west-1")
    backup.put_backup_vault_lock_configuration(BackupVaultName="Default", MinRetentionDays=7)
    own = inside(accounts[WHOLE], "eu-west-1", "eu-north-1")
    (found,) = look(tmp_path, {WHOLE: own})
    assert (found.kind, found.name) == ("lock of accounts/whole,", "Default in eu-west-1, with 0 recovery points")
    assert found.remove.endswith(
        ": aws backup delete-backup-vault-lock-configuration --backup-vault-name Default --region eu-west-1"
    )
    own["deployment"]["resources"].append(
        resource("aws:backup/vaultLockConfiguration:VaultLockConfiguration", "Default", region="eu-west-1")
    )
    assert look(tmp_path, {WHOLE: own}) == []
    backup.put_backup_vault_lock_configuration(BackupVaultName="Default", MinRetentionDays=7, ChangeableForDays=3)
    (found,) = look(tmp_path, {WHOLE: inside(accounts[WHOLE], "eu-west-1", "eu-north-1")})
    assert ": not possible from 20" in found.remove


@pytest.mark.parametrize(
    ("vault", "how"),
    [
        ({}, "aws backup delete-backup-vault --backup-vault-name V --region r"),
        ({"Locked": True, "LockDate": 1}, "aws backup delete-backup-vault --backup-vault-name V --region r"),
        ({"NumberOfRecoveryPoints": 1}, "once its recovery points are deleted, aws backup delete-backup-vault"),
        (
            {"NumberOfRecoveryPoints": 1, "Locked": True},
            "aws backup delete-backup-vault-lock-configuration --backup-vault-name V --region r; once its",
        ),
        (
            {"NumberOfRecoveryPoints": 1, "Locked": True, "LockDate": 1},
            "once its recovery points have expired, as it is",
        ),
    ],
    ids=str,
)
def test_how_a_vault_goes(vault: dict[str, Any], how: str) -> None:
    assert removal_of_vault({"BackupVaultName": "V", **vault}, "r").startswith(how)


def test_a_closed_account_is_not_entered(accounts: dict[StackId, str], tmp_path: Path) -> None:
    boto3.client("organizations", region_name="us-east-1").close_account(AccountId=accounts[WITHOUT])
    organization = read_tree("prod", tmp_path)
    assert organization
    states = {WITHOUT: inside(accounts[WITHOUT], role=False)}
    assert left_behind(FakeRun(tmp_path, STACKS).run, states, organization, STACKS) == []


def test_an_account_that_may_not_be_entered_is_named(
    accounts: dict[StackId, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(environment: str, role: str, *_rest: Any) -> Any:
        raise aws.AwsFailed(f"{role} of {environment}", "AccessDenied")

    monkeypatch.setattr(aws, "inside", refused)
    organization = read_tree("prod", tmp_path)
    assert organization
    fake = FakeRun(tmp_path, STACKS)
    assert left_behind(fake.run, {WITHOUT: inside(accounts[WITHOUT], role=False)}, organization, STACKS) == []
    assert fake.run.told == {"Not looked into for what stayed in them, as these credentials may not: accounts/without"}

    def broken(environment: str, role: str, *_rest: Any) -> Any:
        raise aws.AwsFailed(f"{role} of {environment}", "Throttling")

    monkeypatch.setattr(aws, "inside", broken)
    with pytest.raises(aws.AwsFailed):
        left_behind(fake.run, {WITHOUT: inside(accounts[WITHOUT], role=False)}, organization, STACKS)
