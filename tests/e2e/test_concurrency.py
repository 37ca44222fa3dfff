"""Two people at once: the second one is told whose run is at work, and nothing is made twice or wiped in mid-run."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import Project, kill_tree
from tests.e2e.test_faults import organization_exists, wait_for

pytestmark = pytest.mark.e2e

AT_WORK = r"another run is at work (on|here).*\n  \S+@\S+, process {pid}, since .* UTC: invoke deploy-all\n"


def deploying(project: Project) -> subprocess.Popen[str]:
    """A `deploy-all` of an empty sandbox, at work."""
    project.invoke("sandbox.start")
    project.invoke("sandbox.reset")
    project.invoke("sandbox.start")
    running = project.start("deploy-all")
    wait_for(lambda: running.poll() is not None or organization_exists(project))
    return running


def test_of_two_deployments_at_once_the_second_is_refused_or_waits(project: Project) -> None:
    running = deploying(project)
    refused = project.invoke("deploy-all", expect=1).output
    assert re.search(AT_WORK.format(pid=running.pid), refused), refused
    assert "Traceback" not in refused
    waited = project.invoke("deploy-all", "--wait").output
    first, _ = running.communicate(timeout=60)
    assert running.returncode == 0, first
    assert "Waiting for it to end" in waited
    assert waited.count("| unchanged (inputs)") == 5, waited
    assert len(project.aws("organizations").list_accounts()["Accounts"]) == 3


def test_teams_deploy_their_own_stacks_side_by_side(project: Project) -> None:
    project.invoke("deploy-all")
    names = ("accounts/developer", "accounts/shared-test")
    both = [project.start("up", name, "--force") for name in names]
    for running in both:
        output, _ = running.communicate(timeout=120)
        assert running.returncode == 0, output


def test_the_sandbox_is_not_emptied_or_stopped_under_a_deployment(project: Project) -> None:
    running = deploying(project)
    for command in ("sandbox.reset", "sandbox.stop"):
        refused = project.invoke(command, expect=1).output
        assert re.search(AT_WORK.format(pid=running.pid), refused), refused
    output, _ = running.communicate(timeout=120)
    assert running.returncode == 0, output
    project.invoke("sandbox.reset")
    assert not state_files(project)


def test_a_killed_deployment_keeps_nobody_away(project: Project) -> None:
    running = deploying(project)
    kill_tree(running)
    project.invoke("deploy-all")
    project.invoke("sandbox.reset")
    assert not state_files(project)


def state_files(project: Project) -> list[Path]:
    return list((project.root / ".sandbox" / "state").rglob("*"))
