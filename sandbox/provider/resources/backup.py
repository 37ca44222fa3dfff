"""AWS Backup: vaults, their locks, and logically air-gapped vaults."""

# ruff: noqa: ARG002 - all types share one signature, and few need all of it

from abc import ABC

from sandbox.provider.aws import Aws
from sandbox.provider.schema import REGION, TAGS, Kind, Property, ResourceType, after_creation, auto_named, out
from sandbox.provider.wire import Values

GONE = frozenset({"ResourceNotFoundException", "AccessDeniedException"})
"""AWS Backup answers AccessDeniedException for a vault that does not exist."""


class AnyVault(ResourceType, ABC):
    """What vaults of both kinds have in common."""

    gone = GONE

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        vault = aws.call("backup", "describe_backup_vault", BackupVaultName=id_)
        tags = aws.call("backup", "list_tags", ResourceArn=vault["BackupVaultArn"]).get("Tags", {})
        return self.state(vault) | {"tagsAll": {key: tags[key] for key in tags if not key.startswith("aws:")}}

    def retag(self, aws: Aws, id_: str, old: Values, put: dict[str, str], remove: list[str]) -> None:
        arn = aws.call("backup", "describe_backup_vault", BackupVaultName=id_)["BackupVaultArn"]
        if remove:
            aws.call("backup", "untag_resource", ResourceArn=arn, TagKeyList=remove)
        if put:
            aws.call("backup", "tag_resource", ResourceArn=arn, Tags=put)


class Vault(AnyVault):
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupVault.html"""

    token = "aws:backup/vault:Vault"  # noqa: S105
    label = "Backup Vault"
    properties = (
        Property("forceDestroy", Kind.BOOL, default=False, kept=True),
        Property("kmsKeyArn", aws="EncryptionKeyArn", computed=True, replaces=True),
        auto_named("BackupVaultName", 50),
        REGION,
        *TAGS,
        out("arn", "BackupVaultArn"),
        out("recoveryPoints", "NumberOfRecoveryPoints", Kind.INT),
    )

    def create(self, aws: Aws, new: Values) -> str:
        parameters = self.request(new, "name", "kmsKeyArn")
        aws.call("backup", "create_backup_vault", **parameters, BackupVaultTags=new.get("tagsAll") or None)
        return str(new["name"])

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        if old.get("forceDestroy"):
            operation = "list_recovery_points_by_backup_vault"
            for point in aws.pages("backup", operation, "RecoveryPoints", BackupVaultName=id_):
                arn = point["RecoveryPointArn"]
                aws.call("backup", "delete_recovery_point", BackupVaultName=id_, RecoveryPointArn=arn)
        aws.call("backup", "delete_backup_vault", BackupVaultName=id_)


class LogicallyAirGappedVault(AnyVault):
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateLogicallyAirGappedBackupVault.html"""

    token = "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault"  # noqa: S105
    label = "Backup Logically Air Gapped Vault"
    properties = (
        Property("encryptionKeyArn", aws="EncryptionKeyArn", computed=True, replaces=True),
        Property("maxRetentionDays", Kind.INT, "MaxRetentionDays", required=True, replaces=True),
        Property("minRetentionDays", Kind.INT, "MinRetentionDays", required=True, replaces=True),
        auto_named("BackupVaultName", 50),
        REGION,
        *TAGS,
        out("arn", "BackupVaultArn"),
    )
    not_supported = frozenset({"timeouts"})

    def create(self, aws: Aws, new: Values) -> str:
        parameters = self.request(new, "name", "encryptionKeyArn", "maxRetentionDays", "minRetentionDays")
        tags = new.get("tagsAll") or None
        aws.call("backup", "create_logically_air_gapped_backup_vault", **parameters, BackupVaultTags=tags)
        id_ = str(new["name"])

        def available() -> bool:
            vault = aws.call("backup", "describe_backup_vault", BackupVaultName=id_)
            return bool(vault["VaultState"] == "AVAILABLE")

        with after_creation(id_):
            # Until it has its key, for one to three minutes, nothing can be put into it.
            aws.poll(available, aws.timeout or aws.connection.retry_policy.account, f"waiting for the vault {id_}")
        return id_

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call("backup", "delete_backup_vault", BackupVaultName=id_)


class VaultLockConfiguration(ResourceType):
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html

    As with the official plugin, a vault from which somebody has taken the lock has one without numbers.
    """

    token = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"  # noqa: S105
    label = "Backup Vault Lock Configuration"
    properties = (
        Property("backupVaultName", aws="BackupVaultName", required=True, replaces=True),
        Property("changeableForDays", Kind.INT, "ChangeableForDays", replaces=True, kept=True),
        Property("maxRetentionDays", Kind.INT, "MaxRetentionDays", replaces=True),
        Property("minRetentionDays", Kind.INT, "MinRetentionDays", replaces=True),
        REGION,
        out("backupVaultArn", "BackupVaultArn"),
    )
    gone = GONE

    def create(self, aws: Aws, new: Values) -> str:
        aws.call("backup", "put_backup_vault_lock_configuration", **self.request(new))
        return str(new["backupVaultName"])

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        return self.state(aws.call("backup", "describe_backup_vault", BackupVaultName=id_))

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call("backup", "delete_backup_vault_lock_configuration", BackupVaultName=id_)


TYPES = (Vault(), LogicallyAirGappedVault(), VaultLockConfiguration())
