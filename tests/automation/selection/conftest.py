"""A small git repository, apart from the user's own git."""

import os
from pathlib import Path

import pytest

from tests.automation.selection import small


@pytest.fixture(autouse=True)
def no_user_s_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own variables and configuration are not read."""
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


@pytest.fixture
def git(tmp_path: Path) -> small.Git:
    """git in a small repository of the same shape as this one, with one commit on `main`, on a branch `work`."""
    return small.make(tmp_path)
