"""The paths of the sandbox's files. All are under `.sandbox/`, which is not in version control."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from shared.private_folders import private_folder


@dataclass(frozen=True)
class Layout:
    """The paths of the sandbox of the repository at `root`."""

    root: Path

    @property
    def folder(self) -> Path:
        """The folder of the sandbox."""
        return self.root / ".sandbox"

    def create(self) -> None:
        """Create the folder of the sandbox, for this user alone; one that others could enter is closed."""
        private_folder(self.folder)

    @property
    def aws(self) -> Path:
        """The state of the emulated AWS, which survives a restart."""
        return self.folder / "aws"

    @property
    def state(self) -> Path:
        """The Pulumi backend."""
        return self.folder / "state"

    @property
    def attempts(self) -> Path:
        """What failed runs had begun to create; see `automation.imports.resume`."""
        return self.folder / "attempts"

    @property
    def pulumi_home(self) -> Path:
        """PULUMI_HOME: the plugins and the engine's own settings."""
        return self.folder / "pulumi-home"

    @property
    def log(self) -> Path:
        """The emulator's log."""
        return self.folder / "emulator.log"

    @property
    def record(self) -> Path:
        """The file with the emulator's process id and address."""
        return self.folder / "emulator.json"


@dataclass(frozen=True)
class Emulator:
    """The process and the address of the emulated AWS. `pid` is None after it was stopped."""

    pid: int | None
    port: int
    url: str


def read_record(layout: Layout) -> Emulator | None:
    """The emulator that was started last, running or not; None if there was none, or if the record is not readable.
    The next start writes a new record."""
    try:
        found = json.loads(layout.record.read_text())
        return Emulator(pid=found["pid"], port=found["port"], url=found["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_record(layout: Layout, emulator: Emulator) -> None:
    """Save `emulator`. The file is replaced in one step, so that no reader sees half of it."""
    layout.create()
    new = layout.record.with_suffix(".new")
    new.write_text(json.dumps(asdict(emulator)) + "\n")
    new.replace(layout.record)
