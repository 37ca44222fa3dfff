"""What every program test has."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from automation.configuration import check_emails
from stacks.accounts import checks as accounts
from tests.configuration import write_sandbox


@pytest.fixture(autouse=True)
def _own_configuration_files(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The accounts' program reads the other accounts' files; they are the tests' own."""
    root = write_sandbox(tmp_path_factory.mktemp("configuration"))
    monkeypatch.setattr(accounts, "check_emails", partial(check_emails, root=root))
    return root
