"""A program that the engine interrupts, because a provider failed, shows no stack trace: it would hide the cause."""

import subprocess
import sys

import pytest

from shared.layers import ROOT

PROGRAM = """
from unittest import mock

from shared.layers import StackId
from shared.settings import program
from stacks.org.config import OrgConfig

settings = {"org:mode": "lookup", "org:organizationalUnits": '["Development"]', "aws:region": "us-west-2"}
program.CONFIG.set(settings)
with mock.patch.object(program, "current_stack", lambda: StackId("org", "prod")):
    assert program.load(OrgConfig).mode == "lookup"
"""


@pytest.mark.parametrize(("error", "shown"), [("KeyboardInterrupt", False), ("ValueError", True)])
def test_only_an_interruption_is_quiet(error: str, shown: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{PROGRAM}\nraise {error}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert (f"\n{error}\n" in done.stderr) is shown, done.stderr
    assert ("Traceback" in done.stderr) is shown, done.stderr
