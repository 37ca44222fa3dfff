"""Programs run by the shared language host, as the engine's own would run them."""

import dataclasses
import time
from pathlib import Path
from typing import Any

import pytest

from automation import operations
from automation.processes import session_of
from automation.programs import Programs
from shared.layers import StackId
from tests.automation.small_repository import PROGRAM, Repository

RED = {"color": "red"}
ORG = StackId("org", "sandbox")


def deploy(repository: Repository, program: str, expect: int) -> str:
    """Deploy org with `program`; what was printed."""
    repository.plan("org", {"org": RED})
    (ORG.folder(repository.root) / "__main__.py").write_text(program)
    run = repository.run()
    assert operations.deploy(run, run.stacks, yes=True, interactive=False) == expect, repository.printed.getvalue()
    return repository.printed.getvalue()


def last_log(repository: Repository) -> str:
    logs = max(repository.root.glob(".runs/*/org.log"), key=lambda file: file.stat().st_mtime)
    return logs.read_text()


def test_what_a_program_prints_is_in_its_log_and_not_in_the_summary(repository: Repository) -> None:
    program = f"import sys\nprint('to the one')\nprint('to the other', file=sys.stderr)\n{PROGRAM}"
    printed = deploy(repository, program, 0)
    assert "to the one" in last_log(repository)
    assert "to the other" in last_log(repository)
    assert "to the" not in printed


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("raise pulumi.RunError('org:mode is x')", ["  org:mode is x"]),
        ("1 / 0", ["Program failed with an unhandled exception:", "ZeroDivisionError: division by zero"]),
        ("import nothing_here", ["ModuleNotFoundError: No module named 'nothing_here'", "__main__.py"]),
        ("import sys\nprint('why', file=sys.stderr)\nsys.exit(3)", ["  why"]),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", ["program exited with non-zero exit code: -9"]),
    ],
)
def test_a_program_that_fails_is_told_of_in_its_own_words(repository: Repository, ending: str, told: list[str]) -> None:
    printed = deploy(repository, f"{PROGRAM}\n{ending}\n", 1)
    for text in told:
        assert text in printed
    assert "language_host" not in printed
    assert "grpc" not in printed


def test_the_state_is_what_the_engine_s_own_host_would_have_made(repository: Repository) -> None:
    deploy(repository, PROGRAM, 0)
    ours = repository.run().engine.export(ORG)
    run = repository.run()
    run.engine.programs.options = list  # type: ignore[method-assign]
    assert operations.deploy(run, run.stacks, force=True, yes=True, interactive=False) == 0
    assert "org | unchanged (" in repository.printed.getvalue()
    theirs = repository.run().engine.export(ORG)
    assert _essential(ours) == _essential(theirs)


def _essential(state: dict[str, Any] | None) -> Any:
    """A state without where in which file a resource was registered, and when."""
    assert state
    position = ("sourcePosition", "stackTrace", "created", "modified")
    resources = state["deployment"]["resources"]
    return [{key: value for key, value in each.items() if key not in position} for each in resources]


def test_one_host_serves_all_programs_and_ends_with_the_run(repository: Repository) -> None:
    for label in ("org", "identity", "policies"):
        repository.plan(label, {label: RED})
    run = repository.run()
    started: list[int] = []
    start = run.engine.programs._start

    def counted() -> None:
        start()
        assert run.engine.programs._process
        started.append(run.engine.programs._process.pid)

    run.engine.programs._start = counted  # type: ignore[method-assign]
    assert operations.deploy(run, run.stacks, yes=True, interactive=False) == 0
    assert len(started) == 1
    end = time.monotonic() + 10
    while session_of(started[0]):
        assert time.monotonic() < end, "the host or what it forked is still there"
        time.sleep(0.1)


def test_the_host_ends_when_its_run_is_killed(repository: Repository) -> None:
    programs = Programs(repository.engine, repository.root, repository.root)
    (option,) = programs.options()
    address = option.removeprefix("--client=unix:")
    # Only this user can have it run anything.
    assert Path(address).is_socket()
    assert Path(address).parent.stat().st_mode & 0o077 == 0
    assert programs._process
    assert programs._process.stdin
    process = programs._process
    # All that a killed run does is to close what it had open.
    programs._process.stdin.close()
    assert process.wait(10) == 0
    programs._process = None
    programs.stop()


def test_a_host_that_was_killed_is_started_again(repository: Repository) -> None:
    programs = Programs(repository.engine, repository.root, repository.root)
    (before,) = programs.options()
    assert programs._process
    programs._process.kill()
    programs._process.wait()
    (after,) = programs.options()
    assert after != before
    assert Path(after.removeprefix("--client=unix:")).is_socket()
    programs.stop()
    assert not Path(after.removeprefix("--client=unix:")).parent.exists()


def test_an_engine_without_the_sdk_s_script_uses_its_own_host(repository: Repository, tmp_path: Path) -> None:
    engine = dataclasses.replace(repository.engine, language_host=str(tmp_path / "pulumi-language-python"))
    programs = Programs(engine, repository.root, tmp_path)
    assert programs.options() == []
    assert programs.seen(ORG) is None
    programs.stop()


def test_programs_do_not_share_modules_or_variables(repository: Repository) -> None:
    """Each is a process of its own: what one changes, another does not see."""
    marking = "import builtins, os\nassert not hasattr(builtins, 'marked')\nbuiltins.marked = True\n"
    for label in ("org", "identity", "policies"):
        stack = repository.plan(label, {label: RED})
        (stack.folder(repository.root) / "__main__.py").write_text(marking + PROGRAM)
    run = repository.run(parallel=1)
    assert operations.deploy(run, run.stacks, yes=True, interactive=False) == 0


def test_many_files_read_do_not_block_a_program(repository: Repository) -> None:
    folder = ORG.folder(repository.root) / "data"
    folder.mkdir(parents=True)
    for number in range(2000):
        (folder / f"{number:04}-{'x' * 60}.txt").write_text("")
    reading = "for file in pathlib.Path('data').iterdir():\n    file.read_text()\n"
    assert "none of its inputs" not in deploy(repository, PROGRAM + reading, 0)
