"""What a team does with its state, the same in a folder, in a bucket of S3 and in Pulumi Cloud: with the real engine.

A colleague works in a copy of the repository, with what that copy remembers. With a key of KMS a team works in
`tests/e2e/test_rehearsal.py`.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from automation import operations
from automation.processes import end_session
from automation.runs import Run
from bench.s3 import Server
from engine import checks
from shared.layers import StackId
from tests.automation.backend.conftest import OWNER, TOKENS
from tests.automation.small_repository import Repository

PROD = "prod"
ORG = StackId("org", PROD)
IDENTITY = StackId("identity", PROD)
LABELS = ("org", "identity")
RED, BLUE = {"color": "red"}, {"color": "blue"}
SKIPPED = "unchanged (inputs)"
CANCEL = "pulumi cancel -s prod --cwd stacks/org"


def colleague_s() -> dict[str, str]:
    """The colleague's environment variables."""
    return {**os.environ, "PULUMI_ACCESS_TOKEN": TOKENS["colleague"]}


@dataclass
class Team:
    """The repository here, and that of a colleague; both have the backend at `url`."""

    here: Repository
    colleague: Repository
    url: str
    calls: int = 0
    """How many engine commands it takes to see that nothing has changed."""
    cloud: bool = False
    """Whether it is Pulumi Cloud."""

    def plan(self, color: dict[str, Any] = RED, *, colleague: bool = True, **more: Any) -> None:
        for each in (self.here, self.colleague) if colleague else (self.here,):
            each.plan("org", {"org": color, **more}, environment=PROD)
            each.plan("identity", {"identity": RED}, environment=PROD)

    def deploy(self, who: Repository, expect: int = 0, **options: Any) -> tuple[dict[str, str], Run]:
        """Deploy everything; what the summary says of each stack."""
        run = who.run(PROD)
        code = operations.deploy(run, run.stacks, yes=True, interactive=False, **options)
        printed = who.printed.getvalue()
        assert code == expect, printed
        rows = [line.split("  ") for line in printed[printed.rindex("stack  ") :].splitlines()]
        words = [[cell.strip() for cell in row if cell.strip()] for row in rows]
        return {row[0]: row[1] for row in words if row and row[0] in LABELS}, run

    def state_of(self, stack: StackId) -> dict[str, Any]:
        """Where the bucket has the state of the stack."""
        bucket = self.url.removeprefix("s3://").partition("?")[0]
        return {"Bucket": bucket, "Key": f".pulumi/stacks/{stack.project}/{stack.name}.json"}

    def pulumi(self, *words: str, expect: int = 0) -> str:
        """The colleague uses plain Pulumi on org."""
        command = [self.here.engine.command.command, *words, "--non-interactive", "--stack", ORG.name]
        where = ORG.folder(self.colleague.root)
        done = subprocess.run(command, cwd=where, env=colleague_s(), capture_output=True, text=True)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(params=["folder", "s3", "cloud"])
def team(
    request: pytest.FixtureRequest, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Team:
    url = repository.state.as_uri()
    if request.param == "cloud":
        url = request.getfixturevalue("cloud").url
        monkeypatch.setenv("PULUMI_DEFAULT_ORGANIZATION", OWNER)
        monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    elif request.param != "folder":
        url = request.getfixturevalue("bucket")
        monkeypatch.setenv("PULUMI_BACKEND_URL", url)
    monkeypatch.setattr(checks, "caller", lambda _variables: {"account": "111111111111"})
    other = tmp_path / "colleague"
    colleague = Repository(other, repository.engine)
    shutil.rmtree(colleague.shelf)
    colleague.shelf = repository.shelf
    # The engine alone reads Pulumi Cloud: which stacks there are, and each state.
    made = Team(repository, colleague, url, calls=3 if request.param == "cloud" else 0, cloud=request.param == "cloud")
    if request.param == "s3 and kms":
        monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
        server: Server = request.getfixturevalue("server")
        for each in (repository, colleague):
            for stack in (ORG, IDENTITY):
                stack.folder(each.root).mkdir(parents=True)
                stack.config_file(each.root).write_text(f"secretsprovider: {server.key()}\nconfig: {{}}\n")
    return made


@pytest.fixture
def deployed(team: Team) -> Team:
    """Two stacks, of which identity reads org, both deployed from here."""
    team.plan()
    assert team.deploy(team.here)[0] == {"org": "deployed", "identity": "deployed"}
    for stack in (ORG, IDENTITY):  # the engine has written into it what the encryption needs
        shutil.copy(stack.config_file(team.here.root), stack.config_file(team.colleague.root))
    return team


def nothing_is_run_for_nothing(deployed: Team) -> None:
    found, run = deployed.deploy(deployed.here)
    assert found == {"org": SKIPPED, "identity": SKIPPED}
    assert run.engine.processes.calls == deployed.calls


def a_colleague_s_update_that_changes_nothing_is_no_change(deployed: Team) -> None:
    assert deployed.deploy(deployed.colleague)[0] == {"org": "unchanged", "identity": "unchanged"}
    deployed.pulumi("up", "--yes", "--skip-preview")
    deployed.pulumi("refresh", "--yes", "--skip-preview")
    found, run = deployed.deploy(deployed.here)
    assert found == {"org": SKIPPED, "identity": SKIPPED}
    assert run.engine.processes.calls == deployed.calls
    # Nor is it for the colleague, whose copy has seen another update last.
    found, _ = deployed.deploy(deployed.colleague)
    assert found == {"org": SKIPPED, "identity": SKIPPED}, deployed.colleague.printed.getvalue()


def a_colleague_s_change_is_seen(deployed: Team) -> None:
    deployed.colleague.plan("org", {"org": BLUE}, environment=PROD)
    assert deployed.deploy(deployed.colleague)[0]["org"] == "deployed"
    assert deployed.deploy(deployed.here)[0] == {"org": "deployed", "identity": SKIPPED}
    assert "org      | deploying (state)" in deployed.here.printed.getvalue()
    assert deployed.here.items()["org"] == "red"


def outputs_that_a_colleague_changes_are_seen_downstream(deployed: Team) -> None:
    deployed.plan(more=BLUE)
    assert deployed.deploy(deployed.colleague)[0]["org"] == "deployed"
    assert deployed.deploy(deployed.here)[0] == {"org": "unchanged", "identity": "unchanged"}
    assert "identity | deploying (outputs of org" in deployed.here.printed.getvalue()


def what_a_colleague_refreshes_or_removes_is_seen(deployed: Team) -> None:
    item = deployed.here.shelf / "org.json"
    item.write_text(json.dumps({**json.loads(item.read_text()), "color": "blue"}))
    assert deployed.deploy(deployed.here)[0]["org"] == SKIPPED, "what is in the cloud is no input"
    deployed.pulumi("refresh", "--yes", "--skip-preview")
    assert deployed.deploy(deployed.here)[0] == {"org": "deployed", "identity": SKIPPED}
    deployed.pulumi("stack", "rm", "--force", "--yes", "--preserve-config")
    item.unlink()
    assert deployed.deploy(deployed.here)[0] == {"org": "deployed", "identity": SKIPPED}


def drift_is_found(deployed: Team) -> None:
    item = deployed.here.shelf / "org.json"
    if not deployed.cloud:
        run = deployed.here.run(PROD)
        assert operations.drift(run, run.stacks) == 0
    item.write_text(json.dumps({**json.loads(item.read_text()), "color": "blue"}))
    run = deployed.here.run(PROD)
    assert operations.drift(run, run.stacks) != 0
    assert "org" in deployed.here.printed.getvalue()


def test_what_a_team_does(deployed: Team) -> None:
    # One after the other: each begins with two stacks that are deployed, and leaves them so.
    a_colleague_s_update_that_changes_nothing_is_no_change(deployed)
    if not deployed.cloud:  # there an engine reads each state, which takes its time: the other ones have the same
        nothing_is_run_for_nothing(deployed)
        a_colleague_s_change_is_seen(deployed)
        what_a_colleague_refreshes_or_removes_is_seen(deployed)
    outputs_that_a_colleague_changes_are_seen_downstream(deployed)
    drift_is_found(deployed)


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


@pytest.fixture
def at_work(deployed: Team) -> Iterator["subprocess.Popen[bytes]"]:
    """The engine of a colleague, who is making something that takes its time."""
    deployed.colleague.plan("org", {"org": RED, "slow": {"color": "red", "seconds": 90}}, environment=PROD)
    command = [deployed.here.engine.command.command, "up", "--yes", "--skip-preview", "--non-interactive"]
    with subprocess.Popen(
        [*command, "--stack", ORG.name],
        cwd=ORG.folder(deployed.colleague.root),
        env=colleague_s(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        until((deployed.here.shelf / "slow.json").exists)
        yield process
        process.kill()
        process.wait()
        end_session(process.pid)


# A folder that a killed engine left locked: `tests/e2e/test_disaster_recovery.py`.
@pytest.mark.parametrize("team", ["s3", "cloud"], indirect=True)
def test_while_a_colleague_is_at_work_it_is_said_who_and_what_to_do_when_that_engine_was_killed(
    deployed: Team, at_work: "subprocess.Popen[bytes]"
) -> None:
    deployed.here.plan("org", {"org": BLUE}, environment=PROD)
    found, _ = deployed.deploy(deployed.here, expect=1)
    assert found["org"] == "failed"
    printed = deployed.here.printed.getvalue()
    who = "(colleague, update, since 20" if deployed.cloud else f", process {at_work.pid}, since 20"
    assert who in printed, printed
    assert "Traceback" not in printed
    assert deployed.here.items()["org"] == "red"

    at_work.kill()
    at_work.wait()
    end_session(at_work.pid)
    deployed.deploy(deployed.here, expect=1)
    printed = deployed.here.printed.getvalue()
    assert who in printed
    assert CANCEL in printed
    subprocess.run([*CANCEL.split(), "--yes"], cwd=deployed.here.root, check=True, capture_output=True)
    assert deployed.deploy(deployed.here)[0]["org"] == "deployed"
    printed = deployed.here.printed.getvalue()
    assert "Item slow, which an earlier run was killed while it created, is no longer wanted" in printed
    assert deployed.here.items()["org"] == "blue"


@pytest.mark.parametrize("team", ["s3", "s3 and kms"], indirect=True)
def test_a_bucket_s_no_op_takes_two_calls(server: Server, team: Team) -> None:
    team.plan()
    team.deploy(team.here)
    # The first run found no backend yet, so its engine read what it had written; the second one reads it once.
    team.deploy(team.here)
    server.calls()
    assert team.deploy(team.here)[0] == {"org": SKIPPED, "identity": SKIPPED}
    calls = server.calls()
    assert len(calls) == 2, calls


@pytest.mark.parametrize("team", ["s3 and kms"], indirect=True)
def test_secrets_are_encrypted_with_the_key_that_the_file_names(server: Server, deployed: Team) -> None:
    deployed.here.plan("identity", {"identity": RED}, secret=True, environment=PROD)
    deployed.deploy(deployed.here)
    state = json.loads(server.client().get_object(**deployed.state_of(IDENTITY))["Body"].read())
    assert state["checkpoint"]["latest"]["secrets_providers"]["type"] == "cloud"
    assert "hush" not in json.dumps(state)
    run = deployed.here.run(PROD)
    assert (run.engine.outputs(IDENTITY, show_secrets=True) or {}).get("word") == "hush"
