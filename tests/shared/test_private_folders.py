"""Folders that only this user can enter."""

import os
import stat
from pathlib import Path

import pytest

from shared.private_folders import private_folder


def mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_new_folder_is_for_this_user_alone_from_the_first_moment(
    tmp_path: Path, mask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "chmod", lambda *_given: pytest.fail("it was open before"))
    before = os.umask(mask)
    try:
        folder = private_folder(tmp_path / "folder")
    finally:
        os.umask(before)
    assert folder == tmp_path / "folder"
    assert mode(folder) == 0o700


@pytest.mark.parametrize(
    ("open_to", "closed"), [(0o755, 0o700), (0o777, 0o700), (0o710, 0o700), (0o701, 0o700), (0o570, 0o500)]
)
def test_a_folder_that_others_could_enter_is_closed(tmp_path: Path, open_to: int, closed: int) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder").chmod(open_to)
    assert mode(private_folder(tmp_path / "folder")) == closed


def test_another_users_folder_is_left_to_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: int) -> None:
        raise PermissionError(self, mode)

    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", refuse)
    assert private_folder(folder) == folder
    assert mode(folder) == 0o755
