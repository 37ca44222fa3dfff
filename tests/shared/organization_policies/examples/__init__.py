"""The example policies of every type."""

import json
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent


def examples(kind: str) -> list[Path]:
    """The `good` or `bad` ones of all types."""
    return sorted(EXAMPLES.glob(f"*/{kind}-*.json"))


def of_type(key: str, kind: str) -> list[Path]:
    """The `good` or `bad` ones of one type, by the word that files have for it."""
    return sorted((EXAMPLES / key).glob(f"{kind}-*.json"))


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def reason(path: Path) -> str:
    """What the refusal of a bad one says, in part."""
    found: str = json.loads((path.parent / "reasons.json").read_text())[path.name]
    return found


def probes() -> list[dict[str, Any]]:
    """Requests to service and resource control policies, and whether each is allowed."""
    return [
        {**probe, "path": path.parent / probe["policy"]}
        for path in sorted(EXAMPLES.glob("*/evaluation.json"))
        for probe in json.loads(path.read_text())
    ]
