"""What is kept of each stack's last deployment, and when nothing is."""

import json
import os
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from automation.backend.states import States
from automation.skipping.ledger import Ledger, run_each_time
from automation.skipping.reads import Reads
from shared.layers import StackId
from tests.automation.fake_engine import FakeInputs

ORG = StackId("org", "sandbox")
ONE = StackId("accounts", "sandbox", "one")
READS = Reads()
NOTHING = ["not deployed from here yet"]


@dataclass
class Book:
    """A ledger, and what it sees: `state` is every stack's."""

    root: Path
    inputs: FakeInputs = field(default_factory=FakeInputs)
    state: dict[str, Any] | None = field(default_factory=lambda: {"deployment": {"resources": []}})

    def open(self, backend: str = "x") -> Ledger:
        """As a new run has it."""
        states = States("https://elsewhere", lambda _stack: self.state)
        return Ledger(self.root, backend, states, self.inputs)  # type: ignore[arg-type]

    def deployed(self, stack: StackId = ORG, backend: str = "x", reads: Reads | None = READS) -> None:
        ledger = self.open(backend)
        ledger.begin(stack)
        ledger.end(stack, reads)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


def test_what_was_deployed_is_known_to_the_next_run(book: Book) -> None:
    assert book.open().differs(ORG) == NOTHING
    book.deployed()
    assert book.open().differs(ORG) == []


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"program": "2", "configuration": "1"}, ["program"]),
        ({"program": "1", "configuration": "2"}, ["configuration"]),
        ({"program": "1", "configuration": "1", "tools": "1"}, ["tools"]),
        ({"program": "1"}, ["configuration"]),
        ({"program": "2", "configuration": "2"}, ["program", "configuration"]),
    ],
)
def test_each_input_is_kept(book: Book, inputs: dict[str, str], expected: list[str]) -> None:
    book.deployed()
    book.inputs.now = inputs
    assert book.open().differs(ORG) == expected
    book.deployed()
    assert book.open().differs(ORG) == []


def test_a_file_to_which_the_engine_adds_a_key_is_known_as_it_was_and_as_it_is(book: Book) -> None:
    book.inputs.has_key = False
    ledger = book.open()
    ledger.begin(ORG)
    book.inputs.has_key, book.inputs.now["configuration"] = True, "rewritten"
    ledger.end(ORG, READS)
    for configuration, expected in (("rewritten", []), ("1", []), ("2", ["configuration"])):
        book.inputs.now["configuration"] = configuration
        assert book.open().differs(ORG) == expected
        assert book.open().configuration_differs(ORG) == bool(expected)


@pytest.mark.parametrize("state", [None, {"deployment": {"resources": [{"urn": "x"}]}}])
def test_the_state_is_kept(book: Book, state: dict[str, Any] | None) -> None:
    book.deployed()
    book.state = state
    assert book.open().differs(ORG) == ["state"]


def test_the_state_that_is_kept_is_the_one_after_the_update(book: Book) -> None:
    book.deployed()
    book.inputs.now["program"] = "2"
    ledger = book.open()
    assert ledger.differs(ORG) == ["program"]
    ledger.begin(ORG)
    book.state = {"deployment": {"resources": [{"urn": "made"}]}}
    ledger.end(ORG, READS)
    assert book.open().differs(ORG) == []


def test_what_the_program_read_besides_is_kept(book: Book) -> None:
    book.deployed()
    book.inputs.reads["files"] = "2"
    assert book.open().differs(ORG) == ["files"]


def test_what_is_read_anew_by_each_update_is_never_skipped(book: Book) -> None:
    book.deployed()
    book.inputs.reasons = ["refresh: always"]
    assert book.open().differs(ORG) == ["refresh: always"]
    book.deployed()
    book.inputs.reasons = []
    assert book.open().differs(ORG) == NOTHING


def test_what_was_written_since_the_run_began_is_not_remembered(book: Book) -> None:
    ledger = book.open()
    book.inputs.changed = time.time_ns() + 1
    ledger.begin(ORG)
    ledger.end(ORG, READS)
    assert book.open().differs(ORG) == NOTHING


def test_what_makes_a_stack_run_each_time_is_kept(book: Book) -> None:
    ledger = book.open()
    ledger.begin(ORG)
    ledger.end(ORG, READS, ["the clock"])
    assert book.open().differs(ORG) == ["the clock"]
    assert book.open().configuration_differs(ORG)
    # `--affected` asks without a backend.
    assert run_each_time(ORG, book.root) == ["the clock"]
    assert run_each_time(ONE, book.root) == []
    book.deployed()
    assert book.open().differs(ORG) == []
    assert run_each_time(ORG, book.root) == []


@pytest.mark.parametrize("other", [StackId("identity", "sandbox"), StackId("org", "prod"), ONE])
def test_each_stack_has_its_own(book: Book, other: StackId) -> None:
    book.deployed(ORG)
    assert book.open().differs(other) == NOTHING
    book.deployed(other)
    assert book.open().differs(ORG) == book.open().differs(other) == []


def test_each_account_has_its_own(book: Book) -> None:
    book.deployed(ONE)
    assert book.open().differs(StackId("accounts", "sandbox", "two")) == NOTHING


def test_each_backend_has_its_own(book: Book) -> None:
    book.deployed(ORG, "x")
    assert book.open("y").differs(ORG) == NOTHING


def test_what_was_begun_and_not_ended_never_counts(book: Book) -> None:
    book.deployed()
    book.open().begin(ORG)
    assert book.open().differs(ORG) == NOTHING


def test_what_is_not_sound_or_left_no_state_is_not_remembered(book: Book) -> None:
    book.deployed(reads=None)
    assert book.open().differs(ORG) == NOTHING
    book.state = None
    book.deployed()
    book.state = {"deployment": {}}
    assert book.open().differs(ORG) == NOTHING
    book.deployed()
    assert book.open().differs(ORG) == []


@pytest.mark.parametrize("name", ["program", "configuration", "tools"])
def test_an_edit_during_an_update_is_not_taken_for_what_was_deployed(book: Book, name: str) -> None:
    ledger = book.open()
    ledger.begin(ORG)
    book.inputs.now[name] = "2"
    ledger.end(ORG, READS)
    assert book.open().differs(ORG) == NOTHING


def test_an_edit_before_an_update_that_is_taken_back_during_it_is_not_either(book: Book) -> None:
    book.deployed()
    book.inputs.now["program"] = "2"
    ledger = book.open()
    assert ledger.differs(ORG) == ["program"]
    ledger.begin(ORG)
    book.inputs.now["program"] = "1"
    ledger.end(ORG, READS)
    # As it was before the update, but no longer what is deployed.
    assert book.open().differs(ORG) == NOTHING


def test_an_edit_after_the_stack_was_looked_at_is_seen_when_its_update_begins(book: Book) -> None:
    book.deployed()
    book.inputs.now["program"] = "2"
    ledger = book.open()
    assert ledger.differs(ORG) == ["program"]
    book.inputs.now["program"] = "3"
    ledger.begin(ORG)
    ledger.end(ORG, READS)
    assert book.open().differs(ORG) == []
    book.inputs.now["program"] = "2"
    assert book.open().differs(ORG) == ["program"]


@pytest.mark.parametrize("file", [0, 1])
def test_an_edit_that_is_made_and_taken_back_during_an_update_is_not_either(book: Book, file: int) -> None:
    """The program may have read what was there in between."""
    ledger = book.open()
    ledger.begin(ORG)
    book.inputs.written[file] = 2
    ledger.end(ORG, READS)
    assert book.open().differs(ORG) == NOTHING


@pytest.mark.parametrize(
    "damage",
    [
        '{"inputs": {"program": "1"}, "state": "x", "reads": {}}',
        '{"inputs": {"program": "1"}, "state": "x", "reads": []}',
        *["", "{", '{"inputs": 1, "state": 2}', "[]", '{"state": "x"}', '{"inputs": {"program": "1"}}', "null"],
    ],
)
def test_a_damaged_record_is_none(book: Book, damage: str) -> None:
    book.deployed()
    (record,) = book.root.rglob("*.json")
    assert set(json.loads(record.read_text())) == {"inputs", "reads", "state"}
    record.write_text(damage)
    assert book.open().differs(ORG) == NOTHING


def test_nothing_else_is_left_beside_a_record(book: Book) -> None:
    book.deployed()
    files = [file for file in (book.root / ".inputs").rglob("*") if file.is_file()]
    assert [file.name for file in files] == ["sandbox.json"]


@pytest.mark.parametrize("mode", [None, 0o755, 0o777])
def test_only_this_user_may_enter_the_folder(book: Book, mode: int | None) -> None:
    folder = book.root / ".inputs"
    before = os.umask(0)
    try:
        if mode is not None:
            folder.mkdir(mode)
        book.deployed()
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert book.open().differs(ORG) == []
