"""Where the states are: what the variable says, or else what `pulumi login` has written down.

https://www.pulumi.com/docs/iac/concepts/state-and-backends/
"""

import json
from collections.abc import Mapping
from pathlib import Path

import yaml

from automation.backend.bucket_urls import address_of
from automation.backend.state_files import folder_of


def backend_of(variables: Mapping[str, str], root: Path) -> str:
    """The URL of the backend that the engine uses with these environment variables.

    Empty if only the engine knows it: where a project names one, and where the last login was to a kind of backend
    that it alone can read.
    """
    given = variables.get("PULUMI_BACKEND_URL", "")
    if given or any(_names_one(file) for file in (root / "stacks").glob("*/Pulumi.y*ml")):
        return given
    current = _logged_in(variables)
    return current if folder_of(current) or address_of(current) else ""


def cloud_of(variables: Mapping[str, str]) -> str:
    """The URL of Pulumi Cloud, if the variable or the last login says that it is the backend; else empty."""
    found = variables.get("PULUMI_BACKEND_URL") or _logged_in(variables)
    return found.rstrip("/") if found.startswith(("https://", "http://")) else ""


def _logged_in(variables: Mapping[str, str]) -> str:
    home = variables.get("PULUMI_HOME") or Path(variables.get("HOME") or Path.home()) / ".pulumi"
    folder = variables.get("PULUMI_CREDENTIALS_PATH") or home
    try:
        current = json.loads((Path(folder) / "credentials.json").read_text())["current"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return current if isinstance(current, str) else ""


def _names_one(file: Path) -> bool:
    try:
        found = yaml.safe_load(file.read_text())
    except (OSError, ValueError, yaml.YAMLError):
        return True
    return not isinstance(found, dict) or bool(found.get("backend"))
