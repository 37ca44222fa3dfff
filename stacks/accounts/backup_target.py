"""The resources that the backup policy needs in an account."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.policy_documents.documents import render_trust_policy
from stacks.accounts.iam_policies import service_trust_policy

SERVICE_POLICY_ARN = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"


@dataclass(frozen=True)
class BackupTargetArgs:
    """`regions` are all primary regions and the copy region."""

    vault_name: str
    role_name: str
    regions: Sequence[str]


class BackupTarget(Component):
    """A vault in every region that the backup policy writes to, and the role that AWS Backup assumes.

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
        vaults = [
            aws.backup.Vault(f"vault-{region}", name=args.vault_name, region=region, opts=child)
            for region in args.regions
        ]
        role = aws.iam.Role(
            args.role_name,
            name=args.role_name,
            assume_role_policy=render_trust_policy(args.role_name, service_trust_policy("backup.amazonaws.com")),
            opts=child,
        )
        aws.iam.RolePolicyAttachment(args.role_name, role=role.name, policy_arn=SERVICE_POLICY_ARN, opts=child)
        self.register_outputs({"vaultArns": [vault.arn for vault in vaults], "roleArn": role.arn})
