"""`--affected=deployed`: what has changed since each stack's last deployment, with the real engine."""

import gzip
import json
import subprocess
import time
from pathlib import Path

import pytest

from automation import operations
from automation.backend.history import Deployment, last_deployment
from automation.processes import end_session
from automation.selection import deployed
from automation.selection.choose import NothingChosen, choose
from shared.errors import UsageError
from shared.layers import StackId, discover
from tests.automation.small_repository import Repository

PROD = "prod"
ALL = ["org", "identity", "policies", "accounts/one"]
HEAD = "a" * 40
IGNORED = "state\nhome\nshelf\n.runs\n.inputs\n.engine\n.venv\n__pycache__\n"


def git(repository: Repository, *words: str) -> str:
    """Run git in the repository; what it prints."""
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    done = subprocess.run(["git", *who, *words], cwd=repository.root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(repository: Repository) -> str:
    """Commit everything; the commit."""
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "work")
    return git(repository, "rev-parse", "HEAD")


def deploy(repository: Repository, *only: str) -> None:
    """Deploy the stacks whose names are given, or all."""
    run = repository.run(PROD)
    chosen = [stack for stack in run.stacks if not only or stack.label in only]
    assert operations.deploy(run, chosen, yes=True, interactive=False) == 0, repository.printed.getvalue()


def affected(repository: Repository) -> list[str]:
    """The labels of the stacks that have to be deployed."""
    try:
        found = choose(discover(PROD, repository.root), affected="deployed", root=repository.root)
    except NothingChosen:
        return []
    return [each.label for each in found]


@pytest.fixture
def committed(repository: Repository) -> Repository:
    """Four stacks, which exist and have nothing yet, in git."""
    git(repository, "init", "--quiet", "--initial-branch", "main")
    (repository.root / ".gitignore").write_text(IGNORED)
    for label in ALL:
        repository.plan(label, {}, environment=PROD)
    run = repository.run(PROD)
    for stack in run.stacks:
        run.engine.create(stack)  # which writes to the stack's file
    commit(repository)
    return repository


def test_the_life_of_some_stacks(committed: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert affected(committed) == ALL
    assert "identity counts as affected: it was never deployed\n" in capsys.readouterr().err

    first = commit(committed)
    deploy(committed)
    assert affected(committed) == []
    assert capsys.readouterr().err == ""

    # On the default branch, after a merge.
    committed.plan("identity", {"ada": {"color": "red"}}, environment=PROD)
    assert affected(committed) == ["identity"]
    commit(committed)
    assert affected(committed) == ["identity"]
    deploy(committed, "identity")
    assert affected(committed) == []

    # What a step back takes away is a change of what was deployed since.
    git(committed, "checkout", "--quiet", first)
    assert affected(committed) == ["identity"]
    git(committed, "checkout", "--quiet", "main")

    # Plain `pulumi up`, with a change that is not committed.
    committed.plan("policies", {"tags": {"color": "blue"}}, environment=PROD)
    plain(committed, "policies", "up", "--yes", "--skip-preview")
    git(committed, "checkout", "--quiet", ".")
    assert affected(committed) == ["policies"]
    head = git(committed, "rev-parse", "HEAD")
    said = f"policies counts as affected: it was deployed from uncommitted changes, commit {head[:7]}\n"
    assert capsys.readouterr().err == said
    plain(committed, "policies", "up", "--yes", "--skip-preview")
    assert affected(committed) == []

    # A part of it, and no deployment.
    plain(
        committed,
        "org",
        "up",
        "--yes",
        "--skip-preview",
        "--target",
        "urn:pulumi:prod::org::pulumi:pulumi:Stack::org-prod",
    )
    plain(committed, "identity", "refresh", "--yes", "--skip-preview")
    capsys.readouterr()
    assert affected(committed) == ["org", "identity"]
    assert capsys.readouterr().err == (
        "org counts as affected: its last deployment was of a part of it, or with another configuration\n"
        "identity counts as affected: what was done last to it is no deployment: refresh\n"
    )


def plain(repository: Repository, layer: str, *words: str) -> None:
    """Plain `pulumi`, whose failure is part of the story."""
    command = [repository.engine.command.command, "--non-interactive", *words, "--stack", PROD]
    subprocess.run(command, cwd=repository.root / "stacks" / layer, capture_output=True, check=False)


def test_a_deployment_that_failed(committed: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    committed.plan("org", {}, error="no", environment=PROD)
    commit(committed)
    plain(committed, "org", "up", "--yes", "--skip-preview")
    assert "org" in affected(committed)
    assert "org counts as affected: its last deployment has not succeeded: failed\n" in capsys.readouterr().err


def test_an_engine_that_was_killed_leaves_only_the_state(
    committed: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy(committed, "org")
    committed.plan("org", {"a": {"color": "red"}, "b": {"color": "red", "seconds": 60}}, environment=PROD)
    command = [committed.engine.command.command, "up", "--yes", "--skip-preview", "--stack", PROD, "--non-interactive"]
    engine = subprocess.Popen(
        command, cwd=committed.root / "stacks/org", stdout=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 100
    while "a" not in committed.items():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1)  # until it is in the state, too
    end_session(engine.pid)
    engine.wait()
    git(committed, "checkout", "--quiet", ".")
    assert "org" in affected(committed)
    assert "org counts as affected: its state was changed after its last deployment\n" in capsys.readouterr().err


def test_a_commit_that_is_not_here(committed: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    deploy(committed, "org")
    last = commit(committed)
    subprocess.run(["rm", "-rf", ".git"], cwd=committed.root, check=True)
    git(committed, "init", "--quiet", "--initial-branch", "main")
    commit(committed)
    assert "org" in affected(committed)
    said = capsys.readouterr().err
    assert "org counts as affected: it was deployed from commit " in said
    assert "which this repository does not have (a shallow clone lacks it: git fetch --unshallow)" in said
    assert last


def test_the_engine_is_asked_where_the_backend_is_no_folder(
    committed: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy(committed, "org")
    monkeypatch.setattr(deployed, "folder_of", lambda _backend: None)
    monkeypatch.setattr("automation.backend.history.folder_of", lambda _backend: None)
    monkeypatch.setattr(deployed, "get_engine", lambda _root, _progress: committed.engine)
    assert affected(committed) == ["identity", "policies", "accounts/one"]
    committed.plan("accounts/two", {}, environment=PROD)
    assert affected(committed) == ["identity", "policies", "accounts/one", "accounts/two"]
    assert "accounts/two counts as affected: it was never deployed\n" in capsys.readouterr().err
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///nonexistent")
    with pytest.raises(
        UsageError, match=r"the state backend of environment 'prod' cannot be read: (?s:.)*invoke doctor"
    ):
        affected(committed)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{", Deployment(None, "the history of its deployments cannot be read")),
        (b"[]", Deployment(None, "the history of its deployments cannot be read")),
        (b'{"kind": "update", "result": "succeeded", "environment": {}}',
         Deployment(None, "its last deployment was not from a git repository")),
        (b'{"kind": "update", "result": "succeeded", "environment": {"git.head": "' + b"a" * 40 + b'"}}',
         Deployment(None, "it was deployed from uncommitted changes, commit aaaaaaa")),
        (gzip.compress(b'{"kind": "destroy"}', mtime=0),
         Deployment(None, "what was done last to it is no deployment: destroy")),
    ],
)  # fmt: skip
def test_what_a_history_file_says(tmp_path: Path, content: bytes, expected: Deployment) -> None:
    folder = tmp_path / ".pulumi" / "history" / "org" / "prod"
    folder.mkdir(parents=True)
    (folder / "prod-99.history.json").write_bytes(b"{")
    (folder / "old-100.history.json").write_bytes(content)
    (folder / "prod-101.checkpoint.json").write_bytes(b"{}")
    assert last_deployment(StackId("org", "prod"), tmp_path.as_uri(), lambda _stack, _command: None) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-27T23:57:02.727119373Z", HEAD),
        ("2026-11-28T00:57:02.727119373+01:00", HEAD),
        ("2026-11-27T23:57:03Z", None),
    ],
)
def test_the_state_may_be_newer_than_the_history(written: str, expected: str | None) -> None:
    answers: dict[str, object] = {
        "history": [
            {
                "kind": "update",
                "result": "succeeded",
                "environment": {"git.head": HEAD, "git.dirty": "false"},
                "endTime": "2026-11-27T23:57:02.000Z",
            }
        ],
        "export": {"deployment": {"manifest": {"time": written}}},
    }

    def ask(_stack: StackId, command: list[str]) -> str:
        return json.dumps(answers[command[1]])

    stack = StackId("org", "prod")
    assert last_deployment(stack, "s3://bucket", ask).commit == expected
    # Pulumi Cloud has a record of every update, and a clock of its own.
    assert last_deployment(stack, "https://api.pulumi.com", ask).commit == HEAD
    answers["history"] = [{**answers["history"][0], "endTime": 1795823822}]  # type: ignore[index]
    assert last_deployment(stack, "s3://bucket", ask).commit == expected
