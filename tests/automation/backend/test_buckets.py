"""The states in a bucket: in how few calls they are read, and when they are left to the engine."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from automation.backend import known_states
from automation.backend.states import State, States
from bench.s3 import Server
from shared.layers import StackId

ORG = StackId("org", "prod")
IDENTITY = StackId("identity", "prod")
META = "version: 1\n"


def accounts(number: int) -> list[StackId]:
    return [StackId("accounts", "prod", f"a{each}") for each in range(number)]


def latest(value: object = 1) -> dict[str, Any]:
    stack = {"urn": "urn:pulumi:prod::org::pulumi:pulumi:Stack::org-prod", "type": "pulumi:pulumi:Stack"}
    return {"manifest": {"time": "2026-01-01T00:00:00Z"}, "resources": [{**stack, "outputs": {"value": value}}]}


def written(value: object = 1) -> bytes:
    """A state as the engine writes it."""
    return json.dumps({"version": 3, "checkpoint": {"stack": "x", "latest": latest(value)}}).encode()


class Backend:
    """A bucket with states, and the states as they are read of it; `asked` is what the engine was asked for."""

    def __init__(self, server: Server, url: str, folder: Path) -> None:
        self.server = server
        self.url = url
        self.kept = folder / ".inputs"
        self.asked: list[StackId] = []
        self.name = url.removeprefix("s3://").partition("?")[0].partition("/")[0]
        self.put("meta.yaml", META)

    def put(self, name: str, content: str | bytes) -> None:
        body = content if isinstance(content, bytes) else content.encode()
        self.server.client().put_object(Bucket=self.name, Key=f".pulumi/{name}", Body=body)

    def put_state(self, stack: StackId, value: object = 1) -> None:
        self.put(f"stacks/{stack.project}/{stack.name}.json", written(value))
        self.put(f"stacks/{stack.project}/{stack.name}.json.bak", written("before"))

    def remove(self, name: str) -> None:
        self.server.client().delete_object(Bucket=self.name, Key=f".pulumi/{name}")

    def states(self) -> States:
        """For a run of its own."""
        self.server.calls()
        self.asked.clear()
        return States(self.url, self.export, self.kept)

    def export(self, stack: StackId) -> Mapping[str, Any]:
        self.asked.append(stack)
        return {"deployment": latest("of the engine")}


@pytest.fixture
def backend(server: Server, bucket: str, tmp_path: Path) -> Backend:
    return Backend(server, bucket, tmp_path)


def of_a_folder(folder: Path, stack: StackId, value: object = 1) -> State:
    file = folder / ".pulumi" / "stacks" / stack.project / f"{stack.name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(written(value))
    found = States(folder.as_uri(), lambda _stack: pytest.fail("asked")).of(stack)
    assert found
    return found


def test_a_state_in_a_bucket_is_the_same_as_in_a_folder(backend: Backend, tmp_path: Path) -> None:
    backend.put_state(ORG)
    assert backend.states().of(ORG) == of_a_folder(tmp_path, ORG)
    assert backend.asked == []


def test_states_that_are_as_they_were_take_two_calls(backend: Backend) -> None:
    stacks = [ORG, IDENTITY, *accounts(3)]
    for stack in stacks:
        backend.put_state(stack)
    states = backend.states()
    first = [states.of(stack) for stack in stacks]
    assert len(backend.server.calls()) == 2 + len(stacks)

    states = backend.states()
    assert [states.of(stack) for stack in stacks] == first
    assert states.listed() == {(stack.project, stack.name) for stack in stacks}
    calls = backend.server.calls()
    assert len(calls) == 2, calls
    assert "list-type=2" in calls[1]
    assert backend.asked == []


def test_only_a_state_that_was_written_since_is_read_again(backend: Backend) -> None:
    for stack in (ORG, IDENTITY):
        backend.put_state(stack)
    states = backend.states()
    before = {stack: states.of(stack) for stack in (ORG, IDENTITY)}
    backend.put_state(IDENTITY, 2)
    states = backend.states()
    assert states.of(ORG) == before[ORG]
    assert states.of(IDENTITY) != before[IDENTITY]
    assert len(backend.server.calls()) == 3
    # A colleague's update that changes nothing writes it anew.
    backend.put(f"stacks/org/{ORG.name}.json", written().replace(b"2026-01-01", b"2026-02-02"))
    states = backend.states()
    assert states.of(ORG) == before[ORG]
    assert len(backend.server.calls()) == 3


def test_a_thousand_states_are_listed_page_by_page(backend: Backend) -> None:
    stacks = accounts(505)
    for stack in stacks:
        backend.put_state(stack)
    assert backend.states().listed() == {(stack.project, stack.name) for stack in stacks}
    assert [call for call in backend.server.calls() if "continuation-token" in call]
    assert backend.asked == []


def test_within_a_run_a_state_is_read_once_and_again_after_an_update(backend: Backend) -> None:
    backend.put_state(ORG)
    states = backend.states()
    first = states.of(ORG)
    backend.put_state(ORG, 2)
    assert states.of(ORG) is first
    again = states.read(ORG)
    assert again != first
    assert states.of(ORG) is again
    assert backend.asked == []
    # What was read after an update is known to the next run.
    states = backend.states()
    assert states.of(ORG) == again
    assert len(backend.server.calls()) == 2


def test_a_stack_that_is_created_in_a_run(backend: Backend, tmp_path: Path) -> None:
    backend.put_state(IDENTITY)
    states = backend.states()
    assert states.of(ORG) is None
    assert states.listed() == {("identity", "prod")}
    backend.put_state(ORG)
    assert states.read(ORG) == of_a_folder(tmp_path, ORG)
    assert states.listed(again=True) == {("identity", "prod"), ("org", "prod")}
    backend.remove("stacks/org/prod.json")
    assert states.read(ORG) is None
    assert backend.asked == []


def test_a_bucket_that_an_update_does_not_write_is_not_the_engine_s(backend: Backend) -> None:
    backend.put_state(ORG)
    states = backend.states()
    states.of(ORG)
    found = states.read(ORG)
    assert backend.asked == [ORG]
    assert found
    assert found != backend.states().of(ORG)


def test_the_whole_state_is_the_one_of_now(backend: Backend) -> None:
    backend.put_state(ORG)
    states = backend.states()
    assert states.whole(ORG) == {"deployment": latest()}
    backend.put_state(ORG, 2)
    assert states.whole(ORG) == {"deployment": latest(2)}
    assert states.whole(IDENTITY) == {}
    backend.put_state(IDENTITY)
    assert states.whole(IDENTITY) == {"deployment": latest()}
    assert backend.asked == []


def test_a_compressed_state_is_the_same_and_one_of_two_is_the_engine_s_choice(backend: Backend, tmp_path: Path) -> None:
    backend.put("stacks/org/prod.json.gz", gzip.compress(written()))
    states = backend.states()
    assert states.of(ORG) == of_a_folder(tmp_path, ORG)
    assert states.listed() == {("org", "prod")}
    assert states.whole(ORG) == {"deployment": latest()}
    assert backend.asked == []
    backend.put("stacks/org/prod.json", written(2))
    states = backend.states()
    assert states.of(ORG)
    assert backend.asked == [ORG]
    backend.put("stacks/identity/prod.json.zst", b"(\xb5/\xfd")
    assert states.read(IDENTITY)
    assert backend.asked == [ORG, IDENTITY]


def test_a_prefix_is_a_backend_of_its_own(backend: Backend) -> None:
    backend.put_state(ORG)
    whole = backend.url
    backend.url = whole.replace("?", "/of/us?")
    client = backend.server.client()
    for name, content in (("meta.yaml", META.encode()), ("stacks/identity/prod.json", written())):
        client.put_object(Bucket=backend.name, Key=f"of/us/.pulumi/{name}", Body=content)
    states = backend.states()
    assert states.listed() == {("identity", "prod")}
    assert states.of(ORG) is None
    assert states.of(IDENTITY)
    assert backend.asked == []


def no_layout(backend: Backend) -> None:
    backend.remove("meta.yaml")


def the_old_layout(backend: Backend) -> None:
    backend.put("meta.yaml", "version: 0\n")


def a_later_layout(backend: Backend) -> None:
    backend.put("meta.yaml", "version: 2\n")


def a_damaged_layout(backend: Backend) -> None:
    backend.put("meta.yaml", "version: [")


def no_bucket(backend: Backend) -> None:
    backend.url = backend.url.replace("s3://", "s3://no-")


def no_server(backend: Backend) -> None:
    backend.url = backend.url.replace(backend.server.url, "http://127.0.0.1:1")


def no_profile(backend: Backend) -> None:
    backend.url = f"{backend.url}&profile=nobody"


def no_region(backend: Backend) -> None:
    backend.url = backend.url.replace("region=eu-central-1", "region=eu_central_1")


def an_option_that_is_not_understood(backend: Backend) -> None:
    backend.url = f"{backend.url}&role=arn:aws:iam::111111111111:role/state"


@pytest.mark.parametrize(
    "fault",
    [
        no_layout,
        the_old_layout,
        a_later_layout,
        a_damaged_layout,
        no_bucket,
        no_server,
        no_profile,
        no_region,
        an_option_that_is_not_understood,
    ],
    ids=lambda fault: fault.__name__,
)
def test_what_cannot_be_read_is_left_to_the_engine(backend: Backend, fault: Any) -> None:
    backend.put_state(ORG)
    fault(backend)
    states = backend.states()
    assert states.listed() is None
    assert states.of(ORG)
    assert states.whole(ORG) == {"deployment": latest("of the engine")}
    assert states.read(ORG)
    assert backend.asked == [ORG, ORG, ORG]


def test_without_credentials_the_engine_says_what_is_missing(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    backend.put_state(ORG)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert backend.states().listed() is None


def test_what_is_kept_is_of_this_code_of_this_state_and_whole(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.put_state(ORG)
    first = backend.states().of(ORG)
    (file,) = backend.kept.rglob("prod.json")
    kept = json.loads(file.read_text())
    for damage in ("", "[]", json.dumps({**kept, "state": {"other": 1}}), json.dumps({**kept, "mark": "other"})):
        file.write_text(damage)
        assert backend.states().of(ORG) == first
        assert json.loads(file.read_text()) == kept
    file.write_text(json.dumps({**kept, "state": {**kept["state"], "whole": "of before"}}))
    states = backend.states().of(ORG)
    assert states
    assert states.whole == "of before", "what is kept is used"
    monkeypatch.setattr(known_states, "_code", lambda: "later")
    assert backend.states().of(ORG) == first


def test_what_is_kept_is_for_nobody_else(backend: Backend) -> None:
    backend.put_state(ORG)
    backend.states().of(ORG)
    assert backend.kept.stat().st_mode & 0o777 == 0o700
    assert "value" not in next(backend.kept.rglob("prod.json")).read_text()
