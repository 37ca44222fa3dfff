"""The resources that the backup policy needs in an account."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.policy_documents.documents import render_trust_policy
from shared.policy_documents.roles import BACKUP_VAULT
from shared.stack_outputs import BackupVaults, VaultRules
from stacks.accounts.iam_policies import service_trust_policy

SERVICE_POLICY_ARN = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"

BUCKET_POLICY_ARN = "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup"
"""What the other policy lacks for S3: https://docs.aws.amazon.com/aws-backup/latest/devguide/s3-backups.html"""


@dataclass(frozen=True)
class BackupTargetArgs:
    """The vaults with their regions, each with the role that backs up into it.

    `rules` are the locks, by the name of the vault. `bucket_roles` are those of the roles that back up S3 buckets.
    """

    vaults: Sequence[BackupVaults]
    rules: Mapping[str, VaultRules] = field(default_factory=dict)
    bucket_roles: Collection[str] = ()

    @property
    def regions(self) -> set[str]:
        """Every region with a vault."""
        return {region for each in self.vaults for region in each.regions}


class BackupTarget(Component):
    """A vault in every region that the backup policies write to, its lock, and the role that AWS Backup assumes.

    All of it stays in AWS when it leaves the stack, for example because the account moves to an OU without backups: the
    backups in the vaults are kept, and need the role to be restored. When it is wanted again, it is taken back
    (`automation.imports.resume`).
    https://www.pulumi.com/docs/iac/concepts/resources/options/retainondelete/

    One provider is enough for all regions: with version 7 of the AWS provider a resource has a `region`.
    https://www.pulumi.com/registry/packages/aws/how-to-guides/7-0-migration/
    """

    def __init__(self, name: str, args: BackupTargetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("accounts:BackupTarget", name, opts, formerly="acme:accounts:BackupTarget")
        child = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        places = dict.fromkeys((each.vault_name, region) for each in args.vaults for region in each.regions)
        arns = [_vault(vault, region, args.rules.get(vault), child) for vault, region in places]
        roles = [
            _role(name, name in args.bucket_roles, child) for name in dict.fromkeys(e.role_name for e in args.vaults)
        ]
        self.register_outputs({"vaultArns": arns, "roleArn": roles[0]})


def _vault(name: str, region: str, rules: VaultRules | None, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
    place = region if name == BACKUP_VAULT else f"{name}-{region}"
    if rules and rules.air_gapped:
        return aws.backup.LogicallyAirGappedVault(
            f"vault-{place}",
            name=name,
            region=region,
            min_retention_days=rules.min_retention_days,
            # There is always one: `policies:vaults` asks for it.
            max_retention_days=rules.max_retention_days or rules.min_retention_days,
            opts=child,
        ).arn
    vault = aws.backup.Vault(f"vault-{place}", name=name, region=region, opts=child)
    if rules:
        _lock(place, vault, region, rules, child)
    return vault.arn


def _lock(place: str, vault: aws.backup.Vault, region: str, rules: VaultRules, child: pulumi.ResourceOptions) -> None:
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html

    AWS has no call that changes a lock: making it again overwrites it, and the provider replaces it. That it is
    retained also means that the replaced one is not taken off the vault afterwards.

    AWS never tells for how many days it is changeable, so a lock that was kept in AWS and is taken back seems to have
    none: that is no change. For one that is, the number is in the name.
    """
    days = rules.changeable_for_days
    aws.backup.VaultLockConfiguration(
        f"lock-{place}" if days is None else f"lock-{place}-after-{days}-days",
        backup_vault_name=vault.name,
        region=region,
        min_retention_days=rules.min_retention_days,
        max_retention_days=rules.max_retention_days,
        changeable_for_days=days,
        opts=pulumi.ResourceOptions.merge(
            child, pulumi.ResourceOptions(ignore_changes=["changeableForDays"] if days is not None else None)
        ),
    )


def _role(name: str, buckets: bool, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
    role = aws.iam.Role(
        name,
        name=name,
        assume_role_policy=render_trust_policy(name, service_trust_policy("backup.amazonaws.com")),
        opts=child,
    )
    aws.iam.RolePolicyAttachment(name, role=role.name, policy_arn=SERVICE_POLICY_ARN, opts=child)
    if buckets:
        aws.iam.RolePolicyAttachment(f"{name}-s3", role=role.name, policy_arn=BUCKET_POLICY_ARN, opts=child)
    return role.arn
