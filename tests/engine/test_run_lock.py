"""Which runs keep each other away, what the second one is told, and when the lock is free again."""

import getpass
import os
import re
import shutil
import socket
import threading
import time
from pathlib import Path

import pytest

from engine.run_lock import Holder, hold
from shared.errors import UsageError
from tests.holders import another_run

ORG, IDENTITY, WEB, SHOP = "org/prod", "identity/prod", "accounts/prod.web", "accounts/prod.shop"


@pytest.mark.parametrize(
    ("first", "second", "common"),
    [
        (Holder.here([ORG, WEB]), Holder.here([WEB, SHOP]), [WEB]),
        (Holder.here([WEB], [ORG]), Holder.here([SHOP], [ORG]), None),
        # A new layer below is deployed while another team's deployment reads the old outputs: both may go on.
        (Holder.here([WEB], [ORG]), Holder.here([ORG]), None),
        (Holder.here([WEB], [ORG]), Holder.here([ORG], destroys=True), [ORG]),
        (Holder.here([ORG]), Holder.here(["org/dev"]), None),
        (Holder.here(None), Holder.here([ORG]), []),
        (Holder.here(None), Holder.here(None), []),
        (Holder.here([]), Holder.here([ORG]), None),
    ],
)
def test_runs_over_the_same_stacks_are_in_each_other_s_way(
    first: Holder, second: Holder, common: list[str] | None
) -> None:
    assert first.in_the_way_of(second) == common
    assert second.in_the_way_of(first) == common


def test_a_second_run_is_told_whose_run_is_at_work_and_since_when(tmp_path: Path) -> None:
    with another_run(tmp_path, [ORG, WEB]) as process:
        with pytest.raises(UsageError) as refused, hold(tmp_path, Holder.here([ORG])):
            pytest.fail("both are at work")
        who = f"{getpass.getuser()}@{socket.gethostname()}, process {process.pid}, since "
        assert re.fullmatch(
            f"another run is at work on org/prod\n  {re.escape(who)}"
            r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: invoke deploy-all --env prod\n"
            "Nothing was changed. Try again when that run has ended, or wait for it with --wait",
            str(refused.value),
        )
        with hold(tmp_path, Holder.here([SHOP])):
            assert len(list(tmp_path.glob("*.json"))) == 2


def test_the_message_names_a_few_of_many_stacks(tmp_path: Path) -> None:
    stacks = [f"accounts/prod.a{number}" for number in range(9)]
    with (
        another_run(tmp_path, stacks),
        pytest.raises(UsageError, match=r"prod\.a4, and 4 more\n"),
        hold(tmp_path, Holder.here(stacks)),
    ):
        pytest.fail("both are at work")


def test_a_run_that_is_killed_frees_its_stacks(tmp_path: Path) -> None:
    with another_run(tmp_path, None) as process:
        process.kill()
        process.wait()
        assert list(tmp_path.glob("*.json"))
        with hold(tmp_path, Holder.here([ORG])):
            assert len(list(tmp_path.glob("*.json"))) == 1
    assert not list(tmp_path.glob("*.json"))


def test_a_run_that_may_wait_says_once_for_whom_and_begins_when_that_one_ends(tmp_path: Path) -> None:
    said: list[str] = []
    with another_run(tmp_path, [ORG]) as process:
        timer = threading.Timer(1.2, process.kill)
        timer.start()
        before = time.monotonic()
        with hold(tmp_path, Holder.here([ORG]), waiting=said.append):
            assert time.monotonic() - before >= 1.0
    assert len(said) == 1
    assert said[0].startswith("another run is at work on org/prod\n")


def test_a_process_is_not_in_its_own_way(tmp_path: Path) -> None:
    with hold(tmp_path, Holder.here([ORG])), hold(tmp_path, Holder.here([ORG])):
        assert len(list(tmp_path.glob("*.json"))) == 2


def test_a_record_that_a_full_disk_left_empty_keeps_everyone_away(tmp_path: Path) -> None:
    with another_run(tmp_path, [ORG]):
        for record in tmp_path.glob("*.json"):
            os.truncate(record, 0)
        with pytest.raises(UsageError, match="at work here"), hold(tmp_path, Holder.here([SHOP])):
            pytest.fail("both are at work")


def test_the_folder_may_be_removed_by_the_run_that_has_it_for_itself(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "run-locks"
    with hold(folder, Holder.here(None)):
        shutil.rmtree(folder.parent)
    with another_run(folder, [ORG]), pytest.raises(UsageError), hold(folder, Holder.here([ORG])):
        pytest.fail("both are at work")


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(UsageError, match="cannot be made in"), hold(tmp_path / "state", Holder.here([ORG])):
        pytest.fail("there is no lock")
