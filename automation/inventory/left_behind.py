"""Backup vaults, their locks and the backup role that stayed in a member account when they left its stack.

A stack does not say what it has given up. So every chosen account is asked for its vaults, in each region in which any
stack has one; an account that has the role and whose stack has not, in all regions. A vault that its stack has not is
one that stayed if it has a name that this project uses, or a backup that the backup role made: others make vaults, too.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
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
from shared.policy_documents.roles import BACKUP_ROLE, BACKUP_VAULT
from stacks.policies.files import library_vaults

_VAULTS = ("aws:backup/vault:Vault", "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault")
_LOCK = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
_PROVIDER = "pulumi:providers:aws"


@dataclass(frozen=True)
class Inside:
    """What an account's stack has: its id, the roles to get into it and to back up, its vaults and those that it locks,
    each with its region."""

    stack: StackId
    account: str
    access_role: str | None
    has_role: bool
    vaults: frozenset[tuple[str, str]]
    locked: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Known:
    """Where to look, and the names of vaults that this project uses."""

    regions: frozenset[str]
    names: frozenset[str]


def left_behind(
    run: Run, states: Mapping[StackId, Mapping[str, Any]], found: Organization, chosen: Collection[StackId]
) -> list[Foreign]:
    """The vaults and roles, by account. Raises `automation.aws.AwsFailed`.

    An account whose stack is not chosen is not entered: who looks at the organization alone needs no role in it.
    Accounts that the credentials may not enter are named and left out.
    """
    accounts = [inside for stack, state in states.items() if (inside := inside_of(stack, state))]
    vaults = {vault for each in accounts for vault in each.vaults}
    names = {BACKUP_VAULT, *library_vaults(), *(name for name, _ in vaults)}
    known = Known(frozenset(region for _, region in vaults), frozenset(names))
    open_ones = {member.id for member in found.members if not member.closed}
    # A stack without a file cannot be chosen: it belongs to who looks at accounts.
    lost = {each.stack for each in accounts} - set(run.stacks) if any(stack.account for stack in chosen) else set()
    entered = [
        each for each in accounts if each.stack in lost.union(chosen) and each.access_role and each.account in open_ones
    ]
    with ThreadPoolExecutor(run.parallel) as pool:
        things = list(pool.map(lambda each: _seen(run, each, known), entered))
    if closed := sorted(each.stack.label for each, some in zip(entered, things, strict=True) if some is None):
        run.tell(f"Not looked into for what stayed in them, as these credentials may not: {', '.join(closed)}")
    return [thing for some in things for thing in some or ()]


def inside_of(stack: StackId, state: Mapping[str, Any]) -> Inside | None:
    """What is in the state of an account's stack; None if it has no account."""
    account, access_role, has_role = None, None, False
    vaults, locked = set[tuple[str, str]](), set[tuple[str, str]]()
    for each in resources.parts(state)[0]:
        kind, inputs = each.get("type"), each.get("inputs") or {}
        if kind == ACCOUNT:
            account = each.get("id")
        elif kind == _PROVIDER and inputs.get("assumeRoles"):
            roles = inputs["assumeRoles"]  # the engine keeps a provider's lists as JSON text
            access_role = (json.loads(roles) if isinstance(roles, str) else roles)[0].get("roleArn")
        elif kind == ROLE and each.get("id") == BACKUP_ROLE:
            has_role = True
        elif kind in (*_VAULTS, _LOCK) and isinstance(inputs.get("region"), str):
            # The id of a lock is the name of its vault.
            (locked if kind == _LOCK else vaults).add((str(each.get("id")), inputs["region"]))
    if stack.account is None or not account:
        return None
    return Inside(stack, str(account), access_role, has_role, frozenset(vaults), frozenset(locked))


def _seen(run: Run, account: Inside, known: Known) -> list[Foreign] | None:
    """What has stayed in the account; None if its access role may not be assumed."""
    try:
        return list(_left(run, account, known))
    except aws.AwsFailed as error:
        if error.code != "AccessDenied":
            raise
        return None


def _left(run: Run, account: Inside, known: Known) -> Iterator[Foreign]:
    environment, root = run.environment.name, run.engine.root
    role = str(account.access_role)
    with aws.errors(environment, f"looking into account {account.account} with {role}"):
        regions = known.regions
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
                regions |= {each["RegionName"] for each in ec2.describe_regions()["Regions"]}
        for region in sorted(regions):
            backup = aws.inside(environment, role, "backup", root, region)
            pages = backup.get_paginator("list_backup_vaults").paginate()
            for vault in (vault for page in pages for vault in page["BackupVaultList"]):
                name, points = vault["BackupVaultName"], vault.get("NumberOfRecoveryPoints", 0)
                shown = f"{name} in {region}, with {points} recovery points"
                if (name, region) in account.vaults:
                    if vault.get("Locked") and _is_ordinary(vault) and (name, region) not in account.locked:
                        yield _thing(account, "lock", shown, vault["BackupVaultArn"], _removal_of_lock(vault, region))
                elif name in known.names or _has_backups(backup, name, points):
                    yield _thing(account, "vault", shown, vault["BackupVaultArn"], removal_of_vault(vault, region))


def _is_ordinary(vault: Mapping[str, Any]) -> bool:
    """Whether it is no logically air-gapped vault, which is always locked."""
    return bool(vault.get("VaultType", "BACKUP_VAULT") == "BACKUP_VAULT")


def _has_backups(backup: Any, vault: str, points: int) -> bool:
    """Whether the backup role has made one of the backups in a vault."""
    if not points:
        return False
    found = backup.get_paginator("list_recovery_points_by_backup_vault").paginate(BackupVaultName=vault)
    return any(
        each.get("IamRoleArn", "").endswith(f":role/{BACKUP_ROLE}") for page in found for each in page["RecoveryPoints"]
    )


def _removal_of_lock(vault: Mapping[str, Any], region: str) -> str:
    if vault.get("LockDate"):
        return f"not possible from {vault['LockDate']:%Y-%m-%d} on; before, {_unlock(vault, region)}"
    return _unlock(vault, region)


def _unlock(vault: Mapping[str, Any], region: str) -> str:
    name = vault["BackupVaultName"]
    return f"aws backup delete-backup-vault-lock-configuration --backup-vault-name {name} --region {region}"


def removal_of_vault(vault: Mapping[str, Any], region: str) -> str:
    """How the vault can be deleted; with a lock in compliance mode, not before its last backup has expired."""
    delete = f"aws backup delete-backup-vault --backup-vault-name {vault['BackupVaultName']} --region {region}"
    if not vault.get("NumberOfRecoveryPoints", 0):
        return delete
    if not vault.get("Locked"):
        return f"once its recovery points are deleted, {delete}"
    if vault.get("LockDate"):
        return f"once its recovery points have expired, as it is locked in compliance mode, {delete}"
    return f"{_unlock(vault, region)}; once its recovery points are deleted, {delete}"


def _removal_of_role(iam: Any) -> str:
    inline = iam.list_role_policies(RoleName=BACKUP_ROLE)["PolicyNames"]
    attached = iam.list_attached_role_policies(RoleName=BACKUP_ROLE)["AttachedPolicies"]
    arns = (each["PolicyArn"] for each in attached)
    return removal_of_role(Principal(BACKUP_ROLE, inline=tuple(inline), attached=tuple(arns)))


def _thing(account: Inside, kind: str, name: str, arn: str, removal: str) -> Foreign:
    removal = f"with credentials of account {account.account}: {removal}"
    keys = (arn, account.account, account.stack.label)
    return Foreign(f"{kind} of {account.stack.label},", name, arn, None, removal, keys)
