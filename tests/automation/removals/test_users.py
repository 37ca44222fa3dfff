"""Users who are removed from the configuration: what they hold is said before a run, and goes only if it may."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from automation import aws, operations
from automation.removals.users import TYPE
from shared.errors import UserError
from shared.layers import StackId, discover
from tests import aws_cli
from tests.automation.fake_engine import FakeRun
from tests.configuration import write_sandbox

IDENTITY = StackId("identity", "sandbox")
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The IAM of an account with the users of the stack, of whom `turing` holds something of each kind."""
    with mock_aws():
        client = boto3.client("iam", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        monkeypatch.setattr(aws, "client", lambda *_arguments: client)
        for group in ("developers", "auditors"):
            client.create_group(GroupName=group)
        for user in ("ada", "grace", "turing", "cicd-automation"):
            client.create_user(UserName=user)
            client.add_user_to_group(UserName=user, GroupName="developers")
        client.put_user_policy(UserName="cicd-automation", PolicyName="AssumeAutomationRole", PolicyDocument=POLICY)
        yield client


def fill(iam: Any, user: str) -> list[str]:
    """Give the user one thing of each kind; the names."""
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName=user, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="234567"
    )
    iam.create_login_profile(UserName=user, Password="Pa$$w0rd-of-turing")
    iam.add_user_to_group(UserName=user, GroupName="auditors")
    iam.put_user_policy(UserName=user, PolicyName="inline", PolicyDocument=POLICY)
    made = iam.create_policy(PolicyName="own", PolicyDocument=POLICY)
    iam.attach_user_policy(UserName=user, PolicyArn=made["Policy"]["Arn"])
    ssh = iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody="ssh-rsa AAAAB3NzaC1yc2E= x")["SSHPublicKey"]
    arn = made["Policy"]["Arn"]
    return [
        f"  access key {key}: aws iam delete-access-key --user-name {user} --access-key-id {key}",
        f"  MFA device {serial}: aws iam deactivate-mfa-device --user-name {user} --serial-number {serial}",
        f"  virtual MFA device {serial}: aws iam delete-virtual-mfa-device --serial-number {serial}",
        f"  SSH key {ssh['SSHPublicKeyId']}: aws iam delete-ssh-public-key --user-name {user} "
        f"--ssh-public-key-id {ssh['SSHPublicKeyId']}",
        f"  policy inline: aws iam delete-user-policy --user-name {user} --policy-name inline",
        f"  policy {arn}: aws iam detach-user-policy --user-name {user} --policy-arn {arn}",
        f"  membership of group auditors: aws iam remove-user-from-group --group-name auditors --user-name {user}",
        f"  console password: aws iam delete-login-profile --user-name {user}",
    ]


def fake(root: Path, *, users: tuple[str, ...] = ("ada", "grace"), **settings: Any) -> FakeRun:
    """A run over the sandbox's files with these users; `turing` and `gone` are deployed too."""
    write_sandbox(root)
    file = IDENTITY.config_file(root)
    document = yaml.safe_load(file.read_text())
    document["config"] |= {"identity:users": list(users), **{f"identity:{key}": v for key, v in settings.items()}}
    file.write_text(yaml.safe_dump(document))
    resources = [
        {"type": TYPE, "custom": True, "urn": f"urn:pulumi:s::i::{TYPE}::{name}", "outputs": {"name": name}}
        for name in ("ada", "grace", "turing", "gone", "cicd-automation")
    ]
    return FakeRun(root, discover("sandbox", root), {IDENTITY: {"deployment": {"resources": resources}}})


def deploy(made: FakeRun) -> int:
    return operations.deploy(made.run, [IDENTITY], yes=True, interactive=False)


def destroy(made: FakeRun) -> int:
    return operations.destroy(made.run, [IDENTITY], include_protected=False, confirm=None, yes=True, interactive=False)


def preview(made: FakeRun) -> int:
    return operations.preview(made.run, [IDENTITY])


@pytest.mark.parametrize("operation", [deploy, preview, destroy])
def test_users_who_hold_something_stop_the_run_before_anything_is_done(
    tmp_path: Path, iam: Any, operation: Any
) -> None:
    lines = fill(iam, "turing")
    made = fake(tmp_path, forceDestroyUsers=False)
    with pytest.raises(UserError) as error:
        operation(made)
    assert str(error.value).splitlines() == [
        "nothing was changed: AWS deletes no user who still has something, and these are to be deleted",
        "user turing has",
        *lines,
        "Run these commands, or set identity:forceDestroyUsers: true in stacks/identity/Pulumi.sandbox.yaml",
    ]
    assert made.engine.done == []
    assert iam.list_access_keys(UserName="turing")["AccessKeyMetadata"]


def test_the_commands_that_are_printed_take_it_all_away(tmp_path: Path, iam: Any) -> None:
    printed = fill(iam, "turing")
    made = fake(tmp_path, forceDestroyUsers=False)
    for line in printed:
        _service, operation, parameters, _options = aws_cli.request(aws_cli.words(line.rpartition(": ")[2]))
        getattr(iam, operation)(**parameters)
    assert deploy(made) == 0


@pytest.mark.parametrize(("operation", "done"), [(deploy, "up identity"), (destroy, "destroy identity")])
def test_with_force_the_run_takes_it_all_away_itself(tmp_path: Path, iam: Any, operation: Any, done: str) -> None:
    lines = fill(iam, "turing")
    made = fake(tmp_path, forceDestroyUsers=True)
    assert preview(made) == 0
    assert iam.list_access_keys(UserName="turing")["AccessKeyMetadata"], "a preview takes nothing away"
    printed = "\n".join(line for line in made.printed.splitlines())
    assert printed.count("With users who are deleted, this goes too\nuser turing has\n" + "\n".join(lines)) == 1
    assert operation(made) == 0
    assert made.engine.done[-1] == done
    iam.remove_user_from_group(UserName="turing", GroupName="developers")
    iam.delete_user(UserName="turing")
    # Of the automation user's policy, the engine disposes.
    assert iam.list_user_policies(UserName="cicd-automation")["PolicyNames"] == ["AssumeAutomationRole"]


def test_a_device_that_a_killed_run_has_only_deactivated_goes_too(tmp_path: Path, iam: Any) -> None:
    for name in ("turing", "lovelace"):
        iam.create_virtual_mfa_device(VirtualMFADeviceName=name)
    assert deploy(fake(tmp_path / "careful", forceDestroyUsers=False)) == 0
    assert len(iam.list_virtual_mfa_devices()["VirtualMFADevices"]) == 2, "it hinders nobody"
    assert deploy(fake(tmp_path / "force", forceDestroyUsers=True)) == 0
    (left,) = iam.list_virtual_mfa_devices()["VirtualMFADevices"]
    assert left["SerialNumber"].endswith(":mfa/lovelace")


def test_users_who_stay_keep_what_they_have_and_nobody_asks(
    tmp_path: Path, iam: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(iam, "ada")
    made = fake(tmp_path, forceDestroyUsers=True)
    assert deploy(made) == 0
    assert len(iam.list_access_keys(UserName="ada")["AccessKeyMetadata"]) == 1
    made = fake(tmp_path / "other", users=("ada", "grace", "turing", "gone"), forceDestroyUsers=False)
    roles = fake(tmp_path / "roles", forceDestroyUsers=False, roles={"Auditor": {"users": ["turing", "gone"]}})
    monkeypatch.setattr(aws, "client", None)
    assert deploy(made) == 0
    assert preview(roles) == 0


def test_the_automation_user_is_removed_where_oidc_takes_its_place(tmp_path: Path, iam: Any) -> None:
    iam.create_access_key(UserName="cicd-automation")
    oidc = {"issuer": "https://issuer.example.com", "audience": "aws", "subjects": ["repo:acme/infra:*"]}
    made = fake(tmp_path, forceDestroyUsers=False, automation="oidc", oidc=oidc)
    with pytest.raises(UserError, match="user cicd-automation has\n  access key AKIA"):
        deploy(made)
