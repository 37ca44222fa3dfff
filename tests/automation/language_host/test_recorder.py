"""What is recorded of a program's reads, each kind alone, without an engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.layers import ROOT

RUN = """
import json, runpy, sys
import pydantic, uuid, random, datetime, pulumi
from pathlib import Path
from automation.language_host import own_modules
from automation.language_host.recorder import Recorder

folder, code, out = sys.argv[1:]
sys.path.insert(0, folder)
own_modules.install(Path(code))
recorder = Recorder()
try:
    runpy.run_path(folder, run_name="__main__")
finally:
    found = recorder.stop()
    Path(out).write_text(json.dumps(found))
"""


class Place:
    """A program's folder, and what is around it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "program"
        self.write("program/data.json", "{}")
        self.write("program/deep/one.txt", "1")
        self.write("program/mine.py", "VALUE = 1\n")
        self.write("outside.txt", "x")
        (self.folder / "link.txt").symlink_to(root / "outside.txt")

    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def record(self, code: str, **variables: str) -> dict[str, Any]:
        """What is recorded of a program with this code."""
        self.write("program/__main__.py", code)
        out = self.root / "found.json"
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(self.folder), str(self.root / "code"), str(out)],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": "/home/ada", **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(out.read_text())
        return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


FILES = {
    "open": ("open('data.json')", "program/data.json"),
    "a path": ("import pathlib; pathlib.Path('data.json').read_bytes()", "program/data.json"),
    "a descriptor": ("import os; os.open('../outside.txt', os.O_RDONLY)", "outside.txt"),
    "to read and write": ("open('../outside.txt', 'r+')", "outside.txt"),
    "to append and read": ("open('../outside.txt', 'a+')", "outside.txt"),
    "a link": ("open('link.txt')", "program/link.txt"),
    "the text of a module": ("import mine, inspect; inspect.getsource(mine)", "program/mine.py"),
    "by code of a text": ("exec('open(\"data.json\")')", "program/data.json"),
    "in a thread": (
        "import threading; t = threading.Thread(target=lambda: open('data.json')); t.start(); t.join()",
        "program/data.json",
    ),
}


@pytest.mark.parametrize("how", FILES)
def test_files_that_are_opened(place: Place, how: str) -> None:
    code, file = FILES[how]
    assert str(place.root / file) in place.record(code)["files"]


def test_files_that_are_only_written_are_not_read(place: Place) -> None:
    found = place.record("open('new.txt', 'w').write('x')\nopen('more.txt', 'a').write('x')")
    assert found["files"] == []


def test_modules_are_imported_from_their_source_and_not_taken_for_data(place: Place) -> None:
    code = "import mine\nopen('value.txt', 'w').write(str(mine.VALUE))"
    found = place.record(code)
    assert (place.folder / "value.txt").read_text() == "1"
    assert str(place.folder / "mine.py") in found["modules"]
    assert found["files"] == []
    # Of the same size and the same second, so its bytecode would pass for valid.
    times = (place.folder / "mine.py").stat()
    place.write("program/mine.py", "VALUE = 2\n")
    os.utime(place.folder / "mine.py", ns=(times.st_atime_ns, times.st_mtime_ns))
    place.record(code)
    assert (place.folder / "value.txt").read_text() == "2"
    assert not (place.folder / "__pycache__").exists()


LOOKS = {
    "exists": "import os; os.path.exists('gone.txt')",
    "is_file": "import pathlib; pathlib.Path('gone.txt').is_file()",
    "isdir": "from os.path import isdir; isdir('gone.txt')",
    "islink": "import os; os.path.islink('gone.txt')",
    "by a package": "import pydantic; pydantic.TypeAdapter(pydantic.NewPath).validate_python('gone.txt')",
}


@pytest.mark.parametrize("how", LOOKS)
def test_paths_that_are_looked_for(place: Place, how: str) -> None:
    found = place.record(LOOKS[how])
    assert str(place.folder / "gone.txt") in found["looked_at"] + found["background"]


def test_where_a_link_leads_is_looked_at(place: Place) -> None:
    for code in ("import os; os.readlink('link.txt')", "import pathlib; pathlib.Path('link.txt').resolve()"):
        assert str(place.folder / "link.txt") in place.record(code)["looked_at"]


FOLDERS = {
    "listdir": "import os; os.listdir('deep')",
    "scandir": "import os; list(os.scandir('deep'))",
    "walk": "import os; list(os.walk('deep'))",
    "iterdir": "import pathlib; list(pathlib.Path('deep').iterdir())",
    "glob": "import glob; glob.glob('deep/*')",
    "rglob": "import pathlib; list(pathlib.Path('deep').rglob('*.txt'))",
    "shutil": "import shutil; shutil.copytree('deep', 'copy')",
    "posix": "import posix; posix.listdir('deep')",
}


@pytest.mark.parametrize("how", FOLDERS)
def test_folders_that_are_listed(place: Place, how: str) -> None:
    assert str(place.folder / "deep") in place.record(FOLDERS[how])["folders"]


VARIABLES = {
    "by name": "os.environ['ASKED']",
    "get": "os.environ.get('ASKED')",
    "getenv": "os.getenv('ASKED')",
    "in": "'ASKED' in os.environ",
    "bytes": "os.environb[b'ASKED']",
    "expandvars": "os.path.expandvars('$ASKED/x')",
    "a template": "__import__('string').Template('$ASKED').substitute(os.environ)",
    "a chain": "__import__('collections').ChainMap({}, os.environ)['ASKED']",
    "pop": "os.environ.pop('ASKED')",
    "setdefault": "os.environ.setdefault('ASKED', '1')",
}


@pytest.mark.parametrize("how", VARIABLES)
def test_variables_that_are_asked_for(place: Place, how: str) -> None:
    found = place.record(f"import os\n{VARIABLES[how]}", ASKED="1")
    assert "ASKED" in found["asked"]
    assert "the names of all variables" not in found["others"]


def test_a_home_folder_is_a_variable(place: Place) -> None:
    assert "HOME" in place.record("import os; os.path.expanduser('~')")["asked"]
    assert "HOME" in place.record("import pathlib; pathlib.Path.home()")["asked"]


@pytest.mark.parametrize(
    "code",
    [
        *["list(os.environ)", "dict(os.environ)", "os.environ.copy()", "list(os.environ.items())", "len(os.environ)"],
        *["str(os.environ)", "os.environ | {}", "list(os.environb)"],
    ],
)
def test_all_variables_at_once(place: Place, code: str) -> None:
    assert "the names of all variables" in place.record(f"import os\n{code}")["others"]


def test_a_variable_that_the_program_has_set_is_its_own(place: Place) -> None:
    found = place.record("import os\nos.environ['MADE'] = '1'\nassert os.environ['MADE'] == '1'")
    assert "MADE" not in found["asked"]


def test_variables_that_packages_ask_for_are_apart(place: Place) -> None:
    found = place.record("import pydantic\nclass Model(pydantic.BaseModel):\n    x: int\n")
    assert "PYDANTIC_DISABLE_PLUGINS" in found["variables"]
    assert found["asked"] == []


OTHERS = {
    "a program": ("import subprocess; subprocess.run(['true'])", "the program true"),
    "a shell": ("import os; os.system('true')", "the program true"),
    "popen": ("import os; os.popen('true').read()", "the program /bin/sh"),
    "spawn": ("import os; os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)", "the program /bin/true"),
    "a fork": ("import os\npid = os.fork()\nos.waitpid(pid, 0) if pid else os._exit(0)", "another process"),
    "the network": ("import socket; socket.getaddrinfo('127.0.0.1', 1)", "the network"),
    "the machine's name": ("import socket; socket.gethostname()", "the machine's name"),
    "a database": ("import sqlite3; sqlite3.connect(':memory:')", "a database"),
    "native code": ("import ctypes; ctypes.CDLL(None)", "native code"),
    "the process": ("import os; os.getpid()", "the machine or the process (os.getpid)"),
    "chance": ("import os; os.urandom(1)", "the machine or the process (os.urandom)"),
    "the processors": ("from os import cpu_count; cpu_count()", "the machine or the process (os.cpu_count)"),
    "a time": ("import os; os.stat('data.json').st_mtime", "the size, times or rights of {folder}/data.json"),
    "a size": ("import os; os.path.getsize('data.json')", "the size, times or rights of {folder}/data.json"),
    "rights": ("import os; os.access('data.json', 2)", "the size, times or rights of {folder}/data.json"),
    "an open folder": (
        "import os; os.stat('data.json', dir_fd=os.open('.', os.O_RDONLY))",
        "a folder that was opened before",
    ),
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_else_is_read(place: Place, what: str) -> None:
    code, text = OTHERS[what]
    assert text.format(folder=place.folder) in place.record(code)["others"]


IMPORTS = {
    "a module": ("import time", "time"),
    "a name": ("from datetime import datetime", "datetime:datetime"),
    "in a function": ("def f():\n    import random\nf()", "random"),
    "by its name": ("import importlib; importlib.import_module('secrets')", "secrets"),
    "by a function": ("__import__('uuid')", "uuid"),
    "in code of a text": ("exec('import time')", "time"),
    "a package": ("import pulumi.runtime", "pulumi.runtime"),
    "in a module of its own": ("import more", "platform"),
}


@pytest.mark.parametrize("how", IMPORTS)
def test_what_is_imported_from_elsewhere(place: Place, how: str) -> None:
    place.write("program/more.py", "import platform\n")
    code, name = IMPORTS[how]
    found = place.record(code)["imports"]
    assert name in found
    assert not {"mine", "more"} & set(found)


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("import nothing_here", "nothing_here"),
        ("from mine import nothing", None),
        ("import importlib; importlib.import_module('mine.nothing')", "mine.nothing"),
        ("from . import nothing", "."),
    ],
)
def test_a_module_that_may_come_is_named(place: Place, statement: str, name: str | None) -> None:
    found = place.record(f"try:\n    {statement}\nexcept ImportError:\n    pass")["others"]
    assert found == ([f"the module {name}, which is not there"] if name else [])


def test_a_program_that_reads_nothing_has_read_nothing(place: Place) -> None:
    found = place.record("import json, re, dataclasses, pathlib, pulumi, mine\nfrom typing import Any\n")
    assert {kind: found[kind] for kind in ("files", "folders", "asked", "others", "invokes")} == {
        "files": [],
        "folders": [],
        "asked": [],
        "others": [],
        "invokes": [],
    }
    assert "pulumi" in found["packages"]
