"""The plugin as a process, and as the real engine uses it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.automation import ConfigValue, LocalWorkspace, OpType, Stack, fully_qualified_stack_name
from pulumi.runtime.proto import provider_pb2_grpc

from engine.install import Engine
from sandbox.provider.install import install
from sandbox.provider.table import plugin_version
from tests.sandbox.emulator.conftest import Server
from tests.sandbox.provider.conftest import REGION

PROGRAM = """
import json
import pulumi
import pulumi_aws as aws

settings = pulumi.Config()
root = aws.organizations.get_organization().roots[0].id
unit = aws.organizations.OrganizationalUnit("unit", name="Development", parent_id=root)
account = aws.organizations.Account(
    "account", name="Developer", email="developer@example.com", role_name="Access", close_on_deletion=True
)
inside = aws.Provider(
    "inside",
    region="us-west-2",
    allowed_account_ids=[account.id],
    assume_roles=[aws.ProviderAssumeRoleArgs(role_arn=account.id.apply(lambda id_: f"arn:aws:iam::{id_}:role/Access"))],
    default_tags=aws.ProviderDefaultTagsArgs(tags={"Owner": "platform"}),
)
trust = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}],
}
role = aws.iam.Role(
    "role",
    assume_role_policy=json.dumps(trust),
    description=settings.get_secret("description"),
    tags={"Name": "role"},
    opts=pulumi.ResourceOptions(provider=inside),
)
vaults = [
    aws.backup.Vault(f"vault-{region}", name="Default", region=region, opts=pulumi.ResourceOptions(provider=inside))
    for region in ("us-west-2", "us-east-1")
]
if settings.get_bool("user"):
    aws.iam.User("ann", name="ann", opts=pulumi.ResourceOptions(import_=settings.get("import")))
pulumi.export("account", account.id)
pulumi.export("role", role.arn)
pulumi.export("role name", role.name)
pulumi.export("tags", role.tags_all)
pulumi.export("caller", aws.get_caller_identity().account_id)
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    return install(tmp_path / "home", Path(sys.executable))


def test_installed_where_the_engine_looks(plugin: Path, tmp_path: Path) -> None:
    assert plugin == tmp_path / "home" / "plugins" / f"resource-aws-v{plugin_version()}" / "pulumi-resource-aws"
    assert os.access(plugin, os.X_OK)
    assert install(tmp_path / "home", Path(sys.executable)) == plugin
    assert [item.name for item in plugin.parent.iterdir()] == ["pulumi-resource-aws"]


def started(plugin: Path, **more: Any) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen([plugin, "127.0.0.1:1"], stdout=subprocess.PIPE, text=True, cwd=plugin.parent, **more)
    assert process.stdout
    return process, int(process.stdout.readline())


def test_process_serves_and_ends_when_told(plugin: Path) -> None:
    process, port = started(plugin)
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            assert stub.GetPluginInfo(empty_pb2.Empty(), timeout=10).version == plugin_version()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=4) == 0, "the engine waits five seconds before it kills"
    finally:
        process.kill()


def test_process_ends_when_the_engine_was_killed(plugin: Path) -> None:
    script = f"{plugin} 127.0.0.1:1 & echo $!; wait"
    parent = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    numbers = {int(parent.stdout.readline()), int(parent.stdout.readline())}  # its process id, and its port
    parent.kill()
    parent.wait()
    end = time.monotonic() + 10
    while any(_is_plugin(number) for number in numbers):
        assert time.monotonic() < end, "the plugin outlives the engine"
        time.sleep(0.1)


def _is_plugin(number: int) -> bool:
    try:
        return b"sandbox.provider" in Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return False


@pytest.fixture
def stack(
    pulumi_engine: Engine, plugin: Path, emulator: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Stack:
    assert plugin
    assert emulator
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "Pulumi.yaml").write_text("name: lifecycle\nruntime: python\n")
    (tmp_path / "state").mkdir()
    # The engine runs the program by the `python` that it finds.
    monkeypatch.setenv(
        "PATH", os.pathsep.join([str(pulumi_engine.bin), str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    settings = {
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "AWS_REGION": REGION,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    workspace = LocalWorkspace(work_dir=str(folder), env_vars=settings, pulumi_home=settings["PULUMI_HOME"])
    return Stack.create(fully_qualified_stack_name("organization", "lifecycle", "test"), workspace)


def changes(result: Any) -> dict[str, int]:
    """How many resources an update changed how, the stack and the provider included."""
    return {
        str(getattr(kind, "value", kind)): number for kind, number in (result.summary.resource_changes or {}).items()
    }


@pytest.mark.e2e
def test_with_the_real_engine(stack: Stack, emulator: Server, tmp_path: Path) -> None:
    emulator.client("organizations").create_organization(FeatureSet="ALL")
    stack.set_config("description", ConfigValue("hush-hush", secret=True))
    assert stack.preview().change_summary == {OpType.CREATE: 7}

    outputs = stack.up().outputs
    account, role = outputs["account"].value, outputs["role name"].value
    assert outputs["role"].value == f"arn:aws:iam::{account}:role/{role}"
    assert outputs["tags"].value == {"Name": "role", "Owner": "platform"}
    assert outputs["caller"].value == "123456789012"
    state = "".join(file.read_text() for file in (tmp_path / "state").rglob("test.json"))
    assert role in state
    assert "hush-hush" not in state, "a secret input is secret in the outputs"
    assert changes(stack.up()) == {"same": 7}

    access = {"RoleArn": f"arn:aws:iam::{account}:role/Access", "RoleSessionName": "by-hand"}
    keys = emulator.client("sts").assume_role(**access)["Credentials"]
    for region in ("us-west-2", "us-east-1"):
        assert emulator.client("backup", keys, region).describe_backup_vault(BackupVaultName="Default")
    emulator.client("iam", keys).delete_role(RoleName=role)
    assert changes(stack.refresh()) == {"delete": 1, "same": 6}
    assert changes(stack.up()) == {"create": 1, "same": 6}

    emulator.client("iam").create_user(UserName="ann")
    stack.set_config("user", ConfigValue("true"))
    stack.set_config("import", ConfigValue("ann"))
    assert changes(stack.up()) == {"import": 1, "same": 7}
    stack.remove_config("import")
    assert changes(stack.up()) == {"same": 8}

    assert changes(stack.destroy()) == {"delete": 8}
    assert emulator.client("organizations").describe_account(AccountId=account)["Account"]["Status"] == "SUSPENDED"
