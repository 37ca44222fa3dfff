"""The accounts as their files and profiles have them: where each value of an account comes from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from rich.console import Console

from automation.configuration import check, effective
from automation.reporting import tables
from automation.reporting.tables import Column
from automation.stack_files import read_raw
from shared.layers import ROOT, StackId
from stacks.accounts.config import AccountsConfig, Profile
from stacks.accounts.profiles import Effective, Source, read_profiles

_SECRET = "[secret]"  # noqa: S105 - what is shown instead of one


@dataclass(frozen=True)
class Row:
    """One value of an account; `source` is None for the default."""

    key: str
    value: Any
    source: Source | None


@dataclass(frozen=True)
class Account:
    """What an account gets. `profiles` are the OUs, and `/`, whose profiles it has, from the top."""

    stack: StackId
    unit: str
    profiles: Sequence[str]
    rows: Sequence[Row]


def read_accounts(stacks: Iterable[StackId], root: Path = ROOT) -> list[Account]:
    """What each of `stacks`, which are accounts, gets. Raises `ConfigError` for files that a run would refuse."""
    chosen = list(stacks)
    check(chosen, root)
    read, profiles = cache(partial(read_raw, root=root)), cache(partial(read_profiles, root=root))
    found = []
    for stack in chosen:
        settings = effective(stack, read, profiles)
        unit = str(settings.values["organizationalUnit"])
        found.append(Account(stack, unit, profiles(stack.environment).over(unit), list(rows(settings))))
    return found


def rows(found: Effective) -> Iterator[Row]:
    """Each value of an account by key, those of a map one by one; first what only the account itself has."""
    ordered = {**AccountsConfig.model_fields, **Profile.model_fields}
    own = [name for name in ordered if name not in Profile.model_fields]
    for name in [*own, *Profile.model_fields]:
        key, default = ordered[name].alias or name, ordered[name].get_default()
        theirs = {path: source for path, source in found.sources.items() if path[0] == key}
        for path, source in theirs.items():
            yield Row(".".join(path), _shown(_at(found.values, path)), source)
        if not theirs and default not in (None, {}):
            yield Row(key, default, None)


def show(console: Console, accounts: Sequence[Account], *, values: bool) -> None:
    """Print the accounts; with `values` what each gets, and from where."""
    if not values:
        columns = [Column("account"), Column("name"), Column("OU"), Column("profiles", prose=True)]
        tables.show(console, columns, [_line(account) for account in accounts])
        return
    for account in accounts:
        console.print(f"[bold]{account.stack.label}[/bold]")
        columns = [Column("key"), Column("value", prose=True, phrase="{}"), Column("from")]
        tables.show(console, columns, [[row.key, _text(row.value), _whence(row.source)] for row in account.rows])


def _line(account: Account) -> list[str]:
    name = next(str(row.value) for row in account.rows if row.key == "name")
    return [account.stack.label, name, account.unit, ", ".join(account.profiles) or "none"]


def as_json(accounts: Sequence[Account]) -> str:
    """The accounts as a JSON list, for scripts."""
    return json.dumps([_plain(account) for account in accounts], indent=2)


def _plain(account: Account) -> Mapping[str, Any]:
    return {
        "account": account.stack.label,
        "organizationalUnit": account.unit,
        "profiles": list(account.profiles),
        "settings": [
            {
                "key": row.key,
                "value": row.value,
                "file": row.source.file if row.source else None,
                "profile": row.source.unit if row.source else None,
            }
            for row in account.rows
        ],
    }


def _whence(source: Source | None) -> str:
    if source is None:
        return "default"
    return str(source).removeprefix("stacks/accounts/") if source.unit else "its own file"


def _at(value: Any, path: Sequence[str]) -> Any:
    for part in path:
        value = value[part]
    return value


def _shown(value: Any) -> Any:
    """The value without what is encrypted in it."""
    if isinstance(value, Mapping):
        return _SECRET if set(value) == {"secure"} else {key: _shown(inner) for key, inner in value.items()}
    return [_shown(inner) for inner in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value)
