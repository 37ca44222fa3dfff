"""The vaults and the role that backups need in an account."""

from __future__ import annotations

from shared.stack_outputs import BackupVaults, PoliciesOutputs
from shared.stack_references import Upstream
from stacks.accounts.backup_target import BackupTargetArgs
from stacks.accounts.checks import backup_of
from stacks.accounts.config import AccountsConfig


def backup_needs(settings: AccountsConfig, policies: Upstream[PoliciesOutputs]) -> BackupTargetArgs | None:
    """What the backup policies of the account's OU need; None if it has none, or while that is unknown."""
    unit, main = settings.organizational_unit, backup_of(settings, policies)
    found = [BackupVaults(vault_name=main.vault_name, role_name=main.role_name, regions=main.regions)] if main else []
    found += policies.known(lambda outputs: outputs.more_backups.get(unit, [])) or []
    if not found:
        return None
    return BackupTargetArgs(
        vaults=found,
        rules=policies.known(lambda outputs: outputs.vaults) or {},
        bucket_roles=policies.known(lambda outputs: outputs.bucket_backups.get(unit, [])) or [],
    )
