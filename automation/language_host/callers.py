"""Whose code reads something: the program's own, an installed package's, or the import system."""

from __future__ import annotations

import os
import sysconfig
from types import FrameType

HERE = os.path.dirname(__file__) + os.sep  # noqa: PTH120 - compared with the file names of frames

STANDARD = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")})
PACKAGES = tuple(
    {folder + os.sep for name in ("purelib", "platlib") for folder in (sysconfig.get_path(name),)}
    | {os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("purelib", "platlib")}
)

_EXISTENCE = {
    *("exists", "lexists", "isfile", "isdir", "islink", "is_file", "is_dir", "is_symlink"),
    *("resolve", "realpath", "_joinrealpath"),
}
"""Functions of Python's library that call one of these only to see whether something is there, or where."""


def is_import(frame: FrameType | None) -> bool:
    """Whether the import system is at work: it reads only code, and which one that is counts anyway."""
    return frame is not None and frame.f_code.co_filename.startswith(
        ("<frozen importlib", "<frozen zipimport", "<frozen runpy", f"{HERE}own_modules.py")
    )


def is_installed(file: str) -> bool:
    """Whether a file is in a folder of Python, of an installed package or of this package."""
    return file.startswith((*STANDARD, *PACKAGES, HERE))


def _is_standard(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(("<", *STANDARD)) and not _in_packages(frame)


def asks_for_existence(frame: FrameType | None) -> bool:
    """Whether the caller wants to know only whether something is there, or where."""
    while frame is not None and _is_standard(frame):
        if frame.f_code.co_name in _EXISTENCE:
            return True
        if frame.f_code.co_name not in ("stat", "lstat"):
            return False
        frame = frame.f_back
    return False


def _in_packages(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(PACKAGES)


def is_own(path: str) -> bool:
    """Whether a file or folder is none of Python's, of an installed package or of this package: it is the program's."""
    return not is_installed(os.path.join(os.path.abspath(path), ""))  # noqa: PTH100, PTH118


def is_by_program(frame: FrameType | None) -> bool:
    """Whether the caller is the program's own code, also through functions of Python's library, but not through a
    package."""
    while frame is not None and (_is_standard(frame) or frame.f_code.co_filename.startswith(HERE)):
        frame = frame.f_back
    return frame is not None and not _in_packages(frame) and not frame.f_code.co_filename.endswith("-exec")
