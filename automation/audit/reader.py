"""Asks AWS for the audit: in the management account, and in member accounts through their access role."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

from automation import aws
from automation.configuration import effective
from automation.stack_files import read_raw
from shared.errors import ConfigError
from shared.layers import discover
from shared.policy_documents.roles import role_arn
from shared.settings.fields import ACCESS_ROLES
from stacks.accounts.profiles import read_profiles


class Ask(Protocol):
    """One question to AWS: an operation by boto3's name. The answer is whole, all its pages in one.

    `account` is a member account, None the management account. Raises `automation.aws.AwsFailed`.
    """

    def __call__(
        self, service: str, operation: str, account: str | None = None, region: str | None = None, **arguments: str
    ) -> Mapping[str, Any]: ...


class Reader:
    """Asks with the environment's credentials. An answer is kept, and asked for once. It may be used by threads."""

    def __init__(self, environment: str, root: Path) -> None:
        self._environment, self._root = environment, root
        self._lock = threading.Lock()
        self._answers: dict[tuple[Any, ...], Mapping[str, Any]] = {}
        self._roles: dict[str, str] = {}
        self._names = access_role_names(environment, root)

    def __call__(
        self, service: str, operation: str, account: str | None = None, region: str | None = None, **arguments: str
    ) -> Mapping[str, Any]:
        """See `Ask`."""
        key = (service, operation, account, region, *sorted(arguments.items()))
        if key not in self._answers:
            where = f" in account {account}" if account else ""
            where += f" in {region}" if region else ""
            with aws.errors(self._environment, f"{service} {operation.replace('_', '-')}{where}"):
                self._answers[key] = _whole(self._client(service, account, region), operation, arguments)
        return self._answers[key]

    def _client(self, service: str, account: str | None, region: str | None) -> Any:
        if account is None:
            return aws.client(self._environment, service, self._root, region)
        return aws.inside(self._environment, self._role(account), service, self._root, region)

    def _role(self, account: str) -> str:
        with self._lock:
            if account not in self._roles:
                self._roles[account] = self._access_role(account)
            return self._roles[account]

    def _access_role(self, account: str) -> str:
        for name in self._names:
            role = role_arn(account, name)
            try:
                with aws.errors(self._environment, f"assuming {name} in account {account}"):
                    aws.inside(self._environment, role, "sts", self._root).get_caller_identity()
            except aws.AwsFailed as error:
                failed = error
            else:
                return role
        raise failed


def access_role_names(environment: str, root: Path) -> list[str]:
    """The names that access roles have: those of the accounts, then AWS's own in both spellings."""
    names = []
    read, profiles = partial(read_raw, root=root), cache(partial(read_profiles, root=root))
    for stack in discover(environment, root):
        try:
            given = effective(stack, read, profiles).values.get("accessRoleName") if stack.account else None
        except ConfigError:  # another command says what is wrong with the file
            continue
        if isinstance(given, str):
            names.append(given)
    return list(dict.fromkeys([*names, *ACCESS_ROLES]))


def _whole(client: Any, operation: str, arguments: Mapping[str, str]) -> Mapping[str, Any]:
    if client.can_paginate(operation):
        found: Mapping[str, Any] = client.get_paginator(operation).paginate(**arguments).build_full_result()
        return found
    answer: Mapping[str, Any] = getattr(client, operation)(**arguments)
    return answer
