"""The accounts that policy files name, looked up in the organization.

By AWS's id and name and not by the name of a stack: this layer is deployed before the accounts, and does not read them.
An account has to exist before a policy can name it; a policy on its OU holds from its first minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pulumi_aws as aws

from stacks.policies.files import AccountTarget, Loaded, kind_of
from stacks.policies.parameters import ACCOUNT_ID, ACCOUNTS


def named_accounts(files: Sequence[Loaded]) -> list[tuple[str, str, str]]:
    """Every account that is a target, or that a parameter names: the file, the key and the id or name.

    Of the parameters only names: an id there may be that of an account outside.
    """
    return [(file.label, key, account) for file in files for key, account in _of(file)]


def _of(file: Loaded) -> Iterator[tuple[str, str]]:
    for number, target in enumerate(file.own.targets):
        if kind_of(target) == "account":
            yield f"targets.{number}", target.account if isinstance(target, AccountTarget) else target
    for name, value in file.own.parameters.items():
        if file.declared[name].type in ACCOUNTS:
            for account in value if isinstance(value, list) else [value]:
                if not ACCOUNT_ID.match(account):
                    yield f"parameters.{name}", account


def find(files: Sequence[Loaded]) -> tuple[dict[str, str], list[str]]:
    """Name or id → id of every account that the files name, and what is wrong with the others.

    AWS is asked only if a file names one.
    """
    named = named_accounts(files)
    if not named:
        return {}, []
    try:
        found = aws.organizations.get_organization().accounts
    except Exception as error:
        # The SDK raises a plain Exception; AWS's error code is only in its text.
        if "AWSOrganizationsNotInUse" not in str(error):
            raise
        return {}, [
            f"{label}: {key} names the account {account!r}, and there is no organization yet; allowed: OU paths and /"
            for label, key, account in named
        ]
    return resolve(named, {str(each.id): str(each.name) for each in found})


def resolve(named: Sequence[tuple[str, str, str]], accounts: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """As `find`, with the `accounts` of the organization: id → name."""
    ids: dict[str, str] = {}
    wrong = []
    for label, key, account in named:
        fitting = [id_ for id_, name in accounts.items() if account in (id_, name)]
        if len(fitting) == 1:
            ids[account] = fitting[0]
            continue
        names = ", ".join(sorted(set(accounts.values()))[:20])
        wrong.append(
            f"{label}: {key} names the account {account!r}, which "
            + (
                f"{len(fitting)} accounts are called; allowed: one of their ids, {', '.join(fitting)}"
                if fitting
                else f"is not in the organization; allowed: an account that exists, such as {names}"
            )
        )
    return ids, wrong
