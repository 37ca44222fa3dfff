"""What a command changes, or says that a deployment would change, as its report has it."""

import json
from pathlib import Path
from typing import Any

from tests.e2e.project import Project

Steps = set[tuple[str, str, str]]


def steps(project: Project, command: str, *options: str) -> Steps:
    """Stack, resource and change of everything that the command changes, or would change."""
    file = project.root / "report.json"
    project.invoke(command, *options, "--report", str(file))
    report: dict[str, Any] = json.loads(file.read_text())
    return {(s["label"], c["urn"], c["what"]) for s in report["stacks"] for c in s["changes"]}


def files(project: Project) -> dict[Path, bytes]:
    """The state and the configuration, all files of both."""
    folders = (project.root / ".sandbox" / "state", project.root / "stacks")
    found = {file for folder in folders for file in folder.rglob("*") if file.is_file()}
    # Every command of the engine makes sure that the backend has this file.
    return {
        file: file.read_bytes() for file in found if "__pycache__" not in file.parts and "meta.yaml" not in file.name
    }
