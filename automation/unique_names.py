"""What no two accounts of AWS may have, in whatever organization they are: the root user's address, and the alias.

AWS refuses the second one half-way in a deployment, and an address stays taken after its account is closed. The sandbox
has an AWS of its own, so what is there is taken nowhere else.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/console-account-alias.html
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from shared.errors import ConfigError
from shared.layers import SANDBOX, StackId, environments

_KEYS = {
    "accounts:email": "an address that no other account has",
    "accounts:alias": "an alias that no other account has, in any organization",
}
"""By key: what is allowed."""

Keys = Callable[[StackId], Mapping[str, Any]]
"""Reads the keys and values in a stack's file. Raises `ConfigError`."""

_Owners = dict[tuple[str, str], StackId]


def problems(environment: str, accounts: Iterable[StackId], keys: Keys, root: Path) -> list[str]:
    """One problem for each of the environment's accounts that has what another account has, there or in another
    environment.

    Encrypted values are left to AWS. A file that cannot be read is not a problem here: the check of its own stack
    reports it.
    """
    found: list[str] = []
    here: _Owners = {}
    for stack in accounts:
        for key, value in _values(stack, keys):
            first = here.setdefault((key, value.lower()), stack)
            if first != stack:
                found.append(_problem(stack, key, value, first))
    elsewhere = _elsewhere(environment, here, keys, root)
    for (key, value), stack in here.items():
        if other := elsewhere.get((key, value)):
            found.append(_problem(stack, key, str(keys(stack)[key]), other))
    return found


def _elsewhere(environment: str, here: _Owners, keys: Keys, root: Path) -> _Owners:
    """Who has in another environment what accounts have here."""
    wanted = {value for _, value in here}
    others = (
        [] if environment == SANDBOX else [each for each in environments(root) if each not in (environment, SANDBOX)]
    )
    found: _Owners = {}
    for other in others:
        for stack in _accounts(other, root):
            # There may be hundreds, and reading YAML takes a hundred times as long as this.
            words = stack.config_file(root).read_text(errors="replace").lower().replace("'", " ").replace('"', " ")
            if not wanted.isdisjoint(words.split()):
                found.update(dict.fromkeys([(key, value.lower()) for key, value in _values(stack, keys)], stack))
    return found


def _accounts(environment: str, root: Path) -> list[StackId]:
    prefix = f"Pulumi.{environment}."
    files = sorted((root / "stacks" / "accounts").glob(f"{prefix}*.yaml"))
    return [StackId("accounts", environment, file.name.removeprefix(prefix).removesuffix(".yaml")) for file in files]


def _values(stack: StackId, keys: Keys) -> list[tuple[str, str]]:
    try:
        config = keys(stack)
    except ConfigError:
        return []
    return [(key, config[key]) for key in _KEYS if isinstance(config.get(key), str)]


def _problem(stack: StackId, key: str, value: str, other: StackId) -> str:
    return f"{stack.config_label}: {key} is {value!r}, which {other.config_label} has too; allowed: {_KEYS[key]}"
