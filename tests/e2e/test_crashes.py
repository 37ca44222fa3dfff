"""Crashes in the middle of a deployment: `invoke deploy-all` run again ends where an undisturbed one would."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from shared.layers import StackId
from tests.e2e import accidents
from tests.e2e.project import Project
from tests.states import in_state

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("upstream")]

CREATE_ACCOUNT = {"service": "organizations", "action": "CreateAccount"}
CREATE_ROLE = {"service": "iam", "action": "CreateRole"}


SECONDS = 3
"""How long a call is held up: enough to kill something meanwhile, on a machine that is busy too."""


def unrecorded_roles(project: Project, name: str, email: str) -> set[str]:
    """The roles that a member account has and the state of its stack has not."""
    listed = project.aws("organizations").list_accounts()["Accounts"]
    account = next(account["Id"] for account in listed if account["Email"] == email)
    iam = project.aws("iam", project.inside(account))
    in_aws = {role["RoleName"] for role in iam.list_roles()["Roles"]} - {"OrganizationAccountAccessRole"}
    recorded = in_state(project.root / ".sandbox" / "state", StackId("accounts", "sandbox", name))
    return in_aws - {each.name for each in recorded if each.type == "aws:iam/role:Role"}


def test_a_provider_killed_while_it_makes_an_account_and_once_more_while_it_makes_roles(project: Project) -> None:
    email = accidents.add_account(project, "provider")
    only = ("--only", "accounts/provider")
    accidents.faults(project, {**CREATE_ACCOUNT, "delay_seconds": SECONDS})
    run = accidents.reach(project, "organizations", "CreateAccount", "deploy-all", *only)
    accidents.kill(run, "provider")
    output = accidents.ended(run)
    assert "aws:organizations/account:Account account: error reading from server" in output
    assert "the AWS provider's process ended at that moment" in output
    assert "exited prematurely" not in output
    # The request was on its way.
    accidents.until(lambda: email in accidents.accounts(project))

    # Each of its roles is held up: which of them the engine asks for first is not known.
    accidents.faults(project, {**CREATE_ROLE, "delay_seconds": SECONDS, "times": 3})
    run = accidents.reach(project, "iam", "CreateRole", "deploy-all", *only)
    accidents.kill(run, "provider")
    output = accidents.ended(run)
    assert "accounts/provider: importing aws:organizations/account:Account account, which an earlier run" in output
    assert "the AWS provider's process ended at that moment" in output
    accidents.until(lambda: unrecorded_roles(project, "provider", email))
    time.sleep(SECONDS)
    lost = unrecorded_roles(project, "provider", email)
    accidents.control(project, "DELETE", "faults")
    again = accidents.converges(project, *only)
    for role in lost:
        assert f"importing aws:iam/role:Role {role}, which an earlier run" in again
    account = project.outputs("accounts/provider")["accountId"]
    for region in ("us-west-2", "us-east-1"):
        vaults = project.aws("backup", project.inside(account), region).list_backup_vaults()["BackupVaultList"]
        assert [vault["BackupVaultName"] for vault in vaults] == ["Default"]


def test_a_killed_engine_of_one_stack_while_the_run_goes_on(project: Project) -> None:
    accidents.add_account(project, "engine")
    accidents.faults(project, {**CREATE_ACCOUNT, "delay_seconds": SECONDS})
    chosen = ("--only", "accounts/engine", "--only", "identity")
    run = accidents.reach(project, "organizations", "CreateAccount", "deploy-all", *chosen)
    accidents.kill(run, "pulumi")
    output = accidents.ended(run)
    assert "the engine was killed (SIGKILL) while it was at work on the stack; run this again" in output
    assert "Error in event stream" not in output
    again = accidents.converges(project, *chosen)
    assert "removed the lock of a run that was killed" in again


def test_a_killed_emulated_aws(project: Project) -> None:
    email = accidents.add_account(project, "emulator")
    # So that the provider gives up after a moment.
    with (project.root / "stacks/accounts/Pulumi.sandbox.emulator.yaml").open("a") as file:
        file.write("  aws:maxRetries: 1\n")
    accidents.faults(project, {**CREATE_ACCOUNT, "code": "IN_PROGRESS", "delay_seconds": SECONDS})
    only = ("--only", "accounts/emulator")
    run = accidents.reach(project, "organizations", "DescribeCreateAccountStatus", "deploy-all", *only)
    os.kill(accidents.record(project)["pid"], signal.SIGKILL)
    output = accidents.ended(run)
    assert "EndpointConnectionError" in output
    assert "running this again starts the emulated one again" in output
    again = accidents.converges(project, *only)
    assert "the emulated AWS listens on" in again
    assert accidents.accounts(project)[email] == 1


def test_ctrl_c_while_aws_makes_an_account(project: Project) -> None:
    email = accidents.add_account(project, "stopped")
    accidents.faults(project, {**CREATE_ACCOUNT, "code": "IN_PROGRESS", "delay_seconds": SECONDS})
    only = ("--only", "accounts/stopped")
    run = accidents.reach(project, "organizations", "DescribeCreateAccountStatus", "deploy-all", *only)
    run.send_signal(signal.SIGINT)
    assert "stopping: each stack finishes" in accidents.ended(run, code=130)
    assert not list((project.root / ".sandbox/state/.pulumi/locks").rglob("*stopped/*.json"))
    # AWS is still at it: the next run waits, and asks for nothing.
    asked = accidents.calls(project, "organizations", "CreateAccount")
    again = accidents.converges(project, *only)
    assert "removed the lock" not in again
    assert accidents.accounts(project)[email] == 1
    assert accidents.calls(project, "organizations", "CreateAccount") == asked


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """`folder` on a file system of 8 MB with the same in it; a file that fills it up can be written to its path."""
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=True)
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        yield folder / "filler"
    finally:
        shutil.rmtree(aside)
        shutil.copytree(folder, aside)
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()
        aside.rename(folder)


def fill(filler: Path) -> None:
    """Take what room there is; ENOSPC is the end of it."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_full_disk(project: Project) -> None:
    email = accidents.add_account(project, "disk")
    only = ("--only", "accounts/disk")
    with small_disk(project.root / ".sandbox" / "state") as filler:
        # From the start: nothing is begun.
        fill(filler)
        output = project.invoke("deploy-all", *only, expect=1).output
        assert f"the disk with the state is full: 0 kB are free in {filler.parent}" in output
        assert email not in accidents.accounts(project)
        filler.unlink()

        # In the middle: the account is made, and its state cannot be saved.
        accidents.faults(project, {**CREATE_ACCOUNT, "delay_seconds": SECONDS})
        run = accidents.reach(project, "organizations", "CreateAccount", "deploy-all", *only)
        fill(filler)
        output = accidents.ended(run)
        assert "no space left on device" in output
        assert f"{filler.parent}/" in output
        assert "make room there, then run this again" in output
        assert accidents.accounts(project)[email] == 1

        subprocess.run(["mount", "-o", "remount,size=64m", str(filler.parent)], check=True)
        again = accidents.converges(project, *only)
        assert "importing aws:organizations/account:Account account, which an earlier run had begun" in again
