"""Which AWS plugin the sandbox gets, and that the choice is made once."""

import sys
import time
from pathlib import Path

import pytest

from engine.aws_plugin import EMBEDDED, OFFICIAL, provider_version
from engine.install import Engine
from sandbox import aws_plugin
from sandbox.aws_plugin import find_plugin, place_plugin
from sandbox.layout import Layout
from tests.machine import program

DOWNLOAD = """
[ "$1 $2 $3" = "plugin install resource" ] || exit 1
folder="$PULUMI_HOME/plugins/resource-$4-v$5"
mkdir -p "$folder"
printf '\\177ELF' > "$folder/pulumi-resource-aws"
chmod 755 "$folder/pulumi-resource-aws"
"""


def folder_of(root: Path) -> Path:
    return Layout(root).pulumi_home / "plugins" / f"resource-aws-v{provider_version()}"


def embed(pulumi_home: Path, python: Path) -> Path:
    """What the embedded plugin's installer does, seen from outside."""
    path = pulumi_home / "plugins" / f"resource-aws-v{provider_version()}" / "pulumi-resource-aws"
    path.parent.mkdir(parents=True, exist_ok=True)
    return program(path, f"exec {python}")


@pytest.fixture
def in_reach(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The vendor's site answers; the list gets one entry for each time it was asked."""
    asked: list[str] = []

    def reachable() -> bool:
        asked.append("asked")
        return True

    monkeypatch.setattr(aws_plugin, "vendor_reachable", reachable)
    return asked


def test_the_official_one_is_taken_when_it_can_be_had_and_is_kept(
    root: Path, engine: Engine, in_reach: list[str]
) -> None:
    program(Path(engine.command.command), DOWNLOAD)
    plugin = place_plugin(engine, root, lambda _line: None, embed)
    assert (plugin.kind, plugin.path.parent) == (OFFICIAL, folder_of(root))
    assert place_plugin(engine, root, pytest.fail, embed) == plugin
    assert in_reach == ["asked"]


def test_without_internet_the_embedded_one_is_taken_and_not_tried_again(
    root: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_plugin, "vendor_reachable", lambda: False)
    lines: list[str] = []
    plugin = place_plugin(engine, root, lines.append, embed)
    assert (plugin.kind, plugin) == (EMBEDDED, find_plugin(root))
    assert lines == [
        "provider: the official AWS plugin is out of reach (no internet?)",
        "provider: using the embedded AWS provider",
    ]
    monkeypatch.setattr(aws_plugin, "vendor_reachable", lambda: pytest.fail("asked again"))
    monkeypatch.setattr(sys, "executable", "/moved/python")
    assert place_plugin(engine, root, pytest.fail, embed) == plugin
    assert "/moved/python" in plugin.path.read_text()


def test_an_install_that_fails_falls_through_with_the_engines_last_line(
    root: Path, engine: Engine, in_reach: list[str]
) -> None:
    program(Path(engine.command.command), 'echo "Will retry" >&2; echo "error: no such plugin" >&2; exit 255')
    lines: list[str] = []
    assert place_plugin(engine, root, lines.append, embed).kind == EMBEDDED
    assert "provider: the official AWS plugin could not be installed (error: no such plugin)" in lines
    assert in_reach == ["asked"]


@pytest.mark.usefixtures("in_reach")
def test_an_install_that_hangs_is_ended(root: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_plugin, "DOWNLOAD_SECONDS", 0.3)
    program(Path(engine.command.command), "sleep 60")
    started = time.monotonic()
    lines: list[str] = []
    assert place_plugin(engine, root, lines.append, embed).kind == EMBEDDED
    assert time.monotonic() - started < 5
    assert any("took over" in line for line in lines)


def test_the_install_does_not_read_the_users_own_pulumi(
    root: Path, engine: Engine, in_reach: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "the-users-own")
    monkeypatch.setenv("PULUMI_HOME", str(root / "the-users-own"))
    program(Path(engine.command.command), f'env > "{root}/seen"; exit 1')
    place_plugin(engine, root, lambda _line: None, embed)
    seen = (root / "seen").read_text()
    assert "the-users-own" not in seen
    assert f"PULUMI_HOME={Layout(root).pulumi_home}" in seen
    assert in_reach == ["asked"]


def test_a_download_that_was_broken_off_does_not_count(root: Path) -> None:
    folder = folder_of(root)
    embed(Layout(root).pulumi_home, Path(sys.executable))
    partial = folder.with_name(folder.name + ".partial")
    partial.touch()
    assert find_plugin(root) is None
    partial.unlink()
    assert find_plugin(root) is not None
