"""Creates the configuration file of a new account."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from automation.configuration import Dumper, check
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
    """Write the configuration file of the account `name`; returns its path.

    `display_name` is the account's name in AWS; by default it is made from `name`: `developer` becomes
    `DeveloperAccount`. `region` is by default the region of the organization layer. The new configuration passes every
    check of a run. Raises `LayerError` and `ConfigError`; then no file is left.
    """
    check_name("account", name)
    discover(environment, root)
    stack = StackId("accounts", environment, name)
    file = stack.config_file(root)
    config: dict[str, Any] = {
        "aws:region": region or _of_org("aws:region", environment, root),
        "accounts:name": display_name or "".join(map(str.capitalize, re.split(r"[-_]", name))) + "Account",
        "accounts:email": email,
        "accounts:organizationalUnit": unit,
    }
    # An account's file names the management account, as every file of the environment does.
    bound = _of_org("aws:allowedAccountIds", environment, root)
    if bound is not None:
        config["aws:allowedAccountIds"] = bound
    if tags:
        config["accounts:tags"] = dict(tags)
    try:
        # Mode `x` never overwrites an existing file.
        with file.open("x", encoding="utf-8") as opened:
            yaml.dump({"config": config}, opened, Dumper=Dumper, sort_keys=False, allow_unicode=True)
    except FileExistsError:
        raise ConfigError([f"{file.relative_to(root)}: account {name!r} exists already; allowed: a new name"]) from None
    try:
        check([stack], root)
    except ConfigError:
        file.unlink()
        raise
    return file


def _of_org(key: str, environment: str, root: Path) -> Any:
    file = StackId("org", environment).config_file(root)
    try:
        return (yaml.safe_load(file.read_text()).get("config") or {}).get(key)
    except (OSError, yaml.YAMLError, AttributeError):  # `check` reports what is wrong with the file
        return None
