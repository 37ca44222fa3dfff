"""What a run keeps for the next one only to save time."""

import json
import os
from pathlib import Path


def keep(file: Path, document: object) -> None:
    """Write `document` as JSON, in one step: another run reads all of it or what was there before.

    Raises `OSError`; whoever can do without it goes on.
    """
    new = file.with_name(f"{file.name}.{os.getpid()}")
    new.write_text(json.dumps(document) + "\n")
    new.replace(file)
