"""Where the sandbox keeps what: everything is under `.sandbox/`, and nothing of it is in version control."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The paths of the sandbox of the repository at `root`."""

    root: Path

    @property
    def folder(self) -> Path:
        """All of the sandbox."""
        return self.root / ".sandbox"

    @property
    def aws(self) -> Path:
        """What is in the emulated AWS, kept across restarts."""
        return self.folder / "aws"

    @property
    def state(self) -> Path:
        """The Pulumi backend."""
        return self.folder / "state"

    @property
    def attempts(self) -> Path:
        """What runs that did not end well had begun to create; see `automation.imports.resume`."""
        return self.folder / "attempts"

    @property
    def pulumi_home(self) -> Path:
        """PULUMI_HOME: the plugins and the engine's own settings."""
        return self.folder / "pulumi-home"

    @property
    def log(self) -> Path:
        """What the emulator printed."""
        return self.folder / "emulator.log"

    @property
    def record(self) -> Path:
        """Which process the emulator is and where it listens."""
        return self.folder / "emulator.json"


@dataclass(frozen=True)
class Emulator:
    """The emulated AWS: its process and its address. `pid` is None once it was stopped."""

    pid: int | None
    port: int
    url: str


def read_record(layout: Layout) -> Emulator | None:
    """The emulator that was started last, running or not; None if there was none or its record is no longer
    readable, which a new start puts right."""
    try:
        found = json.loads(layout.record.read_text())
        return Emulator(pid=found["pid"], port=found["port"], url=found["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_record(layout: Layout, emulator: Emulator) -> None:
    """Remember `emulator`, in one step, so that no reader sees half of it."""
    layout.folder.mkdir(parents=True, exist_ok=True)
    new = layout.record.with_suffix(".new")
    new.write_text(json.dumps(asdict(emulator)) + "\n")
    new.replace(layout.record)
