"""Reading the configuration files as they are, and the checks that need no model of a layer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from shared.config.base import ConfigError
from shared.config.fields import REGIONS
from shared.layers import ROOT, StackId, discover

# Five times as fast, and a program of the accounts layer reads the files of all accounts.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_raw(stack: StackId, root: Path) -> tuple[dict[str, Any], bool]:
    """The keys and values in a stack's file, and whether one of them is encrypted. Raises `ConfigError`."""
    file = stack.config_file(root)
    try:
        document = yaml.load(file.read_text(), _LOADER)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise ConfigError([f"{stack.config_label}: there is no such file"]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError([f"{stack.config_label}: not YAML: {' '.join(str(error).split())}"]) from None
    config = document.get("config", {}) if isinstance(document, dict) else document
    if not isinstance(config, dict):
        raise ConfigError([f"{stack.config_label}: config is {config!r}; allowed: a mapping of keys to values"])
    return config, any(_is_secret(value) for value in config.values())


def _is_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(_is_secret(inner) for inner in value.values())
    return isinstance(value, list) and any(_is_secret(inner) for inner in value)


def check_region(region: Any, file: str) -> None:
    """Raise `ConfigError` unless `region` is one that the AWS provider knows."""
    if not isinstance(region, str) or region not in REGIONS:
        raise ConfigError([f"{file}: aws:region is {region!r}; allowed: one of {', '.join(sorted(REGIONS))}"])


def unknown_units(file: str, named: dict[str, str], units: Iterable[str]) -> list[str]:
    """A problem for each OU path in `named` (path → key) that the organization does not export."""
    known = sorted(units)
    return [
        f"{file}: {key} names the OU {path!r}, which stack org does not export; allowed: {', '.join(known)}"
        for path, key in named.items()
        if path not in known
    ]


def emails(environment: str, root: Path = ROOT) -> dict[StackId, str | None]:
    """The e-mail address in the file of each account of `environment`; None for one that is encrypted or wrong."""
    found: dict[StackId, str | None] = {}
    for stack in discover(environment, root):
        if stack.account:
            email = read_raw(stack, root)[0].get("accounts:email")
            found[stack] = email if isinstance(email, str) else None
    return found


def check_emails(stacks: Iterable[StackId], root: Path = ROOT, running: tuple[StackId, str] | None = None) -> None:
    """Raise `ConfigError` when two accounts of one environment have one e-mail address.

    `running` is the stack whose program runs, with its real address; the others are read
    from their files, which is all that a program can know of them before AWS is asked.
    """
    problems = []
    for environment in sorted({stack.environment for stack in stacks if stack.account}):
        owners: dict[str, StackId] = {}
        found = emails(environment, root) | dict([running] if running else [])
        for stack, email in found.items():
            first = owners.setdefault(email.lower(), stack) if email else stack
            if first != stack:
                problems.append(
                    f"{stack.config_label}: accounts:email is {email!r}, which {first.config_label} has too; "
                    "allowed: an address that no other account has"
                )
    if problems:
        raise ConfigError(problems)
