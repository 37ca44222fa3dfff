"""A machine without Pulumi, and a repository root of its own, for each test."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.install import HOST, Engine
from sandbox import lifecycle
from shared.layers import ROOT

STAND_IN = Path(__file__).with_name("stand_in.py")


def stand_in(*options: str) -> tuple[str, ...]:
    """The command that starts a stand-in for the emulator."""
    return (sys.executable, str(STAND_IN), *options)


def fake_pulumi(folder: Path, version: str, *, host: bool = True) -> Path:
    """A `pulumi` in `folder` that knows only its version, with a language host beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    program(folder / "pulumi", f'echo "{version}"')
    if host:
        program(folder / HOST, "exit 0")
    return folder / "pulumi"


def program(path: Path, script: str) -> Path:
    """An executable shell script."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository root with nothing got yet; no `pulumi` is on PATH. What was started is stopped."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "PULUMI_"))]:
        monkeypatch.delenv(name)
    path = os.environ["PATH"].split(os.pathsep)
    monkeypatch.setenv("PATH", os.pathsep.join(p for p in path if not (Path(p) / "pulumi").exists()))
    folder = tmp_path / "repository with a space"
    folder.mkdir()
    (folder / "engine").symlink_to(ROOT / "engine")
    yield folder
    lifecycle.stop(folder, lambda _line: None)


@pytest.fixture
def engine(root: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine on PATH that knows only its version."""
    from engine.install import find_engine, sdk_version

    folder = fake_pulumi(root.parent / "elsewhere", f"v{sdk_version()}").parent
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    found = find_engine(root)
    assert found is not None
    return found
