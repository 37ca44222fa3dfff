"""The policies that the environment's own files describe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from shared.errors import ConfigError, DocumentError
from shared.organization_policies.limits import Limit
from shared.policy_documents.documents import Document
from stacks.policies import parameters
from stacks.policies.documents import BUILT_IN, built_in
from stacks.policies.files import Loaded
from stacks.policies.filling import UnknownPlace, fill, places
from stacks.policies.guardrails import pack
from stacks.policies.parameters import ACCOUNT_ID, ACCOUNTS
from stacks.policies.planned import PlannedPolicy, Policies, PoliciesArgs

STAND_IN = "0" * 12
"""Stands for the id of an account that is named and not looked up yet, which only AWS can do."""


def planned(
    file: Loaded, access_roles: Sequence[str], limit: Limit, accounts: Mapping[str, str] | None
) -> list[PlannedPolicy]:
    """The policies of a file: one, or for statements as few as possible.

    `accounts` maps the names of accounts to their ids; None before AWS was asked. Raises `ConfigError`.
    """
    given = {name: _ids(file, name, value, accounts) for name, value in file.own.parameters.items()}
    values = {**built_in(access_roles), **parameters.values(file.declared, given)}
    if file.packed:
        parts = [each.statements or [] for each in file.used.values()] or [file.own.statements or []]
        statements = [_filled(file, statement, values) for part in parts for statement in part]
        try:
            documents = pack(file.name, statements, limit)
        except DocumentError as error:
            raise ConfigError([f"{file.label}: {error}"]) from None
        names = [f"{file.name}-{number}" for number in range(1, len(documents) + 1)]
    else:
        (content,) = [each.content for each in file.used.values()] or [file.own.content]
        documents, names = [_filled(file, content, values)], [file.name]
    return [
        PlannedPolicy(
            name,
            file.type,
            document,
            file.description,
            tuple(file.own.targets),
            file.label,
            file.own.may_break_deployment,
            file.own.tags,
        )
        for name, document in zip(names, documents, strict=True)
    ]


def unused(file: Loaded) -> list[str]:
    """The parameters that a policy of the library declares and has no place for, or may not declare."""
    found = []
    for path, policy in file.used.items():
        used = places(policy.content) | places(policy.statements)
        for name in policy.parameters:
            where = f"stacks/policies/{path}.yaml: parameters.{name}"
            if name in BUILT_IN:
                found.append(f"{where}: a name that this project fills in itself; allowed: another name")
            elif name not in used:
                found.append(f"{where} has no place in the content; allowed: ${{{name}}} there, or no such parameter")
    return found


def _ids(file: Loaded, name: str, value: Any, accounts: Mapping[str, str] | None) -> Any:
    if file.declared[name].type not in ACCOUNTS:
        return value
    if isinstance(value, list):
        return [_id(each, accounts) for each in value]
    return _id(value, accounts)


def _id(account: str, accounts: Mapping[str, str] | None) -> str:
    if ACCOUNT_ID.match(account):
        return account
    return STAND_IN if accounts is None else accounts[account]


def _filled(file: Loaded, content: Any, values: Mapping[str, Any]) -> Document:
    try:
        document: Document = fill(content, values)
    except UnknownPlace as error:
        allowed = ", ".join(sorted([*values, "organizationId"]))
        raise ConfigError(
            [f"{file.label}: {error.path} has ${{{error.name}}}, which is no parameter; allowed: {allowed}"]
        ) from None
    return document


class OwnPolicies(Policies):
    """The policies of the environment's files."""

    def __init__(self, name: str, args: PoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("policies:OwnPolicies", name, args, opts)
        self.register_outputs({})
