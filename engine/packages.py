"""The Python packages: makes a virtual environment with exactly what a lock file says. `make install` runs it.

uv installs them, in half a minute; pip, which takes minutes, only gets uv. If uv cannot be had or fails, pip does all
of it. Either way each file must have the hash that the lock file has.

What uv makes holds no path of the folder it is in, so that a clone may be moved.

It runs before anything is installed: with the standard library alone, as a file and not as a module of the package.
"""

from __future__ import annotations

import ast
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

VENV = ".venv"
"""The environment of the commands and programs. It has uv, which makes the other ones too."""

UV_LOCK = "engine/requirements.lock"

LOCK = ".install.lock"
"""The file that an install holds locked."""

STAMP = "installed"
"""The file in an environment that says what is installed there. One that was not finished has none."""

Progress = Callable[[str], None]
"""A callback that receives one line of progress."""

Run = Callable[[list[str], Mapping[str, str]], str]
"""Runs a command with these environment variables and returns its output. Raises `Failed`."""


class Failed(Exception):
    """A command failed; the text is the end of its output."""

    @property
    def cause(self) -> str:
        """The last line: uv and pip write the first cause there."""
        return (str(self).strip().splitlines() or ["without a word"])[-1].strip()


class NoUv(Failed):
    """uv cannot be had. The environment is new and empty."""


class Refused(Exception):
    """There is nothing to try: the user has to do something first."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment, `name` below the folder `root`, with the packages of the file `lock`, and what makes it.

    `pip_only` leaves uv out.
    """

    root: Path
    name: str
    lock: str
    run: Run
    progress: Progress
    pip_only: bool = False

    @property
    def folder(self) -> Path:
        return self.root / self.name

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def uv(self) -> Path:
        return self.root / VENV / "bin" / "uv"

    @property
    def _is_main(self) -> bool:
        return self.name == VENV

    @property
    def _locks(self) -> list[str]:
        return [self.lock, *([UV_LOCK] if self._is_main else [])]

    @property
    def _pins(self) -> str:
        return hashlib.sha256(b"".join((self.root / lock).read_bytes() for lock in self._locks)).hexdigest()

    def is_current(self) -> bool:
        """Whether what the lock files say is installed here."""
        stamp = self._stamp()
        if stamp.get("pins") != self._pins or not os.access(self.python, os.X_OK):
            return False
        # What pip installs holds the folder's path. A link leads to where it was made.
        return stamp.get("by") == "uv" or stamp.get("folder") == str(self.folder.resolve())

    def install(self) -> None:
        """Make the environment as the lock files say. Raises `Refused` and `Failed`."""
        if self.folder.is_symlink():
            raise Refused(
                f"install: {self.name} is a link to the packages of another folder, and they are not those of "
                f"{self.lock}. Nothing was changed there: delete the link, and run this again"
            )
        if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
            raise Refused(
                f"install: {sys.executable} has no venv module; install it (Debian, Ubuntu: apt install python3-venv)"
            )
        started = time.monotonic()
        stamp = self._stamp()
        # Without it a run that is killed from here on is seen, and the next one begins anew.
        (self.folder / STAMP).unlink(missing_ok=True)
        by = self._install(stamp)
        self.run([str(self.python), "-m", "pip", *QUIET, "check"] if by == "pip" else self._uv("check"), os.environ)
        if self._is_main:
            self._add_repository()
        made = {"pins": self._pins, "by": by, "python": _python(), "folder": str(self.folder.resolve())}
        (self.folder / STAMP).write_text(json.dumps(made) + "\n")
        self.progress(f"install: {self.name} is ready, in {time.monotonic() - started:.0f} s")

    def _install(self, stamp: Mapping[str, str]) -> str:
        """Install by the way that works; returns its name."""
        empty = False
        if not self.pip_only and (self._is_main or self.uv.exists()):
            try:
                self._by_uv(changed=stamp.get("by") == "uv" and stamp.get("python") == _python())
            except Failed as failed:
                self.progress(f"install: not by uv ({failed.cause}): pip does all of it")
                empty = isinstance(failed, NoUv)
            else:
                return "uv"
        if not empty:
            self._new_for_pip()
        self.progress(f"install: {self._into()}, by pip (about {max(10, self._number())} seconds)")
        self.run(self._pip_install(self.lock), os.environ)
        return "pip"

    def _by_uv(self, *, changed: bool) -> None:
        """`changed`: there is an environment that uv has made, and only the difference is to be installed."""
        if changed and self.uv.exists() and os.access(self.python, os.X_OK):
            self.progress(f"install: what {self.lock} has changed, into {self.name}, by uv (5 seconds)")
        else:
            self._new_for_uv()
            self.progress(f"install: {self._into()}, by uv (about {5 + 5 * (self._number() // 20)} seconds)")
        self.run(self._uv("sync", "--require-hashes", *self._locks), {**os.environ, **self._settings()})

    def _new_for_uv(self) -> None:
        """An empty environment, in place of the one that may be there."""
        if not self._is_main:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.run([*self._uv_venv(), self.name], os.environ)
            return
        self._new_for_pip()
        self.progress("install: uv, which installs the others (5 seconds)")
        # No retries: what takes its place is pip, which has them.
        once = ("--retries", "0", "--timeout", "10")
        try:
            self.run(self._pip_install(UV_LOCK, *once), os.environ)
        except Failed as failed:
            raise NoUv(str(failed)) from failed
        # Now the same once more by uv: its scripts work wherever the folder is moved.
        self.run([*self._uv_venv(), "--allow-existing", self.name], os.environ)

    def _new_for_pip(self) -> None:
        self.progress(f"install: {self.name}, for Python {platform.python_version()} (5 seconds)")
        self.run([sys.executable, "-m", "venv", "--clear", self.name], os.environ)

    def _settings(self) -> dict[str, str]:
        """The settings that uv needs. pip tells its own, as it reads them from files in several places."""
        python = self.root / VENV / "bin" / "python"
        return uv_variables(self.run([str(python), "-m", "pip", "config", "list"], os.environ), os.environ)

    def _uv_venv(self) -> list[str]:
        return [str(self.uv), "venv", "--no-project", "--relocatable", "--python", _base_python()]

    def _uv(self, *arguments: str) -> list[str]:
        command, *rest = arguments
        return [str(self.uv), "pip", command, "--python", str(self.python), *rest]

    def _pip_install(self, lock: str, *options: str) -> list[str]:
        return [str(self.python), "-m", "pip", *QUIET, "install", "--no-deps", "--require-hashes", *options, "-r", lock]

    def _number(self) -> int:
        return len(re.findall(r"^[\w.-]+==", (self.root / self.lock).read_text(), re.MULTILINE))

    def _into(self) -> str:
        number = self._number()
        return f"{number} package{'s' * (number != 1)} into {self.name}"

    def _add_repository(self) -> None:
        """Make this repository's packages importable from everywhere, which Pulumi programs need. It takes no build,
        unlike an editable install, and the path is a relative one, for a clone that is moved."""
        base = str(self.folder)
        packages = Path(sysconfig.get_path("purelib", "venv", vars={"base": base, "platbase": base}))
        (packages / "repository.pth").write_text(f"{os.path.relpath(self.root, packages)}\n")

    def _stamp(self) -> dict[str, str]:
        try:
            return dict(json.loads((self.folder / STAMP).read_text()))
        except (OSError, ValueError, TypeError):
            return {}


QUIET = ("--disable-pip-version-check", "--quiet")


def uv_variables(config: str, variables: Mapping[str, str]) -> dict[str, str]:
    """What uv must be told of the user's settings of pip: the output of `pip config list`, as environment variables.

    Where both can be set, the user's own setting of uv, in `variables`, stays.
    """
    settings = _pip_settings(config)
    found = {
        # As pip does. A package that Python compiles at its first import would be one that was changed during that run
        # (automation/skipping/packages.py), and the next run would not skip its stack.
        "UV_COMPILE_BYTECODE": "1",
        # A hard link would make a change of a file here one of every clone's.
        "UV_LINK_MODE": "copy",
        # pip takes its place, so there is no need to try for long.
        "UV_HTTP_RETRIES": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_DEFAULT_INDEX": "" if "UV_INDEX_URL" in variables else settings.get("index-url", ""),
        "UV_INDEX": " ".join(settings.get("extra-index-url", "").split()),
        # As pip does: a file may come from any of them. Its hash says that it is the right one.
        "UV_INDEX_STRATEGY": "unsafe-best-match" if settings.get("extra-index-url") else "",
        "UV_FIND_LINKS": ",".join(settings.get("find-links", "").split()),
        "UV_NO_INDEX": "1" if _is_on(settings.get("no-index")) else "",
        "UV_INSECURE_HOST": " ".join(settings.get("trusted-host", "").split()),
        "UV_NO_CACHE": "1" if _is_on(settings.get("no-cache-dir")) else "",
        "SSL_CLIENT_CERT": settings.get("client-cert", ""),
        "ALL_PROXY": settings.get("proxy", ""),
    }
    found = {name: value for name, value in found.items() if value and name not in variables}
    # Not uv's alone, so it may be set for something else: pip has an own setting for it, which is meant.
    if certificates := settings.get("cert"):
        found["SSL_CERT_FILE"] = certificates
    return found


def _pip_settings(config: str) -> dict[str, str]:
    """Setting → value. Those of `[install]` go before those of `[global]`, and the environment before both."""
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for section, name, value in re.findall(r"^(global|install|:env:)\.([\w-]+)=(.*)$", config, re.MULTILINE):
        found[section][name] = str(ast.literal_eval(value))
    return {name: value for settings in found.values() for name, value in settings.items()}


def _is_on(value: str | None) -> bool:
    return (value or "").lower() in ("1", "true", "yes", "on", "y", "t")


def _python() -> str:
    """Which Python this is: an environment of another one is made anew."""
    return f"{platform.python_version()} of {sys.base_prefix}"


def _base_python() -> str:
    """The Python that a virtual environment's Python is a link to: the environment may be the one that is made anew."""
    return str(getattr(sys, "_base_executable", sys.executable))


def finished(process: subprocess.Popen[str], waiting: Callable[[float], None], every: float) -> tuple[str, str]:
    """The output and the error output of a process that has ended. `waiting` is called every `every` seconds until
    then, with the seconds that have passed. The process ends if the wait is broken off."""
    started = time.monotonic()
    while True:
        try:
            return process.communicate(timeout=every)
        except subprocess.TimeoutExpired:
            waiting(time.monotonic() - started)
        except BaseException:
            process.terminate()
            raise


def run(command: list[str], variables: Mapping[str, str], progress: Progress, every: float = 20.0) -> str:
    """Run `command`, with a line of progress every `every` seconds; returns its output.

    Raises `Failed`, also when the command cannot be started.
    """
    try:
        process = subprocess.Popen(
            command,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise Failed(str(error)) from error
    with process:
        output, _ = finished(process, lambda seconds: progress(f"install: still at it, {seconds:.0f} s"), every)
    if process.returncode:
        raise Failed("\n".join(output.strip().splitlines()[-15:]))
    return output


@contextmanager
def _alone(root: Path, progress: Progress) -> Iterator[None]:
    """Wait until no other install is at work in the folder."""
    with (root / LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("install: another one is at work here, waiting for its end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """`packages.py [--current] FOLDER LOCK`; returns the exit code. --current only tells whether all is there."""
    *options, name, lock = arguments
    progress = partial(print, flush=True)
    pip_only = os.environ.get("INSTALLER") == "pip"
    environment = Environment(Path.cwd(), name, lock, partial(run, progress=progress), progress, pip_only)
    if environment.is_current():
        return 0
    if "--current" in options:
        return 1
    try:
        with _alone(environment.root, progress):
            if not environment.is_current():  # another install may just have made it
                environment.install()
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    except Failed as failed:
        print(f"{failed}\ninstall: {name} is not ready; docs/installing.md says what it needs", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("install: stopped; the next one begins anew", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
