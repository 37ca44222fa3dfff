"""The Python language host of an engine that is built here: an old one that learns policy packs.

The host's current module is not served by the Go module proxy. The last one that is cannot start policy packs for the
engine of today: the engine names their folder in a field that came later. `policy_packs.go` reads it.
"""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from engine.go_tool import Progress, go, go_build
from engine.lock import locked
from shared.errors import EngineError

HOST = "pulumi-language-python"
HOST_EXEC = "pulumi-language-python-exec"
DYNAMIC = "pulumi-resource-pulumi-python"
SDK = "github.com/pulumi/pulumi/sdk/v3"
_MODULE = ("go.mod", "go.sum", "policy_packs.go")
_OWN_WAY = "func (host *pythonLanguageHost) RunPlugin("
_RENAMED = "func (host *pythonLanguageHost) runOtherPlugin("


def build(module: Path, output: Path, progress: Progress) -> str:
    """Build the host into the file `output`; returns its version. `module` is the folder with its go.mod.

    Raises `EngineError`.
    """
    found = json.loads(go(["mod", "download", "-json", SDK], module, progress))
    version, sources = str(found["Version"]), str(found["Dir"])
    progress(f"engine: building the Python language host {version.removeprefix('v')}")
    main = Path(sources) / "python" / "cmd" / HOST / "main.go"
    text = main.read_text()
    if text.count(_OWN_WAY) != 1:
        raise EngineError(f"engine: {main} is not the language host that policy_packs.go is made for")
    # Go lets nobody replace a file of a module, so the package is built from a copy of its one file.
    with tempfile.TemporaryDirectory(prefix="tmp-", dir=output.parent) as folder:
        for name in _MODULE:
            shutil.copyfile(module / name, Path(folder) / name)
        (Path(folder) / "main.go").write_text(text.replace(_OWN_WAY, _RENAMED))
        made = Path(folder) / HOST
        go_build(Path(folder), made, ".", "", progress)
        os.replace(made, output)  # noqa: PTH105 - an engine may be running the old one
    return version.removeprefix("v")


def copy_scripts(cli: Path, binaries: Path, progress: Progress) -> None:
    """Put the SDK's two scripts beside the engine: the one that the host runs, and the one for dynamic providers.

    `cli` is the folder with the engine's go.mod, whose module contains them. Raises `EngineError`.
    """
    sources = Path(go(["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", SDK], cli, progress).strip()) / "python"
    for script in (sources / "cmd" / HOST_EXEC, sources / "dist" / DYNAMIC):
        shutil.copyfile(script, binaries / script.name)
        (binaries / script.name).chmod(0o755)


def digest(module: Path) -> str:
    """What the host was built with besides its module."""
    return hashlib.sha256((module / "policy_packs.go").read_bytes()).hexdigest()


def renew(root: Path, binaries: Path, progress: Progress) -> None:
    """Give an engine that an older version built what it lacks: the script for dynamic providers, and a host that knows
    policy packs. Raises `EngineError`."""
    if not (binaries / DYNAMIC).exists() and shutil.which("go") is not None:
        go(["mod", "download", SDK], root / "engine" / "cli", progress)
        copy_scripts(root / "engine" / "cli", binaries, progress)
    module, file = root / "engine" / "language-python", binaries.parent / "source.json"
    record = json.loads(file.read_text())
    if record.get("policy_packs") == digest(module) or shutil.which("go") is None:
        return
    with locked(root / ".engine" / "lock", lambda: progress("engine: another run is getting it, waiting for that one")):
        version = build(module, binaries / HOST, progress)
        file.write_text(json.dumps({**record, "language_host_version": version, "policy_packs": digest(module)}) + "\n")
