"""Whose organization it is, is asked first: with other credentials nothing is read, and the error names them."""

from pathlib import Path
from typing import Any

import boto3
import pytest

from automation.adoption.snapshot import read_snapshot
from shared.errors import UsageError


def test_without_an_organization_there_is_nothing_to_adopt(organizations: Any, tmp_path: Path) -> None:
    assert organizations
    with pytest.raises(UsageError, match="account 123456789012 is in no organization, so there is nothing to adopt"):
        read_snapshot("prod", tmp_path, "developers")


def test_the_credentials_of_a_member_are_refused(
    organizations: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(AccountName="shop", Email="shop@example.com")["CreateAccountStatus"]
    role = f"arn:aws:iam::{made['AccountId']}:role/OrganizationAccountAccessRole"
    keys = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
    with pytest.raises(UsageError, match=f"the credentials are of account {made['AccountId']}, a member of the org"):
        read_snapshot("prod", tmp_path, "developers")


def test_an_organization_for_bills_alone_is_refused(organizations: Any, tmp_path: Path) -> None:
    organizations.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    with pytest.raises(UsageError, match="has the features CONSOLIDATED_BILLING; allowed: all features"):
        read_snapshot("prod", tmp_path, "developers")
