"""The Pulumi engine: the `pulumi` command, with the language host that runs Python programs.

It comes from the first of four sources that works: a `pulumi` on PATH that is not older than the SDK, one that this
project installed before, the official installer, and a build from Go modules, for a machine that can reach package
registries but not Pulumi's site. Nothing is written outside `.engine/`.
"""

import http.client
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass
from importlib.metadata import version as package_version
from pathlib import Path

from pulumi.automation import InvalidVersionError, PulumiCommand
from semver import VersionInfo

from engine import language_host
from engine.go_tool import WAYS as WAYS
from engine.go_tool import Progress as Progress
from engine.go_tool import go, go_build
from engine.language_host import HOST as HOST
from engine.language_host import HOST_EXEC as HOST_EXEC
from engine.language_host import SDK
from engine.lock import locked
from shared.errors import EngineError
from shared.layers import ROOT

ENGINE_VERSION = VersionInfo(3, 274, 1)
"""The version that the installer gets or the build makes. `engine/cli/go.mod` must pin the same version.

An engine may be newer than the SDK but not older: a newer engine also runs programs of an older SDK, but an older
engine may lack functions that the SDK calls.
"""

INSTALLER = "https://get.pulumi.com/install.sh"
"""The script that `PulumiCommand.install` downloads and runs. It is requested first, to see if it is reachable."""

REACH_SECONDS = 5.0
"""How long Pulumi's site may take to answer. After that it counts as unreachable."""

CLI = "github.com/pulumi/pulumi/pkg/v3"

ON_PATH = "on PATH"
OFFICIAL = "official installer"
BUILT = "built from Go modules"


@dataclass(frozen=True)
class Engine:
    """A Pulumi engine that works.

    `bin` is the folder to put on PATH, `source` says which of the four sources the engine came from, and
    `language_host` is the path of the program that runs Python programs.
    """

    command: PulumiCommand
    bin: Path
    source: str
    version: str
    language_host: str
    language_host_version: str


def sdk_version() -> VersionInfo:
    """The version of the installed `pulumi` package. No engine may be older."""
    return VersionInfo.parse(package_version("pulumi"))


def find_engine(root: Path = ROOT, progress: Progress | None = None) -> Engine | None:
    """The engine on PATH, or one that this project installed before, or None. Nothing is downloaded.

    `progress` receives the reason if a `pulumi` on PATH is not used.
    """
    root = root.resolve()
    return _on_path(root, progress or (lambda _line: None)) or _got_before(root)


def get_engine(root: Path = ROOT, progress: Progress = print) -> Engine:
    """The engine; if there is none yet, it is installed or built.

    A build takes about four minutes the first time, and ten seconds with Go's build cache.
    Raises `EngineError`.
    """
    root = root.resolve()
    if engine := find_engine(root, progress):
        return engine
    if sdk_version() > ENGINE_VERSION:
        raise EngineError(
            f"engine: this project gets pulumi {ENGINE_VERSION}, which is older than the pulumi package "
            f"{sdk_version()}; allowed is {sdk_version()} or newer: raise ENGINE_VERSION in engine/install.py"
        )
    folder = root / ".engine"
    with locked(folder / "lock", lambda: progress("engine: another run is getting it, waiting for that one")):
        if engine := _got_before(root):
            return engine
        for leftover in folder.glob("tmp-*"):
            shutil.rmtree(leftover)
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="tmp-", dir=folder) as name:
            new = Path(name) / "engine"
            if not _install(new, progress):
                _build(root, new, progress)
            final = folder / str(ENGINE_VERSION)
            shutil.rmtree(final, ignore_errors=True)
            new.rename(final)
        engine = _got_before(root)
    if engine is None:
        raise EngineError(f"engine: {final} was just made and does not run on this machine. {WAYS}")
    progress(f"engine: {engine.version} ready in {time.monotonic() - started:.0f} s ({engine.source})")
    return engine


def _on_path(root: Path, progress: Progress) -> Engine | None:
    found = shutil.which("pulumi")
    if found is None or Path(found).resolve().is_relative_to((root / ".engine").resolve()):
        return None
    try:
        command = PulumiCommand(version=sdk_version())
    except InvalidVersionError as error:
        progress(f"engine: not using {found}: {error}")
        return None
    except (OSError, subprocess.CalledProcessError) as error:
        progress(f"engine: not using {found}: it does not run ({error})")
        return None
    # The engine looks for its language hosts in its own folder, after resolving links. A version manager has its
    # shims in one folder.
    hosts = [Path(found).with_name(HOST), Path(found).resolve().with_name(HOST)]
    host = next((path for path in hosts if os.access(path, os.X_OK)), None)
    if host is None:
        progress(f"engine: not using {found}: the Python language host, {HOST}, is not beside it")
        return None
    # An absolute path: a later change of PATH must not change which engine runs.
    command.command = found
    version = str(command.version)
    return Engine(command, Path(found).parent, ON_PATH, version, str(host), version)


def _got_before(root: Path) -> Engine | None:
    if sdk_version() > ENGINE_VERSION:
        return None
    folder = root / ".engine" / str(ENGINE_VERSION)
    host = folder / "bin" / HOST
    program, record = folder / "bin" / "pulumi", folder / "source.json"
    try:
        how = json.loads(record.read_text())
        # The engine is run only once to check that it works: doing so each time would double the time of an empty run.
        if how.get("works") != program.stat().st_mtime_ns:
            PulumiCommand(root=str(folder), version=ENGINE_VERSION)
            record.write_text(json.dumps({**how, "works": program.stat().st_mtime_ns}) + "\n")
    except (OSError, ValueError, InvalidVersionError, subprocess.CalledProcessError):
        return None
    if not os.access(host, os.X_OK) or not os.access(program, os.X_OK):
        return None
    command = _Known(program, ENGINE_VERSION)
    version = str(ENGINE_VERSION)
    return Engine(command, folder / "bin", how["source"], version, str(host), how["language_host_version"])


class _Known(PulumiCommand):
    """An engine with a known version. The inherited constructor would run it each time to ask for the version."""

    def __init__(self, program: Path, version: VersionInfo) -> None:
        self.command = str(program)
        self.version = version


def vendor_reachable(seconds: float = REACH_SECONDS) -> bool:
    """Whether Pulumi's site answers within `seconds`, through the proxy of the environment if there is one.

    The request runs in a thread, because name resolution has no time limit of its own.
    """
    answers: list[bool] = []

    def ask() -> None:
        request = urllib.request.Request(INSTALLER, method="HEAD")
        try:
            with urllib.request.urlopen(request, timeout=seconds):  # noqa: S310
                answers.append(True)
        except (OSError, ValueError, http.client.HTTPException):
            answers.append(False)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return answers == [True]


def _install(folder: Path, progress: Progress) -> bool:
    """Run the official installer into `folder`. If that is not possible, report one line why and return False."""
    version = str(ENGINE_VERSION)
    if not vendor_reachable():
        progress("engine: the official installer is out of reach (no internet?), building from Go modules instead")
        return False
    progress(f"engine: running the official installer for {version} (about 100 MB)")
    try:
        PulumiCommand.install(root=str(folder), version=ENGINE_VERSION)
    except (OSError, InvalidVersionError, subprocess.CalledProcessError) as error:
        progress(f"engine: the official installer failed ({error}), building from Go modules instead")
        shutil.rmtree(folder, ignore_errors=True)
        return False
    _remember(folder, OFFICIAL, version)
    return True


def _build(root: Path, folder: Path, progress: Progress) -> None:
    """Build the `pulumi` command and the language host into `folder`. Raises `EngineError`."""
    if shutil.which("go") is None:
        raise EngineError(f"engine: no usable `pulumi` on PATH, no official installer, no `go`. {WAYS}")
    version = str(ENGINE_VERSION)
    cli, host = root / "engine" / "cli", root / "engine" / "language-python"
    pinned = go(["list", "-mod=readonly", "-m", "-f", "{{.Version}}", CLI], cli, progress).strip()
    if pinned != f"v{version}":
        raise EngineError(
            f"engine: {cli / 'go.mod'}: {CLI} is {pinned}, but engine/install.py pins {version}; "
            f"allowed is v{version}: run `go get {CLI}@v{version} {SDK}@v{version}` in that folder"
        )
    binaries = folder / "bin"
    binaries.mkdir(parents=True)
    stamp = f"-X {SDK}/go/common/version.Version={version}"
    progress(f"engine: building pulumi {version} from Go modules (4 to 5 minutes the first time)")
    go_build(cli, binaries / "pulumi", f"{CLI}/cmd/pulumi", stamp, progress)
    host_version = language_host.build(host, binaries / HOST, progress)
    language_host.copy_scripts(cli, binaries, progress)
    _remember(folder, BUILT, host_version, policy_packs=language_host.digest(host))


def _remember(folder: Path, source: str, host_version: str, **more: str) -> None:
    record = {"source": source, "language_host_version": host_version, **more}
    (folder / "source.json").write_text(json.dumps(record) + "\n")
