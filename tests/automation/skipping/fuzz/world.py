"""A small repository with a virtual environment of its own, whose programs are made of reads.

Its runs are processes of that environment, as a user's are. The oracle is the engine alone, with its own language host.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from engine.install import Engine
from shared.layers import LAYERS, ROOT, StackId
from tests.automation.skipping.fuzz.oracle import Oracle
from tests.automation.skipping.fuzz.program import program
from tests.automation.skipping.fuzz.reads import Read

_UNUSED = ("moto", "mypy", "mypyc", "mypy_boto3_*", "*-stubs", "*.so", "ruff*", "debugpy", "cryptography")
"""Packages that take long to copy and that no run of a world needs; their metadata stay."""

TIMEOUT = 600


class World:
    """The repository is at `<place>/project`; `outside` is a folder that is not in it."""

    def __init__(self, place: Path, engine: Engine, accounts: Iterable[str]) -> None:
        place = place.resolve()
        self.root, self.outside, self.home = place / "project", place / "outside", place / "user"
        for folder in (self.root, self.outside, self.home):
            folder.mkdir(parents=True)
        self.shelf = self.root / "shelf"
        self.venv = self.root / ".venv"
        self._make_venv()
        self._copy_code(engine)
        self._engine = engine
        self.port = self._serve()
        self._base = self._variables()
        self.variables = dict(self._base)
        self.oracle = Oracle(self.root, engine)
        self._projects: dict[str, dict[str, Any]] = {}
        self._made: list[Path] = []
        self._count = 0
        self._elsewhere = place / "elsewhere"
        self.stacks = [StackId(layer, "sandbox") for layer in LAYERS if layer != "accounts"]
        self.stacks += [StackId("accounts", "sandbox", account) for account in accounts]
        self.reset()

    def fresh(self) -> str:
        """A value that this world has not had yet."""
        self._count += 1
        return str(self._count)

    def reset(self) -> None:
        """Let each program read nothing, and forget what was made for earlier reads."""
        for path in reversed(self._made):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        self._made.clear()
        self.variables = dict(self._base)
        for layer in LAYERS:
            shutil.rmtree(self.root / "stacks" / layer, ignore_errors=True)
            self._projects[layer] = {}
            self.write(layer, [])
        for stack in self.stacks:
            stack.config_file(self.root).write_text("config: {}\n")

    def add(self, stacks: Iterable[StackId]) -> None:
        """Add stacks, unless they are there."""
        for stack in stacks:
            if stack not in self.stacks:
                self.stacks.append(stack)
                stack.config_file(self.root).write_text("config: {}\n")

    def write(self, layer: str, reads: list[tuple[Read, str]], *, of_one_account: bool = False) -> None:
        """Give the layer a program of these reads, which each is shown in one way."""
        folder = self.root / "stacks" / layer
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__main__.py").unlink(missing_ok=True)
        file = folder / "__main__.py"
        for read, _ in reads:
            self.project(layer, **json.loads(read.text(json.dumps(read.kind.project))))
            file = read.path(read.kind.program)
        self.project(layer)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(program(reads, of_one_account=of_one_account))
        for read, _ in reads:
            read.prepare()

    def project(self, layer: str, **more: Any) -> None:
        """Write the layer's `Pulumi.yaml`, with these keys besides those that it has."""
        known = self._projects[layer]
        for key, value in more.items():
            known[key] = {**known.get(key, {}), **value} if isinstance(value, dict) else value
        document = {"name": layer, "runtime": "python", **known}
        (self.root / "stacks" / layer / "Pulumi.yaml").write_text(yaml.safe_dump(document, sort_keys=False))

    def configure(self, stack: StackId, values: Mapping[str, str], read: Read) -> None:
        """Set keys of the stack's configuration."""
        self._configure(stack.config_file(self.root), stack, {read.text(key): each for key, each in values.items()})

    def configure_in(self, folder: Path, stacks: Iterable[StackId], key: str, value: str) -> None:
        """Set a key of configuration files that are not in the layer's folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.made(folder)
        for stack in stacks:
            self._configure(folder / stack.config_file(self.root).name, stack, {key: value})

    @staticmethod
    def _configure(file: Path, stack: StackId, values: Mapping[str, str]) -> None:
        document = (yaml.safe_load(file.read_text()) or {}) if file.exists() else {}
        config = document.setdefault("config", {})
        config.update({f"{stack.project}:{key}": value for key, value in values.items()})
        file.write_text(yaml.safe_dump(document))

    def comment_in_configuration(self, stack: StackId) -> None:
        with stack.config_file(self.root).open("a") as file:
            file.write("# A comment.\n")

    def made(self, path: Path) -> None:
        """Remember what is deleted by `reset`."""
        self._made.append(path)

    def made_folder(self, path: Path) -> None:
        path.mkdir(parents=True)
        self.made(path)

    def on_path(self, folder: Path) -> None:
        """Let PATH end with the folder."""
        self.variables["PATH"] += f":{folder}"

    def on_python_path(self, folder: Path) -> None:
        """Let PYTHONPATH begin with the folder."""
        rest = self.variables.get("PYTHONPATH", "")
        self.variables["PYTHONPATH"] = f"{folder}:{rest}".rstrip(":")

    def tool(self, path: Path) -> None:
        """Make a program."""
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)

    def deploy(self) -> dict[str, Any]:
        """Deploy all with the run queue: its `code`, what it `printed`, and what `differs` of each stack then."""
        return self._work("deploy")

    def differs(self, *labels: str) -> dict[str, list[str]]:
        """What a new run says of these stacks, or of all: nothing, if the stack would be skipped."""
        found: dict[str, list[str]] = self._work("differs", *labels)["differs"]
        return found

    def up(self, stack: StackId) -> None:
        """Deploy one stack as a colleague would with plain `pulumi up`."""
        self.oracle.up(stack, self.variables)

    def deploy_elsewhere(self, value: str) -> None:
        """Let the stack `organization/elsewhere/prod`, which is none of this repository, export `base`."""
        self._elsewhere.mkdir(exist_ok=True)
        (self._elsewhere / "Pulumi.yaml").write_text("name: elsewhere\nruntime: python\n")
        (self._elsewhere / "__main__.py").write_text(f"import pulumi\npulumi.export('base', {value!r})\n")
        self.oracle.up_in(self._elsewhere, "prod", self.variables)

    def _work(self, what: str, *labels: str) -> dict[str, Any]:
        done = subprocess.run(
            [self.venv / "bin" / "python", "-m", "tests.automation.skipping.fuzz.worker", self.root, what, *labels],
            cwd=self.root,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return said

    @property
    def packages(self) -> Path:
        """The folder of the installed packages."""
        return self.venv / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"

    def _make_venv(self) -> None:
        """A virtual environment with copies of the packages of this one, which tests change."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.venv], check=True)
        here = Path(sysconfig.get_path("purelib"))
        skip = shutil.ignore_patterns(*_UNUSED, "repository.pth", "*.egg-link")
        top = set(skip(str(here), [entry.name for entry in here.iterdir()]))
        for entry in here.iterdir():
            if entry.name not in top and entry.is_dir():
                shutil.copytree(entry, self.packages / entry.name, symlinks=True)
            elif entry.name not in top or entry.name.startswith(("_cffi", "_yaml")):
                shutil.copy2(entry, self.packages / entry.name)
        # The repository comes first, and what it lacks (the tests) from here.
        (self.packages / "repository.pth").write_text(f"{self.root}\n{ROOT}\n")

    def _copy_code(self, engine: Engine) -> None:
        skip = shutil.ignore_patterns("__pycache__", "language-python", "cli")
        for name in ("automation", "engine", "sandbox", "shared"):
            shutil.copytree(ROOT / name, self.root / name, ignore=skip)
        if (ROOT / ".engine").exists():
            (self.root / ".engine").symlink_to((ROOT / ".engine").resolve())
        assert engine

    def _variables(self) -> dict[str, str]:
        path = [str(self._engine.bin), str(self.venv / "bin"), os.environ["PATH"]]
        return {
            "PATH": os.pathsep.join(path),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PULUMI_HOME": str(self.root / "home"),
            "PULUMI_BACKEND_URL": (self.root / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "x",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "SHELF": str(self.shelf),
        }

    def _serve(self) -> int:
        """Serve what is outside over HTTP, and return the port."""
        handler = functools.partial(_Quiet, directory=str(self.outside))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return int(self._server.server_address[1])

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""
