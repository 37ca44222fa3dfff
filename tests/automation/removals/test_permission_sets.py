"""Permission sets that are removed from the configuration: not while accounts have them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from automation import aws, operations
from automation.removals.permission_sets import ASSIGNMENT, TYPE
from shared.errors import UserError
from shared.layers import StackId, discover
from tests.automation.fake_engine import FakeRun
from tests.configuration import write_sandbox

IDENTITY, ORG = StackId("identity", "sandbox"), StackId("org", "sandbox")
INSTANCE = "arn:aws:sso:::instance/ssoins-0123456789abcdef"


class Center:
    """IAM Identity Center: which accounts have which permission set; a set that is not there is gone."""

    def __init__(self, accounts: Mapping[str, list[str]]) -> None:
        self.accounts, self.asked = accounts, list[str]()

    def get_paginator(self, name: str) -> Any:
        assert name == "list_accounts_for_provisioned_permission_set"
        return self

    def paginate(self, InstanceArn: str, PermissionSetArn: str) -> Any:
        assert InstanceArn == INSTANCE
        name = PermissionSetArn.removeprefix("arn:")
        self.asked.append(name)
        if name not in self.accounts:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "List")
        return [{"AccountIds": self.accounts[name]}]


def fake(root: Path, *names: str, first: str = "Auditors", assigned: Sequence[str] = ()) -> FakeRun:
    """A run over the sandbox's files with these permission sets; `first`, Developers and Gone are deployed.

    The layer itself assigns Developers in the accounts `assigned`.
    """
    write_sandbox(root)
    center = {"groups": {"builders": {}}, "permissionSets": {name: {"role": "DeveloperRole"} for name in names}}
    for stack, keys in (
        (IDENTITY, {"identity:identityCenter": center if names else None}),
        (ORG, {"org:additionalTrustedServices": ["sso.amazonaws.com"]}),
    ):
        file = stack.config_file(root)
        document = yaml.safe_load(file.read_text())
        document["config"] |= keys
        file.write_text(yaml.safe_dump(document))
    resources = [
        {
            "type": TYPE,
            "custom": True,
            "urn": f"urn:pulumi:s::i::{TYPE}::{name}",
            "outputs": {"name": name, "arn": f"arn:{name}", "instanceArn": INSTANCE, "region": "us-east-1"},
        }
        for name in (first, "Developers", "Gone")
    ]
    resources += [
        {
            "type": ASSIGNMENT,
            "custom": True,
            "urn": f"urn:pulumi:s::i::{ASSIGNMENT}::{account}",
            "outputs": {"permissionSetArn": "arn:Developers", "targetId": account},
        }
        for account in assigned
    ]
    return FakeRun(root, discover("sandbox", root), {IDENTITY: {"deployment": {"resources": resources}}})


@pytest.fixture
def center(monkeypatch: pytest.MonkeyPatch) -> Center:
    made = Center({"Auditors": [], "Developers": ["222222222222", "111111111111"]})

    def client(environment: str, service: str, root: Path, region: str | None = None) -> Any:
        assert (environment, service, region) == ("sandbox", "sso-admin", "us-east-1")
        assert root
        return made

    monkeypatch.setattr(aws, "client", client)
    return made


def deploy(made: FakeRun) -> int:
    return operations.deploy(made.run, [IDENTITY], yes=True, interactive=False)


def preview(made: FakeRun) -> int:
    return operations.preview(made.run, [IDENTITY])


@pytest.mark.parametrize("operation", [deploy, preview])
@pytest.mark.parametrize("left", [("Auditors",), ()])
def test_one_that_accounts_have_stops_the_run(
    tmp_path: Path, center: Center, operation: Any, left: tuple[str, ...]
) -> None:
    made = fake(tmp_path, *left)
    with pytest.raises(UserError) as error:
        operation(made)
    assert str(error.value).splitlines() == [
        "nothing was changed: AWS deletes no permission set that accounts have, and these are to be deleted",
        "permission set Developers: accounts 111111111111, 222222222222",
        "Put them back into identity:identityCenter.permissionSets in stacks/identity/Pulumi.sandbox.yaml, take their "
        "assignments away and deploy, and remove them in a later deployment",
    ]
    assert made.engine.done == []
    assert center.asked[-2:] == ["Developers", "Gone"]


def test_what_no_account_has_may_go(tmp_path: Path, center: Center) -> None:
    assert deploy(fake(tmp_path, "Developers")) == 0
    assert center.asked == ["Auditors", "Gone"]


def test_nobody_is_asked_without_need(tmp_path: Path, center: Center) -> None:
    assert deploy(fake(tmp_path, "Auditors", "Developers", "Gone", "New")) == 0
    assert center.asked == []


def test_one_that_only_this_layer_assigns_may_go(tmp_path: Path, center: Center) -> None:
    accounts = ["111111111111", "222222222222"]
    assert deploy(fake(tmp_path, "Auditors", assigned=accounts)) == 0
    assert center.asked == ["Developers", "Gone"]


def test_one_that_others_assign_too_may_not(tmp_path: Path, center: Center) -> None:
    assert center
    with pytest.raises(UserError, match="permission set Developers: accounts 222222222222\n"):
        deploy(fake(tmp_path, "Auditors", assigned=["111111111111"]))


def test_those_of_roles_are_kept(tmp_path: Path, center: Center) -> None:
    made = fake(tmp_path, "Auditors", "Gone", first="AssumeAuditor")
    file = IDENTITY.config_file(tmp_path)
    document = yaml.safe_load(file.read_text())
    document["config"]["identity:roles"] = {"Auditor": {"identityCenterGroup": "builders"}}
    file.write_text(yaml.safe_dump(document))
    with pytest.raises(UserError, match="permission set Developers"):
        deploy(made)
    assert center.asked == ["Developers"]
