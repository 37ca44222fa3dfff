"""Each of the four sources of an engine, and their order."""

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import tomllib
from pathlib import Path

import pytest
from pulumi.automation import CommandError, PulumiCommand
from semver import VersionInfo

from engine import install as installing
from engine import language_host
from engine.install import (
    BUILT,
    ENGINE_VERSION,
    HOST,
    HOST_EXEC,
    OFFICIAL,
    ON_PATH,
    find_engine,
    get_engine,
    sdk_version,
    vendor_reachable,
)
from sandbox.environment import SandboxEnvironment
from sandbox.layout import Emulator, Layout, write_record
from shared.errors import EngineError
from shared.layers import ROOT
from tests.machine import fake_pulumi, program

WANTED = str(ENGINE_VERSION)
SDK_VERSION = sdk_version()
OLDER = SDK_VERSION.replace(minor=SDK_VERSION.minor - 1, patch=9)


def put_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def got_before(root: Path) -> Path:
    folder = root / ".engine" / WANTED
    fake_pulumi(folder / "bin", WANTED)
    (folder / "source.json").write_text(json.dumps({"source": BUILT, "language_host_version": "3.78.0"}))
    return folder


def test_none_is_found_on_a_machine_without_one(root: Path) -> None:
    assert find_engine(root) is None


@pytest.mark.parametrize("version", [f"v{SDK_VERSION}", WANTED, str(SDK_VERSION.bump_minor().bump_minor())])
def test_one_on_path_that_is_not_older_than_the_sdk_is_used(
    root: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    got_before(root)
    pulumi = fake_pulumi(root / "usr" / "local", version)
    put_on_path(pulumi.parent, monkeypatch)
    engine = find_engine(root)
    assert engine is not None
    assert (engine.source, engine.version) == (ON_PATH, version.removeprefix("v"))
    assert (engine.bin, engine.command.command) == (pulumi.parent, str(pulumi))
    assert engine.language_host == str(pulumi.with_name(HOST))


def test_one_that_is_linked_to_is_used_with_the_host_beside_its_real_place(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fake_pulumi(root / "Cellar" / "bin", f"v{SDK_VERSION}")
    (root / "links").mkdir()
    (root / "links" / "pulumi").symlink_to(real)
    put_on_path(root / "links", monkeypatch)
    engine = find_engine(root)
    assert engine is not None
    assert engine.language_host == str(real.resolve().with_name(HOST))


@pytest.mark.parametrize(
    ("script", "host", "reason"),
    [
        (f"echo v{OLDER}", True, f"minimum CLI version requirement is {SDK_VERSION}"),
        ("echo v4.0.0", True, "Major version mismatch"),
        ("echo what", True, "Could not parse"),
        ("exit 3", True, "it does not run"),
        (f"echo v{SDK_VERSION}", False, f"the Python language host, {HOST}, is not beside it"),
    ],
)
def test_one_on_path_that_will_not_do_is_passed_over_with_one_line(
    root: Path, monkeypatch: pytest.MonkeyPatch, script: str, host: bool, reason: str
) -> None:
    got_before(root)
    pulumi = fake_pulumi(root / "bin", "", host=host)
    program(pulumi, script)
    put_on_path(pulumi.parent, monkeypatch)
    lines: list[str] = []
    engine = find_engine(root, lines.append)
    assert engine is not None
    assert engine.source == BUILT
    assert len(lines) == 1
    assert str(pulumi) in lines[0]
    assert reason in lines[0]


def test_this_projects_own_one_on_path_counts_as_got_before(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = got_before(root)
    put_on_path(folder / "bin", monkeypatch)
    engine = find_engine(root)
    assert engine is not None
    assert (engine.source, engine.language_host_version) == (BUILT, "3.78.0")


def test_one_that_was_got_for_another_version_or_in_part_is_not_used(root: Path) -> None:
    folder = got_before(root)
    (folder / "bin" / HOST).unlink()
    assert find_engine(root) is None
    got_before(root)
    program(folder / "bin" / "pulumi", f"echo v{OLDER}")
    assert find_engine(root) is None


def test_the_official_installer_is_used_when_it_is_in_reach(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def install(*, root: str, version: VersionInfo) -> None:
        fake_pulumi(Path(root) / "bin", str(version))

    monkeypatch.setattr(installing, "vendor_reachable", lambda: True)
    monkeypatch.setattr(PulumiCommand, "install", install)
    engine = get_engine(root, lambda _line: None)
    assert (engine.source, engine.version) == (OFFICIAL, WANTED)
    assert engine.bin == root / ".engine" / WANTED / "bin"
    assert sorted(path.name for path in (root / ".engine").iterdir()) == sorted([WANTED, "lock"])
    assert get_engine(root, pytest.fail).source == OFFICIAL


@pytest.mark.parametrize("fault", ["out of reach", "broken"])
def test_without_installer_and_go_the_error_says_the_three_ways(
    root: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    def install(**_options: object) -> None:
        raise subprocess.CalledProcessError(1, "install.sh")

    monkeypatch.setattr(installing, "vendor_reachable", lambda: fault == "broken")
    monkeypatch.setattr(PulumiCommand, "install", install)
    monkeypatch.setenv("PATH", str(root))
    lines: list[str] = []
    with pytest.raises(EngineError, match=r"no `go`.*on PATH.*official installer.*install Go"):
        get_engine(root, lines.append)
    assert "building from Go modules instead" in lines[-1]
    assert [path.name for path in (root / ".engine").iterdir()] == ["lock"]


def test_a_site_that_does_not_answer_is_out_of_reach_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setattr(installing, "INSTALLER", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        started = time.monotonic()
        assert vendor_reachable(0.3) is False
        assert time.monotonic() - started < 2


def test_name_resolution_that_hangs_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hangs(*_args: object, **_options: object) -> None:
        over.wait(10)
        raise socket.gaierror("too late")

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    started = time.monotonic()
    assert vendor_reachable(0.3) is False
    assert time.monotonic() - started < 2
    over.set()


def test_go_modules_of_another_version_than_the_pinned_one_are_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "vendor_reachable", lambda: False)
    monkeypatch.setattr(installing, "ENGINE_VERSION", VersionInfo(3, 300, 0))
    program(root / "go", f"echo v{WANTED}")
    put_on_path(root, monkeypatch)
    with pytest.raises(EngineError, match=rf"go\.mod: .* is v{re.escape(WANTED)}, .* allowed is v3\.300\.0"):
        get_engine(root, lambda _line: None)


def test_a_pinned_engine_older_than_the_sdk_is_neither_used_nor_got(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    got_before(root)
    monkeypatch.setattr(installing, "package_version", lambda _name: "3.999.0")
    assert find_engine(root) is None
    with pytest.raises(EngineError, match=rf"{re.escape(WANTED)}, which is older than the pulumi package 3\.999\.0"):
        get_engine(root, lambda _line: None)


def test_a_build_that_fails_shows_what_go_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "vendor_reachable", lambda: False)
    program(root / "go", f'[ "$1" = list ] && echo v{WANTED} || {{ echo "no space left" >&2; exit 1; }}')
    put_on_path(root, monkeypatch)
    with pytest.raises(EngineError, match=r"`go build` failed in .*cli:\nno space left"):
        get_engine(root, lambda _line: None)
    assert not (root / ".engine" / WANTED).exists()


def test_the_committed_go_modules_pin_the_engine() -> None:
    text = (ROOT / "engine" / "cli" / "go.mod").read_text()
    for module in ("pkg", "sdk"):
        assert f"github.com/pulumi/pulumi/{module}/v3 v{WANTED} " in text


def test_the_pinned_engine_is_not_older_than_the_pinned_sdk() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (pinned,) = [VersionInfo.parse(line.removeprefix("pulumi==")) for line in dependencies if "pulumi==" in line]
    assert pinned <= ENGINE_VERSION
    assert pinned == sdk_version(), "what is installed is not what pyproject.toml pins"


@pytest.mark.e2e
@pytest.mark.skipif(shutil.which("go") is None, reason="needs Go")
def test_an_engine_that_was_built_runs_a_python_program(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "vendor_reachable", lambda: False)
    lines: list[str] = []
    engine = get_engine(root, lines.append)
    assert (engine.source, engine.version) == (BUILT, WANTED)
    assert os.access(engine.bin / HOST_EXEC, os.X_OK)
    assert os.access(engine.bin / language_host.DYNAMIC, os.X_OK)
    assert any(f"building pulumi {WANTED}" in line for line in lines)

    project = root / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: built\nruntime: python\n")
    (project / "__main__.py").write_text("import pulumi\npulumi.export('answer', 42)\n")
    write_record(Layout(root), Emulator(1, 9, "http://127.0.0.1:9"))
    variables = SandboxEnvironment(root).variables(engine)
    engine.command.run(["stack", "init", "only"], str(project), variables)
    engine.command.run(["up", "--yes", "--skip-preview"], str(project), variables)
    assert engine.command.run(["stack", "output", "answer"], str(project), variables).stdout == "42"

    # A plugin that is missing is an error at once: no download is tried.
    (project / "__main__.py").write_text("import pulumi_aws\npulumi_aws.iam.Group('missing')\n")
    with pytest.raises(CommandError, match="no resource plugin") as caught:
        engine.command.run(["up", "--yes", "--skip-preview"], str(project), variables)
    assert "download" not in str(caught.value)
