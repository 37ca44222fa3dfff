"""Backup vaults and the backup role that stayed in a member account when they left its stack.

Only accounts in which something may have stayed are asked: those whose stack has no backup role, and those whose stack
has no vault in a region where another account's stack has one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from automation import aws
from automation.backend import resources
from automation.inventory.declared import ACCOUNT, ROLE
from automation.inventory.identities import Principal, removal_of_role
from automation.inventory.organization import Organization
from automation.results import Foreign
from automation.runs import Run
from shared.layers import StackId
from shared.policy_documents.roles import BACKUP_ROLE
from stacks.policies.backup_plan import VAULT

_VAULT = "aws:backup/vault:Vault"
_PROVIDER = "pulumi:providers:aws"


@dataclass(frozen=True)
class Inside:
    """What an account's stack has: its id, the role to get into it, and whether and where it backs up."""

    stack: StackId
    account: str
    access_role: str | None
    has_role: bool
    regions: frozenset[str]


def left_behind(run: Run, states: Mapping[StackId, Mapping[str, Any]], found: Organization) -> list[Foreign]:
    """The vaults and roles, by account. Raises `automation.aws.AwsFailed`.

    Accounts that the credentials may not enter, such as those of who may deploy the org layer, are named and left out.
    """
    accounts = [inside for stack, state in states.items() if (inside := inside_of(stack, state))]
    everywhere = frozenset[str]().union(*(each.regions for each in accounts))
    open_ones = {member.id: member for member in found.members if not member.closed}
    doubtful = [
        each
        for each in accounts
        if each.access_role and each.account in open_ones and (not each.has_role or everywhere - each.regions)
    ]
    with ThreadPoolExecutor(run.parallel) as pool:
        things = list(pool.map(lambda each: _seen(run, each, everywhere), doubtful))
    if closed := sorted(each.stack.label for each, some in zip(doubtful, things, strict=True) if some is None):
        run.tell(f"Not looked into for what stayed in them, as these credentials may not: {', '.join(closed)}")
    return [thing for some in things for thing in some or ()]


def inside_of(stack: StackId, state: Mapping[str, Any]) -> Inside | None:
    """What is in the state of an account's stack; None if it has no account."""
    account, access_role, has_role, regions = None, None, False, set()
    for each in resources.parts(state)[0]:
        kind, inputs = each.get("type"), each.get("inputs") or {}
        if kind == ACCOUNT:
            account = each.get("id")
        elif kind == _PROVIDER and inputs.get("assumeRoles"):
            roles = inputs["assumeRoles"]  # the engine keeps a provider's lists as JSON text
            access_role = (json.loads(roles) if isinstance(roles, str) else roles)[0].get("roleArn")
        elif kind == ROLE and each.get("id") == BACKUP_ROLE:
            has_role = True
        elif kind == _VAULT and isinstance(inputs.get("region"), str):
            regions.add(inputs["region"])
    if stack.account is None or not account:
        return None
    return Inside(stack, str(account), access_role, has_role, frozenset(regions))


def _seen(run: Run, account: Inside, everywhere: frozenset[str]) -> list[Foreign] | None:
    """What has stayed in the account; None if its access role may not be assumed."""
    try:
        return list(_left(run, account, everywhere))
    except aws.AwsFailed as error:
        if error.code != "AccessDenied":
            raise
        return None


def _left(run: Run, account: Inside, everywhere: frozenset[str]) -> Iterator[Foreign]:
    environment, root = run.environment.name, run.engine.root
    role = str(account.access_role)
    with aws.errors(environment, f"looking into account {account.account} with {role}"):
        regions = everywhere - account.regions
        if not account.has_role:
            iam = aws.inside(environment, role, "iam", root)
            try:
                arn = iam.get_role(RoleName=BACKUP_ROLE)["Role"]["Arn"]
            except iam.exceptions.NoSuchEntityException:
                pass
            else:
                yield _thing(account, "role", BACKUP_ROLE, arn, _removal_of_role(iam))
                # It was backed up, and nobody remembers where.
                ec2 = aws.inside(environment, role, "ec2", root)
                regions |= {each["RegionName"] for each in ec2.describe_regions()["Regions"]} - account.regions
        for region in sorted(regions):
            backup = aws.inside(environment, role, "backup", root, region)
            pages = backup.get_paginator("list_backup_vaults").paginate()
            for vault in (vault for page in pages for vault in page["BackupVaultList"]):
                if vault["BackupVaultName"] == VAULT:
                    points = vault.get("NumberOfRecoveryPoints", 0)
                    first = "once its recovery points are deleted, " if points else ""
                    delete = f"aws backup delete-backup-vault --backup-vault-name {VAULT} --region {region}"
                    name = f"{VAULT} in {region}, with {points} recovery points"
                    yield _thing(account, "vault", name, vault["BackupVaultArn"], first + delete)


def _removal_of_role(iam: Any) -> str:
    inline = iam.list_role_policies(RoleName=BACKUP_ROLE)["PolicyNames"]
    attached = iam.list_attached_role_policies(RoleName=BACKUP_ROLE)["AttachedPolicies"]
    arns = (each["PolicyArn"] for each in attached)
    return removal_of_role(Principal(BACKUP_ROLE, inline=tuple(inline), attached=tuple(arns)))


def _thing(account: Inside, kind: str, name: str, arn: str, removal: str) -> Foreign:
    removal = f"with credentials of account {account.account}: {removal}"
    keys = (arn, account.account, account.stack.label)
    return Foreign(f"{kind} of {account.stack.label},", name, arn, None, removal, keys)
