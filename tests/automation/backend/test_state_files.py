"""The state as files: a full disk, and what it cuts off."""

import json
from pathlib import Path

import pytest

from automation import operations
from automation.backend import state_files
from shared.errors import UsageError
from shared.layers import StackId
from tests.automation.small_repository import Repository

ORG = StackId("org", "sandbox")
RED = {"color": "red"}
WHOLE = json.dumps({"version": 3})


def state_file(backend: Path) -> Path:
    """Where the state of the organization's stack is."""
    file = backend / ".pulumi" / "stacks" / "org" / "sandbox.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def test_nothing_is_begun_without_room(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.plan("org", {"one": RED})
    monkeypatch.setattr(state_files, "ROOM_BYTES", 2**60)
    run = repository.run()
    assert operations.deploy(run, run.stacks, yes=True, interactive=False) == 1
    assert f"kB are free in {repository.state}, and" in repository.printed.getvalue()
    assert repository.items() == {}


def test_room_is_of_no_concern_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_files, "ROOM_BYTES", 2**60)
    assert state_files.no_room("s3://bucket") is None
    assert state_files.no_room((tmp_path / "later").as_uri()) is None
    monkeypatch.setattr(state_files, "ROOM_BYTES", 1)
    assert state_files.no_room(tmp_path.as_uri()) is None


@pytest.mark.parametrize(
    ("before", "backups", "expected"),
    [
        (WHOLE, {}, WHOLE),
        (WHOLE[:5], {"sandbox.1.json": "older", "sandbox.2.json": WHOLE}, WHOLE),
        (WHOLE[:5], {"sandbox.1.json": WHOLE, "sandbox.2.json": WHOLE[:5]}, WHOLE),
        ("", {}, None),
        (None, {}, None),
    ],
)
def test_the_newest_whole_copy_is_put_back(
    tmp_path: Path, before: str | None, backups: dict[str, str], expected: str | None
) -> None:
    file = state_file(tmp_path)
    file.write_text(WHOLE[:9])
    file.with_name("sandbox.json.attrs").write_text("")
    if before is not None:
        file.with_name("sandbox.json.bak").write_text(before)
    folder = tmp_path / ".pulumi" / "backups" / "org" / "sandbox"
    folder.mkdir(parents=True)
    for name, content in backups.items():
        (folder / name).write_text(content)
    (line,) = state_files.repair(tmp_path.as_uri(), [ORG, StackId("identity", "sandbox")])
    assert line.startswith("org: its state was cut off")
    assert (file.read_text() if file.exists() else None) == expected
    assert file.with_name("sandbox.json.damaged").read_text() == WHOLE[:9]
    assert not file.with_name("sandbox.json.attrs").exists()
    assert state_files.repair(tmp_path.as_uri(), [ORG]) == []


def test_other_backends_are_left_alone() -> None:
    assert state_files.repair("s3://bucket", [ORG]) == []


def test_a_state_that_is_cut_off_is_repaired_in_the_sandbox_and_named_elsewhere(repository: Repository) -> None:
    for environment in ("sandbox", "prod"):
        repository.plan("org", {environment: RED}, environment=environment)
        run = repository.run(environment)
        assert operations.deploy(run, run.stacks, yes=True, interactive=False) == 0
    file = state_file(repository.state)
    production = file.with_name("prod.json")
    whole = production.read_text()
    production.write_text(whole[:200])
    run = repository.run("prod")
    with pytest.raises(UsageError, match=r"prod\.json is cut off; the newest whole copy is .*prod\.json\.bak: put"):
        operations.deploy(run, run.stacks, yes=True, interactive=False)
    production.write_text(whole)

    file.write_text(file.read_text()[:200])
    run = repository.run()
    assert operations.deploy(run, run.stacks, yes=True, interactive=False) == 0
    assert "org: its state was cut off, by a full disk: put back the one before" in repository.printed.getvalue()
