"""What counts of the installed packages, each alone."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from automation.skipping import packages as packages_module
from automation.skipping.contents import Contents
from automation.skipping.packages import Packages

USED = {"used", "single", "_fast", "shared_name"}


class Installed:
    """A folder of installed packages; programs have imported those in USED."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.site = root / "site-packages"
        for name in ("used", "unused", "_editable"):
            self.write(f"{name}/__init__.py", "X = 1\n")
            self.write(
                f"{name}-1.0.dist-info/RECORD", f"{name}/__init__.py,sha256=a,6\n{name}-1.0.dist-info/RECORD,,\n"
            )
        self.write("used/part/deep.py", "X = 1\n")
        self.write("used/data.json", "{}")
        self.write("used/__pycache__/__init__.cpython-311.pyc", "x")
        self.write("single.py", "X = 1\n")
        self.write("_fast.cpython-311-x86_64-linux-gnu.so", "x")
        self.write("shared_name/one/module.py", "X = 1\n")
        self.write("start.pth", "import unused\n# A comment.\n")

    def write(self, name: str, text: str) -> Path:
        file = self.site / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def packages(self) -> Packages:
        return Packages(self.root / "repository", Contents(self.root / "contents.json"), [self.site])


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return Installed(tmp_path)


Change = Callable[[Installed], object]


def same_size(installed: Installed) -> None:
    """As an editor does that keeps the length."""
    file = installed.write("used/__init__.py", "X = 2\n")
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))


def same_time(installed: Installed) -> None:
    before = (installed.site / "used/__init__.py").stat().st_mtime_ns
    os.utime(installed.write("used/__init__.py", "X = 2\n"), ns=(0, before))


def installed_anew(installed: Installed) -> None:
    for name, text in {"used/__init__.py": "X = 1\n", "single.py": "X = 1\n"}.items():
        (installed.site / name).unlink()
        os.utime(installed.write(name, text), ns=(0, 1))


def new_folder(installed: Installed) -> None:
    installed.write("folder.pth", str(installed.root / "elsewhere"))
    (installed.root / "elsewhere").mkdir()


COUNTS: dict[str, Change] = {
    "a package edited in place": lambda i: i.write("used/__init__.py", "X = 22\n"),
    "an edit of the same length": same_size,
    "an edit of the same length and time": same_time,
    "a module deep in a package": lambda i: i.write("used/part/deep.py", "X = 22\n"),
    "a new module": lambda i: i.write("used/new.py", ""),
    "a module that is gone": lambda i: (i.site / "used/part/deep.py").unlink(),
    "data of a package": lambda i: i.write("used/data.json", "{}\n"),
    "a single file": lambda i: i.write("single.py", "X = 22\n"),
    "an extension module": lambda i: i.write("_fast.cpython-311-x86_64-linux-gnu.so", "xx"),
    "a part of a namespace": lambda i: i.write("shared_name/two/module.py", "X = 1\n"),
    "a package where a module was": lambda i: i.write("single/__init__.py", "X = 1\n"),
    "what was installed with it": lambda i: i.write("used-1.0.dist-info/RECORD", "used/__init__.py,sha256=b,6\n"),
    "its version": lambda i: (i.site / "used-1.0.dist-info").rename(i.site / "used-1.1.dist-info"),
    "a new .pth file": lambda i: i.write("more.pth", "import unused\n"),
    "a .pth file's text": lambda i: i.write("start.pth", "import unused.other\n"),
    "a .pth file that is gone": lambda i: (i.site / "start.pth").unlink(),
    "a folder that a .pth file adds": new_folder,
    "a module for each start": lambda i: i.write("sitecustomize.py", ""),
    "a user's module for each start": lambda i: i.write("usercustomize/__init__.py", ""),
    "a plugin of any package": lambda i: i.write("unused-1.0.dist-info/entry_points.txt", "[pydantic]\na = unused:a\n"),
}


@pytest.mark.parametrize("what", COUNTS)
def test_each_of_it_counts(installed: Installed, what: str) -> None:
    before = installed.packages().stamps(USED)
    assert installed.packages().stamps(USED) == before
    COUNTS[what](installed)
    assert installed.packages().stamps(USED) != before


DOES_NOT_COUNT: dict[str, Change] = {
    "the same installed anew": installed_anew,
    "another package": lambda i: i.write("unused/__init__.py", "X = 22\n"),
    "a new package": lambda i: i.write("more/__init__.py", ""),
    "a package whose name begins alike": lambda i: i.write("used_too/__init__.py", ""),
    "a new distribution": lambda i: i.write("more-1.0.dist-info/RECORD", "more/__init__.py,sha256=a,0\n"),
    "a compiled module": lambda i: i.write("used/__pycache__/deep.cpython-311.pyc", "x"),
    "a command": lambda i: i.write("unused-1.0.dist-info/entry_points.txt", "[console_scripts]\nx = unused:a\n"),
    "that it was read": lambda i: (i.site / "used/data.json").read_text(),
}


@pytest.mark.parametrize("what", DOES_NOT_COUNT)
def test_what_a_program_cannot_read_does_not_count(installed: Installed, what: str) -> None:
    before = installed.packages().stamps(USED)
    DOES_NOT_COUNT[what](installed)
    assert installed.packages().stamps(USED) == before


@pytest.mark.parametrize("how", ["a .pth file", "a relative line of it", "PYTHONPATH", "a link"])
def test_packages_in_other_folders_count(installed: Installed, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = installed.write("../checkout/src/edited/__init__.py", "X = 1\n")
    folder = module.parent.parent
    if how == "PYTHONPATH":
        monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}")
    elif how == "a link":
        (installed.site / "edited").symlink_to(module.parent)
    else:
        installed.write("edited.pth", str(folder) if how == "a .pth file" else "../checkout/src")
    before = installed.packages().stamps({"edited"})
    module.write_text("X = 22\n")
    assert installed.packages().stamps({"edited"}) != before


def test_modules_of_the_repository_do_not_count(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are a part of the program."""
    module = installed.write("../repository/own/__init__.py", "X = 1\n")
    installed.write("repository.pth", str(module.parent.parent))
    monkeypatch.setenv("PYTHONPATH", str(module.parent.parent))
    before = installed.packages().stamps({"own"})
    module.write_text("X = 22\n")
    assert installed.packages().stamps({"own"}) == before


def test_a_link_to_a_folder_above_ends(installed: Installed) -> None:
    (installed.site / "used" / "loop").symlink_to(installed.site / "used")
    assert installed.packages().stamps(USED)


def test_sets_of_names_differ_and_their_order_does_not(installed: Installed) -> None:
    packages = installed.packages()
    assert packages.stamps(["used", "single"]) == packages.stamps(["single", "used", "used"])
    assert packages.stamps({"used"}) != packages.stamps({"single"})


def test_this_python_s_packages_are_found(tmp_path: Path) -> None:
    """Also those of Python itself and of this repository, of which nothing counts."""
    packages = Packages(Path(__file__).parents[3], Contents(tmp_path / "contents.json"))
    found = {top: packages.stamps({top}) for top in ("pulumi", "yaml", "typing_extensions", "json", "automation", "no")}
    assert len({found["pulumi"], found["yaml"], found["typing_extensions"], found["no"]}) == 4
    assert found["json"] == found["no"]


REPLACED: dict[str, Change] = {
    **COUNTS,
    "an edit that is taken back": lambda i: (i.write("used/data.json", "[]"), i.write("used/data.json", "{}")),
    "a package that is put in the place of another": lambda i: (i.site / "used/part").rename(i.site / "used/part2"),
}


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("what", REPLACED)
def test_a_change_during_a_run_is_seen(installed: Installed, what: str, known: bool) -> None:
    packages = installed.packages()
    if known:
        packages.stamps(USED)
    time.sleep(0.02)  # the clock of files ticks slower than the one of processes
    begin = time.time_ns()
    assert not packages.changed_since(USED, begin)
    time.sleep(0.02)
    REPLACED[what](installed)
    assert packages.changed_since(USED, begin)


@pytest.mark.parametrize("kept", [None, "", "[]", "{}", '{"a": 1}'])
def test_what_is_kept_of_contents_may_be_lost(installed: Installed, kept: str | None) -> None:
    before = installed.packages().stamps(USED)
    file = installed.root / "contents.json"
    assert len(file.read_text()) < 300
    if kept is None:
        file.unlink()
    else:
        file.write_text(kept)
    assert installed.packages().stamps(USED) == before


def test_files_are_read_once(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    before = installed.packages().stamps(USED)
    monkeypatch.setattr(packages_module, "content", lambda _file: pytest.fail("read again"))
    assert installed.packages().stamps(USED) == before


def test_a_use_during_a_run_is_no_change(installed: Installed) -> None:
    time.sleep(0.02)
    begin = time.time_ns()
    for what in ("a compiled module", "that it was read"):
        DOES_NOT_COUNT[what](installed)
    assert not installed.packages().changed_since(USED, begin)
