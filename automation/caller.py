"""Whose AWS credentials a command has. An environment's commands work with those of its management account alone.

The AWS provider refuses other credentials too (see `automation.management_account`), but not always early enough: plain
`pulumi refresh` and `destroy` configure it from the state, and a state of before the setting does not have it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from automation import management_account
from automation.aws import CREDENTIAL_KEYS, AwsFailed, client, errors
from automation.runs import Run
from automation.stack_files import read_raw
from shared.errors import ConfigError, UserError
from shared.layers import StackId


@dataclass(frozen=True)
class Caller:
    """The account of the credentials, and its organization with that one's management account.

    These are None in no organization. `known` says whether AWS told: the credentials may not be allowed to ask.
    """

    account: str
    arn: str
    organization: str | None = None
    management: str | None = None
    known: bool = True

    @property
    def is_member(self) -> bool:
        return self.management is not None and self.management != self.account

    def __str__(self) -> str:
        if self.is_member:
            return f"of member account {self.account} of organization {self.organization} ({self.arn})"
        if self.organization:
            return f"of account {self.account}, the management account of organization {self.organization} ({self.arn})"
        return f"of account {self.account}{', which is in no organization' if self.known else ''} ({self.arn})"


def require(run: Run, chosen: Sequence[StackId], _doing: str) -> None:
    """The guard: raises `UserError` unless the credentials are those of the environment's management account.

    The sandbox needs none: its variables, with the credentials, are made together with its AWS.
    """
    if run.environment.disposable:
        return
    # Of an account without a file there is no stack to choose, and its commands use the credentials of the org layer.
    found = refusal(chosen or run.stacks[:1], run.engine.root)
    if found:
        raise UserError(f"{found}\nNothing was changed.")


def account_of(stacks: Sequence[StackId], keys: management_account.Keys, root: Path) -> str:
    """The account that the files of `stacks`, of one environment, name. Raises `ConfigError` unless it is one."""
    problems = management_account.problems(stacks, keys, root)
    if problems:
        raise ConfigError(problems)
    return management_account.account_in(keys(stacks[0])[management_account.KEY])


def refusal(stacks: Sequence[StackId], root: Path, *, attempts: int | None = None) -> str | None:
    """Why the credentials of `stacks`, of one environment, must not be used; None if they are right.

    AWS is asked at most `attempts` times. Raises `ConfigError` if the files do not name one account, and `AwsFailed` if
    AWS does not say whose the credentials are.
    """

    @cache
    def config(stack: StackId) -> dict[str, Any]:
        return read_raw(stack, root)[0]

    read = [upstream for stack in stacks for upstream in stack.upstream()]
    belongs = account_of(list(dict.fromkeys([*read, *stacks])), config, root)
    # A file may name credentials of its own, such as a profile. Few differ, and AWS is asked once for each.
    asked: dict[str, StackId] = {}
    for stack in stacks:
        own = {key: config(stack).get(f"aws:{key}") for key in CREDENTIAL_KEYS}
        asked.setdefault(json.dumps(own, sort_keys=True, default=str), stack)
    for stack in asked.values():
        found = _refusal(ask(stack, root, attempts), belongs, stack)
        if found:
            return found
    return None


def ask(stack: StackId, root: Path, attempts: int | None = None) -> Caller:
    """Ask AWS whose the credentials are that the management account's provider of `stack` would use."""
    name = stack.environment
    with errors(name, "asking whose AWS credentials these are"):
        who = client(name, "sts", root, stack=stack, attempts=attempts).get_caller_identity()
    account, arn = str(who["Account"]), str(who["Arn"])
    try:
        with errors(name, "asking for the organization"):
            found = client(name, "organizations", root, stack=stack, attempts=attempts).describe_organization()[
                "Organization"
            ]
    except AwsFailed as error:
        return Caller(account, arn, known=error.code == "AWSOrganizationsNotInUseException")
    return Caller(account, arn, str(found["Id"]), str(found["MasterAccountId"]))


def _refusal(caller: Caller, belongs: str, stack: StackId) -> str | None:
    where = f"{management_account.KEY} in {stack.config_label}"
    if caller.account != belongs:
        return (
            f"these AWS credentials are {caller}, and environment {stack.environment} belongs to account {belongs} "
            f"({where}): sign in to that account, or name the right one in every file of the environment"
        )
    if caller.is_member:
        return (
            f"these AWS credentials are {caller}, and environment {stack.environment} must belong to the management "
            f"account, which is {caller.management}: sign in there, and correct {where} and in the other files"
        )
    return None
