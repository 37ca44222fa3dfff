"""Installed packages: what they read for a program, and what they are themselves."""

import base64
import hashlib
import shutil

from tests.automation.skipping.fuzz.reads.kind import (
    Act,
    Change,
    Kind,
    Read,
    appended,
    content,
    exported,
    replaced,
    unset,
    wrote,
)

NAME = "fuzz_<id>"
MODULE = "<packages>/fuzz_<id>/__init__.py"
CODE = """import os
import pathlib

X = 1


def variable(name):
    return os.environ.get(name)


def names(name):
    return name in os.environ


def text(path):
    return pathlib.Path(path).read_text()


def listing(path):
    return sorted(os.listdir(path))
"""


def _installed(version: str = "1.0", code: str = CODE) -> Act:
    """Install the package as pip does, in place of an earlier version."""

    def act(read: Read) -> None:
        for old in read.world.packages.glob(read.text("fuzz_<id>-*.dist-info")):
            shutil.rmtree(old)
        wrote(MODULE, code)(read)
        info = f"<packages>/fuzz_<id>-{version}.dist-info"
        wrote(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: fuzz-<id>\nVersion: {version}\n")(read)
        wrote(f"{info}/INSTALLER", "pip\n")(read)
        digest = base64.urlsafe_b64encode(hashlib.sha256(code.encode()).digest()).rstrip(b"=").decode()
        record = f"fuzz_<id>/__init__.py,sha256={digest},{len(code)}\n"
        names = "".join(f"fuzz_<id>-{version}.dist-info/{name},,\n" for name in ("METADATA", "INSTALLER", "RECORD"))
        wrote(f"{info}/RECORD", record + names)(read)

    return act


def _through(name: str, body: str, *changes: Change, before: tuple[Act, ...] = ()) -> Kind:
    return Kind(name, f"import fuzz_<id>\nreturn {body}", before=(_installed(), *before), changes=changes)


_TEXT = content("<outside>/data.txt", "1", "2")

THROUGH = (
    _through(
        "a variable, through a package",
        "fuzz_<id>.variable('FUZZ_<id>')",
        Change("its value", exported("FUZZ_<id>", "2")),
        before=(exported("FUZZ_<id>", "1"),),
    ),
    _through(
        "a variable that is not set, through a package",
        "fuzz_<id>.variable('FUZZ_<id>')",
        Change("it is set", exported("FUZZ_<id>", "2"), reach="names"),
    ),
    _through(
        "a variable's name, through a package",
        "fuzz_<id>.names('FUZZ_<id>')",
        Change("it is unset", unset("FUZZ_<id>"), reach="names"),
        before=(exported("FUZZ_<id>", "1"),),
    ),
    _through(
        "a file, through a package", "fuzz_<id>.text('<outside>/data.txt')", *_TEXT["changes"], before=_TEXT["before"]
    ),
    _through(
        "a listing, through a package",
        "fuzz_<id>.listing('<outside>')",
        Change("another file", wrote("<outside>/more.txt", "")),
        before=_TEXT["before"],
    ),
)

_X = ("X = 1\n", "X = 22\n")
_NEWER = CODE.replace(*_X)

CHANGED = (
    _through("a package", "fuzz_<id>.X", Change("edited in place", replaced(MODULE, *_X), reach="packages")),
    _through("a package's version", "fuzz_<id>.X", Change("upgraded", _installed("1.1", _NEWER), reach="packages")),
    _through("a package again", "fuzz_<id>.X", Change("installed again", _installed("1.0", _NEWER), reach="packages")),
    Kind(
        "importlib.metadata",
        "import importlib.metadata\nreturn importlib.metadata.version('fuzz_<id>')",
        before=(_installed(),),
        changes=(Change("upgraded", _installed("1.1"), reach="packages"),),
    ),
    Kind(
        "the names of all packages",
        "import importlib.metadata\nreturn any(d.metadata['Name'] == 'fuzz-<id>' for d in importlib.metadata.distributions())",
        changes=(Change("installed", _installed(), reach="packages"),),
    ),
    Kind(
        "a package's data",
        "import pkgutil\nreturn pkgutil.get_data('fuzz_<id>', 'x.txt')",
        before=(_installed(), wrote("<packages>/fuzz_<id>/x.txt", "1")),
        changes=(Change("edited in place", wrote("<packages>/fuzz_<id>/x.txt", "2"), reach="packages"),),
    ),
    Kind(
        "a package that is not installed",
        "try:\n    import fuzz_<id>\nexcept ImportError:\n    return 0\nreturn 1",
        changes=(Change("installed", _installed(), reach="packages"),),
    ),
    Kind(
        "a package that lacks its metadata",
        "import fuzz_<id>\nreturn fuzz_<id>.X",
        before=(wrote(MODULE, "X = 1\n"),),
        changes=(Change("edited in place", wrote(MODULE, "X = 22\n"), reach="packages"),),
    ),
    Kind(
        "a package that the folder would hide",
        "import fuzz_<id>\nreturn fuzz_<id>.X",
        before=(_installed(),),
        changes=(Change("a module of this name", wrote("<folder>/fuzz_<id>.py", "X = 22\n"), reach="folder"),),
    ),
    Kind(
        "a package in development",
        "import dev_<id>\nreturn dev_<id>.X",
        before=(wrote("<outside>/dev_<id>.py", "X = 1\n"), wrote("<packages>/fuzz_<id>.pth", "<outside>\n")),
        changes=(Change("edited", wrote("<outside>/dev_<id>.py", "X = 22\n"), reach="packages"),),
    ),
    Kind(
        "a new .pth file",
        "import builtins\nreturn getattr(builtins, 'FUZZ_<id>', 0)",
        changes=(
            Change(
                "it is written",
                wrote("<packages>/fuzz_<id>.pth", "import builtins; builtins.FUZZ_<id> = 1\n"),
                reach="packages",
            ),
        ),
    ),
    Kind(
        "sitecustomize",
        "import builtins\nreturn getattr(builtins, 'FUZZ_<id>', 0)",
        changes=(
            Change(
                "a line",
                appended("<packages>/sitecustomize.py", "import builtins; builtins.FUZZ_<id> = 1\n"),
                reach="packages",
            ),
        ),
    ),
    Kind(
        "a module of PYTHONPATH",
        "import path_<id>\nreturn path_<id>.X",
        before=(
            wrote("<outside>/a/path_<id>.py", "X = 1\n"),
            wrote("<outside>/b/path_<id>.py", "X = 22\n"),
            lambda read: read.world.on_python_path(read.path("<outside>/a")),
        ),
        changes=(
            Change(
                "another folder", lambda read: read.world.on_python_path(read.path("<outside>/b")), reach="environment"
            ),
        ),
    ),
)

KINDS = (*THROUGH, *CHANGED)
