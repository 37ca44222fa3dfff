"""What a run may do in the sandbox only, and what it never does unasked elsewhere."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation.events import StepEventStateMetadata

from automation import guards, operations, runs
from automation.backend import locks
from automation.backend.pending import Creation
from automation.environments import environment as environment_of
from automation.events import Problem, Record, Resource
from automation.imports import identities as imported_ids
from automation.imports.attempts import Attempts
from automation.stacks import StackCancelled, StackFailed, killed_message
from sandbox import lifecycle
from sandbox.layout import Layout
from shared.errors import UsageError
from shared.layers import StackId
from tests.automation.fake_engine import FakeRun, gone_process, lock_of

ENVIRONMENTS = ["sandbox", "prod", "sandbox-2"]

ROLE = "aws:iam/role:Role"


def attempts_of(root: Path, stack: StackId) -> Attempts:
    return Attempts(Layout(root).attempts, stack)


def urn(stack: StackId, name: str = "r") -> str:
    return f"urn:pulumi:{stack.name}::org::{ROLE}::{name}"


def pending(stack: StackId, *names: str) -> dict[str, Any]:
    """The state of a stack whose engine was killed while it created those."""
    operations = [
        {"type": "creating", "resource": {"urn": urn(stack, name), "type": ROLE, "inputs": {"name": name}}}
        for name in names
    ]
    return {"version": 3, "deployment": {"resources": [], "pending_operations": operations}}


def refusal(stack: StackId, name: str = "r") -> StackFailed:
    """AWS has it already, and says so to who begins to create it."""
    step = StepEventStateMetadata(
        type=ROLE, urn=urn(stack, name), id="", parent="", provider="", custom=True, inputs={"name": name}
    )
    problem = Problem(f"EntityAlreadyExists: Role with name {name} already exists", Resource(step.urn))
    return StackFailed([problem], Record(begun={step.urn: step}))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the creations that were looked for in AWS; all of them are found."""
    names: list[str] = []

    def identities(creations: Iterable[Creation]) -> dict[str, str]:
        found = {each.resource.urn: f"id-{each.resource.name}" for each in creations}
        names.extend(Resource(urn).name for urn in found)
        return found

    monkeypatch.setattr(imported_ids, "identities", identities)
    return names


def deploy(made: FakeRun, *, import_existing: bool = False) -> int:
    return operations.deploy(made.run, made.run.stacks, yes=True, interactive=False, import_existing=import_existing)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_the_sandbox_takes_over_what_a_killed_run_was_creating(
    tmp_path: Path, asked: list[str], environment: str
) -> None:
    stack = StackId("org", environment)
    made = FakeRun(tmp_path, [stack], {stack: pending(stack, "r", "s")})
    made.engine.answers = [StackFailed([Problem("pending")], Record(pending=True))]
    if environment == "sandbox":
        assert deploy(made) == 0
        assert made.engine.done == ["up org", "replace the state of org", "up with refresh org"]
        assert [each["id"] for each in made.engine.replaced[0]["deployment"]["resources"]] == ["id-r", "id-s"]
        assert made.engine.replaced[0]["deployment"]["pending_operations"] == []
        assert "org: importing aws:iam/role:Role r, which an earlier run was killed while" in made.printed
        return
    assert deploy(made) == 1
    assert (made.engine.done, made.engine.replaced, asked) == (["up org"], [], [])
    assert "importing" not in made.printed
    for name in ("r", "s"):
        assert f"`invoke import org:{name} {name} --env {environment}`" in made.printed


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_the_sandbox_takes_over_what_an_earlier_run_had_begun(
    tmp_path: Path, asked: list[str], environment: str
) -> None:
    stack = StackId("org", environment)
    made = FakeRun(tmp_path, [stack], {stack: {"deployment": {}}})
    # Also where a file says that it had begun it: of an environment that was once called so, or by hand.
    attempts_of(tmp_path, stack).add([urn(stack)])
    made.engine.answers = [refusal(stack)]
    if environment == "sandbox":
        assert deploy(made) == 0
        assert [each["id"] for each in made.engine.replaced[0]["deployment"]["resources"]] == ["id-r"]
        assert "org: importing aws:iam/role:Role r, which an earlier run had begun to create (id-r)" in made.printed
        assert attempts_of(tmp_path, stack).read() == set()
        return
    assert deploy(made) == 1
    assert (made.engine.replaced, asked) == ([], [])
    assert f"`invoke import org:r r --env {environment}`" in made.printed


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_what_was_begun_is_remembered_in_the_sandbox_only(tmp_path: Path, environment: str, how: str) -> None:
    stack = StackId("org", environment)
    made = FakeRun(tmp_path, [stack], {stack: {"deployment": {}}})
    failed = refusal(stack)
    made.engine.answers = [failed if how == "failed" else StackCancelled(failed.record)]
    assert deploy(made) == (1 if how == "failed" else 130)
    attempts = attempts_of(tmp_path, stack)
    if environment == "sandbox":
        assert attempts.read() == {urn(stack)}
    else:
        assert not (tmp_path / ".sandbox").exists()


def test_what_no_earlier_run_had_begun_is_a_surprise_in_the_sandbox_too(tmp_path: Path, asked: list[str]) -> None:
    stack = StackId("org", "sandbox")
    made = FakeRun(tmp_path, [stack], {stack: {"deployment": {}}})
    made.engine.answers = [refusal(stack)]
    assert deploy(made) == 1
    assert (made.engine.replaced, asked) == ([], [])
    attempts_of(tmp_path, stack).clear()
    attempts_of(tmp_path, stack).add([urn(stack, "another")])
    made.engine.answers = [refusal(stack)]
    assert deploy(made) == 1
    assert (made.engine.replaced, asked) == ([], [])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("retained", [True, False])
def test_what_was_kept_in_aws_is_taken_back_in_every_environment(
    tmp_path: Path, asked: list[str], environment: str, retained: bool
) -> None:
    """A resource that stays in AWS when it leaves the stack is there when it is wanted again."""
    stack = StackId("org", environment)
    made = FakeRun(tmp_path, [stack], {stack: {"deployment": {}}})
    failed = refusal(stack)
    failed.record.begun[urn(stack)].retain_on_delete = retained
    made.engine.answers = [failed]
    assert deploy(made) == (0 if retained else 1)
    assert asked == []
    if not retained:
        assert made.engine.replaced == []
        return
    assert made.engine.done == ["up org", "replace the state of org", "up with refresh org"]
    (taken,) = made.engine.replaced[0]["deployment"]["resources"]
    assert (taken["urn"], taken["id"], taken["retainOnDelete"]) == (urn(stack), "r", True)
    assert "org: importing aws:iam/role:Role r, which was kept in AWS (r)" in made.printed


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_is_there_is_imported_after_a_state_was_lost_if_the_user_says_so(
    tmp_path: Path, asked: list[str], environment: str
) -> None:
    stack = StackId("org", environment)
    made = FakeRun(tmp_path, [stack], {stack: {"deployment": {}}})
    made.engine.answers = [refusal(stack)]
    assert deploy(made, import_existing=True) == 0
    assert asked == []
    assert made.engine.done == ["up org", "replace the state of org", "up with refresh org"]
    assert "org: importing aws:iam/role:Role r, which is in AWS already (r)" in made.printed


def test_what_was_kept_and_is_refused_again_is_an_error(tmp_path: Path) -> None:
    stack = StackId("org", "prod")
    made = FakeRun(tmp_path, [stack], {stack: {"deployment": {}}})
    for _ in range(2):
        failed = refusal(stack)
        failed.record.begun[urn(stack)].retain_on_delete = True
        made.engine.answers.append(failed)
    assert deploy(made) == 1
    assert len(made.engine.replaced) == 1


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_that_the_next_run_takes_over_is_said_in_the_sandbox_only(tmp_path: Path, environment: str) -> None:
    stack = StackId("org", environment)
    made = FakeRun(tmp_path, [stack], {stack: {"deployment": {}}})
    made.engine.answers = [refusal(stack)]
    assert deploy(made) == 1
    assert ("run this again, which imports it" in made.printed) == (environment == "sandbox")
    assert (
        "imports what it was creating" in killed_message(stack, "SIGKILL", disposable=made.run.environment.disposable)
    ) == (environment == "sandbox")
    assert (
        f"pulumi cancel -s {environment} "
        in killed_message(stack, "SIGKILL", disposable=made.run.environment.disposable)
    ) == (environment != "sandbox")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_pending_operations_that_are_no_longer_wanted_are_named_and_dropped(tmp_path: Path, environment: str) -> None:
    stack = StackId("org", environment)
    made = FakeRun(tmp_path, [stack], {stack: pending(stack, "r")})
    made.engine.answers = [Record(pending=True)]
    assert deploy(made) == 0
    # The engine leaves out of a state that it is given what is pending in it.
    assert made.engine.done == ["up org", "replace the state of org"]
    assert made.engine.replaced[0]["deployment"]["resources"] == []
    assert "org: aws:iam/role:Role r, which an earlier run was killed while it created, is no longer" in made.printed


@pytest.mark.parametrize(
    ("pending", "seen", "known"),
    [(False, [], True), (True, [], False), (False, None, False), (False, ["the network"], False)],
)
def test_what_is_not_sure_to_be_as_it_was_deployed_is_run_again(
    tmp_path: Path, pending: bool, seen: list[str] | None, known: bool
) -> None:
    """Operations were pending; it is not known what the program has read; it has read what is none of its inputs."""
    stack = StackId("org", "sandbox")
    made = FakeRun(tmp_path, [stack], {stack: {"deployment": {}}})
    made.engine.programs.reads = seen
    made.engine.answers = [Record(pending=pending)]
    assert deploy(made) == 0
    before = len(made.engine.done)
    assert deploy(made) == 0
    assert made.engine.done[before:] == ([] if known else ["up org"])
    assert ("it will be run each time: the network" in made.printed) == bool(seen)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("operation", ["deploy", "refresh", "destroy", "preview", "drift"])
def test_only_the_sandbox_removes_the_lock_of_a_killed_run_and_only_where_one_is_taken(
    tmp_path: Path, environment: str, operation: str
) -> None:
    stack = StackId("org", environment)
    backend = tmp_path / "state"
    file = lock_of(backend, stack, gone_process())
    made = FakeRun(tmp_path, [stack], {stack: {"deployment": {}}}, backend.as_uri())
    if operation == "destroy":
        operations.destroy(made.run, [stack], include_protected=False, confirm=environment, yes=True, interactive=False)
    elif operation == "deploy":
        deploy(made)
    else:
        getattr(operations, operation)(made.run, [stack])
    removed = environment == "sandbox" and operation in ("deploy", "refresh", "destroy")
    assert file.exists() == (not removed)
    assert ("removed the lock" in made.printed) == removed


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_the_sandbox_puts_back_a_state_that_is_cut_off(tmp_path: Path, environment: str) -> None:
    stack = StackId("org", environment)
    file = tmp_path / ".pulumi" / "stacks" / "org" / f"{environment}.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"version"')
    file.with_name(f"{file.name}.bak").write_text('{"version": 3}')
    made = FakeRun(tmp_path, [stack], backend=tmp_path.as_uri())
    if environment == "sandbox":
        assert runs.existing(made.run) == {stack}
        assert json.loads(file.read_text()) == {"version": 3}
        return
    with pytest.raises(UsageError, match=r"is cut off; the newest whole copy is .*\.json\.bak: put it in its place"):
        runs.existing(made.run)
    assert file.read_text() == '{"version"'


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_the_sandbox_is_deployed_to_without_being_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    stack = StackId("org", environment)
    questions: list[str] = []
    answer = "no"

    def reply(question: str) -> str:
        questions.append(question)
        return answer

    monkeypatch.setattr("builtins.input", reply)

    def done(interactive: bool) -> tuple[int, list[str]]:
        made = FakeRun(tmp_path, [stack], {stack: {"deployment": {}}})
        code = operations.deploy(made.run, [stack], force=True, yes=False, interactive=interactive)
        return code, made.engine.done

    if environment == "sandbox":
        assert done(False) == done(True) == (0, ["up org"])
        assert questions == []
        return
    with pytest.raises(UsageError, match="without a terminal to ask on needs --yes"):
        done(False)
    assert questions == []
    assert done(True) == (1, ["preview org"])
    answer = "y"
    assert done(True) == (0, ["preview org", "up org"])
    assert questions == [f"Deploy this to {environment}? [y/N] "] * 2


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_the_sandbox_starts_the_emulated_aws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    started: list[Path] = []
    monkeypatch.setattr(runs, "get_engine", lambda _root, _report: "engine")
    monkeypatch.setattr(lifecycle, "start", lambda root, _report, engine: started.append(root))  # noqa: ARG005
    where = environment_of(environment, tmp_path)
    monkeypatch.setattr(where, "variables", lambda _engine: dict(os.environ))
    assert runs.ready_engine(where, tmp_path, lambda _line: None) == "engine"  # type: ignore[comparison-overlap]
    assert started == ([tmp_path] if environment == "sandbox" else [])


def test_what_had_been_begun_is_forgotten_once_all_is_destroyed(tmp_path: Path) -> None:
    stack = StackId("org", "sandbox")
    other = StackId("identity", "sandbox")
    state = {"deployment": {"resources": [{"urn": urn(stack), "type": ROLE, "custom": True}]}}
    made = FakeRun(tmp_path, [stack], {stack: state})
    for each in (stack, other):
        attempts_of(tmp_path, each).add([urn(stack)])

    def destroy() -> int:
        return operations.destroy(made.run, [stack], include_protected=False, confirm=None, yes=True, interactive=False)

    made.engine.answers = [StackFailed([Problem("no")])]
    assert destroy() == 1
    assert attempts_of(tmp_path, stack).read() == {urn(stack)}
    assert destroy() == 0
    assert attempts_of(tmp_path, stack).read() == set()
    assert attempts_of(tmp_path, other).read() == {urn(stack)}


def test_what_had_been_begun_is_kept_a_stack(tmp_path: Path) -> None:
    stacks = [StackId("org", "sandbox"), StackId("identity", "sandbox"), StackId("accounts", "sandbox", "one")]
    stacks += [StackId("accounts", "sandbox", "two")]
    for number, stack in enumerate(stacks):
        attempts_of(tmp_path, stack).add([str(number)])
        attempts_of(tmp_path, stack).add([f"more {number}"])
    found = [attempts_of(tmp_path, stack).read() for stack in stacks]
    assert found == [{str(number), f"more {number}"} for number in range(len(stacks))]


def test_the_wait_for_an_earlier_run_is_the_one_of_the_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each stack's locks are freed as its turn comes, and those of stacks that are not run stay."""
    freed: list[StackId] = []
    monkeypatch.setattr(locks, "free_locks", lambda _backend, stack, *_: freed.append(stack))
    org, identity = StackId("org", "sandbox"), StackId("identity", "sandbox")
    state: dict[str, Any] = {"deployment": {}}
    made = FakeRun(tmp_path, [org, identity], {org: state, identity: state})
    assert operations.deploy(made.run, [identity], yes=True, interactive=False) == 0
    assert freed == [identity]


@pytest.mark.parametrize("doing", ["deploy", "preview", "refresh", "drift", "destroy"])
def test_an_operation_that_a_guard_refuses_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doing: str
) -> None:
    stack = StackId("org", "sandbox")
    fake = FakeRun(tmp_path, [stack], {stack: {}})

    def refuse(run: runs.Run, chosen: Iterable[StackId], asked: str) -> None:
        raise UsageError(f"{asked} {run.environment.name}: {[each.label for each in chosen]}")

    monkeypatch.setattr(guards, "GUARDS", (refuse,))
    options: dict[str, dict[str, Any]] = {
        "deploy": {"yes": True, "interactive": False},
        "destroy": {"include_protected": True, "confirm": "sandbox", "yes": True, "interactive": False},
    }
    with pytest.raises(UsageError, match=rf"^{doing} sandbox: \['org'\]$"):
        getattr(operations, doing)(fake.run, [stack], **options.get(doing, {}))
    assert fake.engine.done == []
