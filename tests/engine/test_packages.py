"""The environments of the Makefile: what installs them, what takes its place, and what is said meanwhile.

The first tests have a uv and a pip that only note how they are called; the last ones are by the real ones, from a
folder of packages, without a network.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import importlib.util
import os
import platform
import re
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine import packages
from engine.packages import UV_LOCK, Environment, Failed, Refused, run, uv_variables
from shared.layers import ROOT


@dataclass
class Machine:
    """A clone, and a uv and a pip that note their calls. A call with a word of `fails` in it fails."""

    root: Path
    fails: tuple[str, ...] = ()
    config: str = ""
    calls: list[str] = field(default_factory=list)
    variables: dict[str, Mapping[str, str]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def run(self, command: list[str], variables: Mapping[str, str]) -> str:
        call = " ".join(command).replace(f"{self.root}/", "").replace(sys.executable, "python3")
        self.calls.append(call)
        self.variables[call] = variables
        for word in self.fails:
            if word in call:
                raise Failed(f"a line\n{word} is broken\n")
        if " venv " in call:
            self.write(self.root / command[-1] / "bin/python")
        if call.endswith(f"-r {UV_LOCK}"):
            self.write(self.root / ".venv/bin/uv")
        return self.config if "config list" in call else ""

    def write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(0o755)

    def environment(
        self, name: str = ".venv", lock: str = "requirements.lock", *, pip_only: bool = False
    ) -> Environment:
        base = str(self.root / name)
        Path(sysconfig.get_path("purelib", "venv", vars={"base": base, "platbase": base})).mkdir(
            parents=True, exist_ok=True
        )
        return Environment(self.root, name, lock, self.run, self.said.append, pip_only)

    def install(self, name: str = ".venv", lock: str = "requirements.lock", *, pip_only: bool = False) -> None:
        self.calls.clear()
        self.said.clear()
        self.environment(name, lock, pip_only=pip_only).install()

    def called(self, word: str) -> list[str]:
        return [call for call in self.calls if word in call]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(new_clone(tmp_path / "clone"))


LOCK = "one==1\ntwo==2 \\\n    --hash=sha256:0\n"


def new_clone(root: Path) -> Path:
    (root / "engine").mkdir(parents=True)
    (root / UV_LOCK).write_text("uv==1\n")
    (root / "requirements.lock").write_text(LOCK)
    (root / "other.lock").write_text("three==3\n")
    return root


UV_SYNC = ".venv/bin/uv pip sync --python .venv/bin/python --require-hashes requirements.lock engine/requirements.lock"
PIP = ".venv/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes"


def test_pip_installs_uv_and_uv_the_others_each_file_with_its_hash(machine: Machine) -> None:
    machine.install()
    assert machine.calls == [
        "python3 -m venv --clear .venv",
        f"{PIP} --retries 0 --timeout 10 -r engine/requirements.lock",
        f".venv/bin/uv venv --no-project --relocatable --python {packages._base_python()} --allow-existing .venv",
        ".venv/bin/python -m pip config list",
        UV_SYNC,
        ".venv/bin/uv pip check --python .venv/bin/python",
    ]


def test_each_step_is_said_as_it_begins(machine: Machine) -> None:
    machine.install()
    python = platform.python_version()
    assert machine.said == [
        f"install: .venv, for Python {python} (5 seconds)",
        "install: uv, which installs the others (5 seconds)",
        "install: 2 packages into .venv, by uv (about 5 seconds)",
        "install: .venv is ready, in 0 s",
    ]


def test_pip_goes_on_where_it_could_not_get_uv(machine: Machine) -> None:
    machine.fails = ("-r engine/requirements.lock",)
    machine.install()
    assert "install: not by uv (-r engine/requirements.lock is broken): pip does all of it" in machine.said
    assert [call.rpartition(" ")[2] for call in machine.calls] == [
        ".venv",
        "engine/requirements.lock",
        "requirements.lock",
        "check",
    ]


@pytest.mark.parametrize("broken", ["uv venv", "config list", "uv pip sync"])
def test_pip_does_all_of_it_if_uv_cannot(machine: Machine, broken: str) -> None:
    machine.fails = (broken,)
    machine.install()
    assert f"install: not by uv ({broken} is broken): pip does all of it" in machine.said
    first, last, check = machine.calls[-3:]
    assert first == "python3 -m venv --clear .venv"
    assert last == f"{PIP} -r requirements.lock"
    assert check == ".venv/bin/python -m pip --disable-pip-version-check --quiet check"
    assert machine.environment().is_current()


def test_pip_alone_may_be_asked_for(machine: Machine) -> None:
    machine.install(pip_only=True)
    assert machine.called("uv") == []
    assert machine.called(f"{PIP} -r requirements.lock")


def test_what_neither_can_install_is_not_there(machine: Machine) -> None:
    machine.fails = ("uv pip sync", "-r requirements.lock")
    with pytest.raises(Failed):
        machine.install()
    assert not machine.environment().is_current()


@pytest.mark.parametrize("lock", ["requirements.lock", UV_LOCK])
def test_of_a_changed_lock_file_only_the_difference_is_installed(machine: Machine, lock: str) -> None:
    machine.install()
    assert machine.environment().is_current()
    (machine.root / lock).write_text("one==2\n")
    assert not machine.environment().is_current()
    machine.install()
    assert machine.calls[1:] == [UV_SYNC, ".venv/bin/uv pip check --python .venv/bin/python"]
    assert machine.said[0] == "install: what requirements.lock has changed, into .venv, by uv (5 seconds)"
    assert machine.environment().is_current()


def test_an_install_that_was_killed_begins_anew(machine: Machine) -> None:
    machine.install()
    (machine.root / "requirements.lock").write_text("one==2\n")
    machine.fails = ("uv pip sync", "-r requirements.lock")
    with pytest.raises(Failed):
        machine.install()
    # As it was: what is there may be the half of a package.
    (machine.root / "requirements.lock").write_text(LOCK)
    assert not machine.environment().is_current()
    machine.fails = ()
    machine.install()
    assert machine.calls[0] == "python3 -m venv --clear .venv"


def test_another_python_makes_it_anew(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.install()
    (machine.root / "requirements.lock").write_text("one==2\n")
    monkeypatch.setattr(platform, "python_version", lambda: "3.99.0")
    machine.install()
    assert machine.calls[0] == "python3 -m venv --clear .venv"


def test_a_python_that_is_gone_is_replaced(machine: Machine) -> None:
    machine.install()
    (machine.root / ".venv/bin/python").unlink()
    (machine.root / ".venv/bin/python").symlink_to(machine.root / "gone")
    assert not machine.environment().is_current()


@pytest.mark.parametrize("pip_only", [False, True])
def test_a_clone_that_was_moved(machine: Machine, pip_only: bool) -> None:
    """What uv makes may be moved. What pip makes holds its path, and is made anew."""
    machine.install(pip_only=pip_only)
    moved = machine.root.with_name("moved to here")
    machine.root.rename(moved)
    machine.root = moved
    assert machine.environment().is_current() is not pip_only


@pytest.mark.parametrize("pip_only", [False, True])
def test_a_link_to_the_packages_of_another_folder_is_used_and_never_written(machine: Machine, pip_only: bool) -> None:
    machine.install(pip_only=pip_only)
    copy = Machine(new_clone(machine.root.with_name("copy")))
    (copy.root / ".venv").symlink_to(machine.root / ".venv")
    assert copy.environment().is_current()
    (copy.root / "requirements.lock").write_text("one==2\n")
    assert not copy.environment().is_current()
    with pytest.raises(Refused, match=r"install: \.venv is a link to the packages of another folder.*delete the link"):
        copy.install()
    assert copy.calls == []
    assert machine.environment().is_current()


def test_an_environment_of_an_earlier_version_of_the_makefile_is_made_anew(machine: Machine) -> None:
    machine.install()
    (machine.root / ".venv" / "installed").write_text(f"{machine.root}\none==1\n")
    assert not machine.environment().is_current()


def test_a_python_without_venv_is_named(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else name)
    with pytest.raises(Refused, match="has no venv module; install it"):
        machine.install()
    assert machine.calls == []


def test_the_repository_is_importable_from_everywhere(machine: Machine) -> None:
    machine.install()
    (path,) = (machine.root / ".venv").rglob("repository.pth")
    # As Python reads it: from the folder that the file is in.
    assert Path(os.path.normpath(path.parent / path.read_text().strip())) == machine.root
    assert machine.root.name not in path.read_text()


def test_another_environment_is_made_by_the_uv_of_the_first_one(machine: Machine) -> None:
    machine.install()
    machine.install("other/venv", "other.lock")
    assert machine.calls == [
        f".venv/bin/uv venv --no-project --relocatable --python {packages._base_python()} other/venv",
        ".venv/bin/python -m pip config list",
        ".venv/bin/uv pip sync --python other/venv/bin/python --require-hashes other.lock",
        ".venv/bin/uv pip check --python other/venv/bin/python",
    ]
    assert list((machine.root / "other").rglob("repository.pth")) == []
    assert machine.environment("other/venv", "other.lock").is_current()


def test_another_environment_is_made_by_pip_where_there_is_no_uv(machine: Machine) -> None:
    machine.install(pip_only=True)
    machine.install("other/venv", "other.lock")
    assert machine.calls[0] == "python3 -m venv --clear other/venv"
    assert machine.calls[1].endswith("--require-hashes -r other.lock")


CONFIG = """\
global.index-url='https://global.example/simple'
global.cert='/global.pem'
global.extra-index-url='\\nhttps://one.example/simple\\nhttps://two.example/simple'
install.index-url='https://install.example/simple'
install.trusted-host='a.example b.example'
freeze.timeout='10'
:env:.cert='/env.pem'
:env:.find-links='/a /b'
:env:.no-cache-dir='1'
:env:.no-index='false'
"""


def test_uv_is_told_the_settings_of_pip(machine: Machine) -> None:
    machine.config = CONFIG
    machine.install()
    found = machine.variables[UV_SYNC]
    expected = {
        "UV_DEFAULT_INDEX": "https://install.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/a,/b",
        "UV_INSECURE_HOST": "a.example b.example",
        "UV_NO_CACHE": "1",
        "UV_LINK_MODE": "copy",
        "SSL_CERT_FILE": "/env.pem",
        "PATH": os.environ["PATH"],
    }
    assert {name: found.get(name) for name in expected} == expected
    assert "UV_NO_INDEX" not in found


def test_the_users_own_settings_of_uv_stay() -> None:
    own = {"UV_INDEX_URL": "https://own.example/simple", "UV_LINK_MODE": "symlink", "SSL_CERT_FILE": "/own.pem"}
    found = uv_variables(CONFIG, own)
    assert "UV_DEFAULT_INDEX" not in found
    assert "UV_LINK_MODE" not in found
    assert found["SSL_CERT_FILE"] == "/env.pem"
    assert "SSL_CERT_FILE" not in uv_variables("", own)


def test_a_long_step_says_that_it_is_still_at_it() -> None:
    said: list[str] = []
    output = run([sys.executable, "-c", "import time; print('done'); time.sleep(1.5)"], os.environ, said.append, 0.5)
    assert output == "done\n"
    assert said
    assert re.fullmatch(r"install: still at it, \d s", said[0])


def test_a_command_that_fails_has_its_last_line_as_cause() -> None:
    with pytest.raises(Failed) as raised:
        run([sys.executable, "-c", "print('first'); print('the cause'); exit(1)"], os.environ, print)
    assert raised.value.cause == "the cause"
    with pytest.raises(Failed, match="No such file"):
        run(["/no/such/program"], os.environ, print)


# By the real uv and pip.

UV = ROOT / ".venv" / "bin" / "uv"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a lock file of one package, which is in the only folder that pip's settings name."""
    clone = tmp_path / "a clone"
    (clone / "engine").mkdir(parents=True)
    (clone / "engine/requirements.lock").write_text(f"uv==0.0.1 --hash=sha256:{'0' * 64}\n")
    wheel = _wheel(tmp_path / "wheels")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (clone / "tiny.lock").write_text(f"tiny-thing==1.0 --hash=sha256:{digest}\n")
    (clone / "requirements.lock").write_text((clone / "tiny.lock").read_text())
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[global]\nno-index = true\n[install]\nfind-links = {wheel.parent}\n")
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return clone


def _wheel(folder: Path) -> Path:
    """The package tiny-thing, with one command."""
    info = "tiny_thing-1.0.dist-info"
    files = {
        "tiny_thing.py": "def main():\n    print(__file__)\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: tiny-thing\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\ntiny = tiny_thing:main\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')},\n"
        for name, text in files.items()
    )
    folder.mkdir()
    wheel = folder / "tiny_thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(name, text)
    return wheel


def install(clone: Path, name: str, lock: str) -> subprocess.CompletedProcess[str]:
    program = ROOT / "engine" / "packages.py"
    return subprocess.run(
        [sys.executable, program, name, lock], cwd=clone, capture_output=True, text=True, timeout=120, check=False
    )


def tiny(clone: Path, environment: str) -> str:
    done = subprocess.run([clone / environment / "bin" / "tiny"], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def with_uv(clone: Path) -> Path:
    """The clone, with the uv and the pip of this repository."""
    if '"by": "pip"' in (ROOT / ".venv" / "installed").read_text():
        pytest.skip("there is no uv: the packages were installed by pip")
    assert UV.exists(), "uv is missing: make install"
    (clone / ".venv").symlink_to(ROOT / ".venv")
    return clone


def test_uv_takes_the_package_from_where_pips_settings_say_and_the_clone_may_be_moved(with_uv: Path) -> None:
    done = install(with_uv, "other/venv", "tiny.lock")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 package into other/venv, by uv" in done.stdout
    assert "not by uv" not in done.stdout
    moved = with_uv.with_name("moved to here")
    with_uv.rename(moved)
    assert tiny(moved, "other/venv").startswith(str(moved))
    # Python would do it in the first run, which would be taken for a change of the package.
    assert list((moved / "other").rglob("tiny_thing.*.pyc")) != []
    again = install(moved, "other/venv", "tiny.lock")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_a_file_with_another_hash_is_installed_by_neither(with_uv: Path) -> None:
    (with_uv / "tiny.lock").write_text(f"tiny-thing==1.0 --hash=sha256:{'1' * 64}\n")
    done = install(with_uv, "other/venv", "tiny.lock")
    assert done.returncode == 1
    assert "install: not by uv" in done.stdout
    assert "HASHES" in done.stderr
    assert "install: other/venv is not ready" in done.stderr
    assert list((with_uv / "other").rglob("tiny_thing*")) == []


def test_pip_takes_the_place_of_a_uv_that_cannot_be_had(clone: Path) -> None:
    started = time.monotonic()
    done = install(clone, ".venv", "requirements.lock")
    assert (done.returncode, done.stderr) == (0, "")
    assert "install: not by uv (ERROR: No matching distribution found for uv==0.0.1): pip does all of it" in done.stdout
    assert "by pip" in done.stdout
    assert tiny(clone, ".venv").startswith(str(clone))
    assert install(clone, ".venv", "requirements.lock").stdout == ""
    assert time.monotonic() - started < 100


def test_two_at_once_are_one_install(clone: Path) -> None:
    with (clone / packages.LOCK).open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        words = [sys.executable, str(ROOT / "engine" / "packages.py"), ".venv", "requirements.lock"]
        waiting = [subprocess.Popen(words, cwd=clone, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        for each in waiting:
            assert each.stdout
            assert each.stdout.readline() == "install: another one is at work here, waiting for its end\n"
        assert not (clone / ".venv").exists()
    said = [each.communicate(timeout=120)[0] for each in waiting]
    assert [each.returncode for each in waiting] == [0, 0]
    assert sorted("install: .venv is ready" in each for each in said) == [False, True]
    assert tiny(clone, ".venv").startswith(str(clone))
