"""A new account's configuration file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from automation.configuration import check
from shared.errors import ConfigError
from shared.layers import ROOT, StackId, check_name, discover


def add_account(
    environment: str,
    name: str,
    *,
    email: str,
    unit: str,
    tags: Mapping[str, str],
    display_name: str | None = None,
    region: str | None = None,
    root: Path = ROOT,
) -> Path:
    """Write the configuration of the account `name`, and give the file back.

    `display_name` is what AWS calls the account: made from `name` unless given, `developer` becomes
    `DeveloperAccount`. `region` is the organization layer's unless given. What is written has passed every check
    that a run makes. Raises `LayerError` and `ConfigError`; then there is no file.
    """
    check_name("account", name)
    discover(environment, root)
    stack = StackId("accounts", environment, name)
    file = stack.config_file(root)
    config: dict[str, Any] = {
        "aws:region": region or _region(environment, root),
        "accounts:name": display_name or _display_name(name),
        "accounts:email": email,
        "accounts:organizationalUnit": unit,
    }
    if tags:
        config["accounts:tags"] = dict(tags)
    try:
        # `x`: never over a file that is there.
        with file.open("x", encoding="utf-8") as opened:
            yaml.safe_dump({"config": config}, opened, sort_keys=False, allow_unicode=True)
    except FileExistsError:
        raise ConfigError([f"{file.relative_to(root)}: account {name!r} exists already; allowed: a new name"]) from None
    try:
        check([stack], root)
    except ConfigError:
        file.unlink()
        raise
    return file


def _display_name(name: str) -> str:
    words = re.split(r"[-_]", name)
    return "".join(word.capitalize() for word in words) + "Account"


def _region(environment: str, root: Path) -> Any:
    file = StackId("org", environment).config_file(root)
    try:
        return (yaml.safe_load(file.read_text()).get("config") or {}).get("aws:region")
    except (OSError, yaml.YAMLError, AttributeError):  # `check` says what is wrong with it
        return None
