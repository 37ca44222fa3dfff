"""An environment belongs to one management account, which every file of it names: `aws:allowedAccountIds`.

That is a setting of the AWS provider itself, which refuses to work with the credentials of any other account, also in
plain `pulumi up`. The sandbox has an AWS of its own and needs no such key.
https://www.pulumi.com/registry/packages/aws/api-docs/provider/#allowedaccountids_yaml
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.errors import ConfigError
from shared.layers import LAYERS, ROOT, SANDBOX, StackId, environments

KEY = "aws:allowedAccountIds"

ALLOWED = f'allowed: the id of the management account, in quotes: {KEY}: ["123456789012"]'
FINDING = "the id of the account that you are signed in to: aws sts get-caller-identity --query Account --output text"

Keys = Callable[[StackId], Mapping[str, Any]]
"""Reads the keys and values in a stack's file. Raises `ConfigError`."""


def account_in(value: Any) -> str:
    """The account id in the value of the key. Raises `ValueError`, with what is wrong."""
    # `pulumi config set` without --path writes the list as text.
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError("not a list") from None
    if not isinstance(value, list):
        raise ValueError("not a list")
    if len(value) != 1:
        raise ValueError(f"{len(value)} ids, and an environment belongs to one account")
    if isinstance(value[0], int | float):
        # YAML reads an unquoted number that begins with 0 as octal: another account's id.
        raise ValueError("a number; quote it, so that no leading zero is lost")
    if not isinstance(value[0], str) or not re.fullmatch(r"[0-9]{12}", value[0]):
        raise ValueError("not an account id, which has 12 digits")
    return value[0]


def problems(stacks: Iterable[StackId], keys: Keys, root: Path = ROOT) -> list[str]:
    """What is wrong with the account ids in the files of `stacks`, and in those of other environments beside them."""
    by_environment: dict[str, list[StackId]] = {}
    for stack in sorted(stacks, key=lambda stack: (list(LAYERS).index(stack.layer), stack)):
        by_environment.setdefault(stack.environment, []).append(stack)
    found = []
    for environment, own in by_environment.items():
        named, wrong = _named(own, keys, required=environment != SANDBOX)
        accounts = {account: stack for stack, account in reversed(named.items())}
        found += wrong
        if len(accounts) > 1:
            found.append(_different(named))
        else:
            found += _shared(environment, accounts, keys, root)
    return found


def _named(stacks: Sequence[StackId], keys: Keys, *, required: bool) -> tuple[dict[StackId, str], list[str]]:
    """The account that each file names, and the problems. The check of a file itself reports one that is unreadable."""
    named: dict[StackId, str] = {}
    missing: list[str] = []
    wrong: list[str] = []
    for stack in stacks:
        try:
            config = keys(stack)
        except ConfigError:
            continue
        if KEY in config:
            try:
                named[stack] = account_in(config[KEY])
            except ValueError as problem:
                wrong.append(f"{stack.config_label}: {KEY} is {_shown(config[KEY])}: {problem}; {ALLOWED}")
        elif required:
            missing.append(stack.config_label)
    if missing:
        wrong.append(f"{', '.join(missing)}: {KEY} is missing; {ALLOWED}; {FINDING}")
    return named, wrong


def _shown(value: Any) -> str:
    return "encrypted" if isinstance(value, dict) and set(value) == {"secure"} else repr(value)


def _different(named: Mapping[StackId, str]) -> str:
    (first, account), *rest = named.items()
    other = next(stack for stack, its in rest if its != account)
    return (
        f"{other.config_label}: {KEY} is {named[other]}, and in {first.config_label} it is {account}; "
        "allowed: the same id in every file of an environment, also in those of member accounts, because all of them "
        "are made from the management account"
    )


def _shared(environment: str, accounts: Mapping[str, StackId], keys: Keys, root: Path) -> list[str]:
    """A problem if another environment names the account of this one."""
    for other in environments(root):
        for layer in (each.name for each in LAYERS.values() if not each.per_account):
            stack = StackId(layer, other)
            if other == environment or not stack.config_file(root).is_file():
                continue
            # What is wrong in the files of another environment is reported when that is run.
            for account in _named([stack], keys, required=False)[0].values():
                if account in accounts:
                    return [
                        f"{accounts[account].config_label}: {KEY} is {account}, which {stack.config_label} has too; "
                        "allowed: one environment for each management account"
                    ]
    return []
