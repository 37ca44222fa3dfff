"""Commands work with the credentials of the environment's management account, and with no others."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID as MANAGEMENT

from automation import caller, guards, operations
from automation.aws import AwsFailed
from automation.aws import client as aws_client
from shared.errors import ConfigError, UserError
from shared.layers import StackId
from shared.yaml_files import Dumper
from tests.automation.fake_engine import FakeRun

ORG, IDENTITY = StackId("org", "prod"), StackId("identity", "prod")
KEY = "aws:allowedAccountIds"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """An AWS whose management account is MANAGEMENT, and a shell signed in there."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in {
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "KEY",
        "AWS_SECRET_ACCESS_KEY": "x",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield boto3.client("organizations", region_name="us-east-1")


@pytest.fixture
def member(aws: Any) -> str:
    """A member account, in an organization."""
    aws.create_organization(FeatureSet="ALL")
    made = aws.create_account(Email="member@example.com", AccountName="Member")
    return str(made["CreateAccountStatus"]["AccountId"])


def role_in(account: str) -> dict[str, Any]:
    return {"aws:assumeRoles": [{"roleArn": f"arn:aws:iam::{account}:role/Administrator"}]}


def files(root: Path, account: str = MANAGEMENT, **layers: dict[str, Any]) -> Path:
    """The files of `prod`, bound to `account`; `layers` are more keys by layer."""
    for stack in (ORG, IDENTITY):
        file = stack.config_file(root)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.dump({"config": {KEY: [account], **layers.get(stack.layer, {})}}, Dumper=Dumper))
    return root


def test_the_management_account_may(aws: Any, tmp_path: Path) -> None:
    root = files(tmp_path)
    # Also before there is an organization, which the first deployment may be about to create.
    assert caller.refusal([ORG, IDENTITY], root) is None
    aws.create_organization(FeatureSet="ALL")
    assert caller.refusal([ORG, IDENTITY], root) is None
    assert str(caller.ask(ORG, root)).startswith(f"of account {MANAGEMENT}, the management account of organization o-")


def test_a_member_account_may_not_and_is_told_where_to_sign_in(member: str, tmp_path: Path) -> None:
    root = files(tmp_path, org=role_in(member))
    found = caller.refusal([ORG], root)
    assert found
    assert found.startswith(f"these AWS credentials are of member account {member} of organization o-")
    assert f"environment prod belongs to account {MANAGEMENT} ({KEY} in stacks/org/Pulumi.prod.yaml)" in found


def test_each_file_with_credentials_of_its_own_counts(member: str, tmp_path: Path) -> None:
    root = files(tmp_path, identity=role_in(member))
    assert caller.refusal([ORG], root) is None
    found = caller.refusal([ORG, IDENTITY], root)
    assert found
    assert f"member account {member}" in found
    assert "stacks/identity/Pulumi.prod.yaml" in found


def test_another_account_may_not(aws: Any, tmp_path: Path) -> None:
    found = caller.refusal([ORG], files(tmp_path, "210987654321"))
    assert found
    assert f"are of account {MANAGEMENT}, which is in no organization" in found
    aws.create_organization(FeatureSet="ALL")
    found = caller.refusal([ORG], files(tmp_path, "210987654321"))
    assert found
    assert f"are of account {MANAGEMENT}, the management account of organization o-" in found


def test_an_environment_bound_to_a_member_account_is_told_so(member: str, tmp_path: Path) -> None:
    found = caller.refusal([ORG], files(tmp_path, member, org=role_in(member)))
    assert found
    assert f"environment prod must belong to the management account, which is {MANAGEMENT}" in found


def test_credentials_that_may_not_ask_for_the_organization_may_do_their_layer_s_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = aws_client

    def client(environment: str, service: str, *args: Any, **options: Any) -> Any:
        if service == "organizations":
            raise AwsFailed("refused", "AccessDeniedException")
        return real(environment, service, *args, **options)

    monkeypatch.setattr(caller, "client", client)
    assert caller.refusal([ORG], files(tmp_path)) is None
    found = caller.refusal([ORG], files(tmp_path, "210987654321"))
    assert found
    assert "in no organization" not in found


def test_files_that_name_no_account_are_refused_without_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caller, "client", lambda *_args, **_options: pytest.fail("AWS was asked"))
    root = files(tmp_path)
    ORG.config_file(root).write_text("config: {}\n")
    with pytest.raises(ConfigError, match="aws:allowedAccountIds is missing"):
        caller.refusal([ORG, IDENTITY], root)


def test_a_file_that_names_another_account_than_those_it_reads_is_refused(tmp_path: Path) -> None:
    root = files(tmp_path)
    ORG.config_file(root).write_text(yaml.safe_dump({"config": {KEY: ["210987654321"]}}))
    with pytest.raises(ConfigError, match=r"^stacks/identity/Pulumi\.prod\.yaml: .* and in stacks/org/"):
        caller.refusal([IDENTITY], root)


COMMANDS: list[Callable[[FakeRun], int]] = [
    lambda fake: operations.deploy(fake.run, [ORG], yes=True, interactive=False),
    lambda fake: operations.preview(fake.run, [ORG]),
    lambda fake: operations.refresh(fake.run, [ORG]),
    lambda fake: operations.drift(fake.run, [ORG]),
    lambda fake: operations.destroy(
        fake.run, [ORG], include_protected=True, confirm="prod", yes=True, interactive=False
    ),
]


@pytest.mark.parametrize("command", COMMANDS, ids=["deploy", "preview", "refresh", "drift", "destroy"])
def test_every_command_asks_before_the_engine_does_anything(
    command: Callable[[FakeRun], int], member: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "GUARDS", (caller.require,))
    fake = FakeRun(files(tmp_path, org=role_in(member)), [ORG, IDENTITY], {ORG: {}})
    with pytest.raises(UserError, match=f"member account {member} .*\nNothing was changed"):
        command(fake)
    assert fake.engine.done == []
    files(tmp_path)
    assert command(fake) == 0


def test_it_is_one_of_the_guards_of_every_command(no_aws: tuple[guards.Guard, ...]) -> None:
    assert caller.require in no_aws


def test_an_account_that_has_no_file_is_asked_for_with_the_credentials_of_the_org_layer(
    member: str, tmp_path: Path
) -> None:
    fake = FakeRun(files(tmp_path, org=role_in(member)), [ORG, IDENTITY])
    with pytest.raises(UserError, match=f"member account {member} "):
        caller.require(fake.run, [], "change")


def test_the_sandbox_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caller, "client", lambda *_args, **_options: pytest.fail("AWS was asked"))
    stack = StackId("org", "sandbox")
    caller.require(FakeRun(tmp_path, [stack]).run, [stack], "deploy")
