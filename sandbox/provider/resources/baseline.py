"""What a member account gets besides IAM: backup vaults, contacts, public access block, EBS encryption."""

# ruff: noqa: ARG002 - all types share one signature, and few need all of it

from __future__ import annotations

from sandbox.provider.aws import Aws
from sandbox.provider.schema import REGION, TAGS, Kind, Property, ResourceType, auto_named, out
from sandbox.provider.wire import Values


class Vault(ResourceType):
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
    # AWS Backup answers AccessDeniedException for a vault that does not exist.
    gone = frozenset({"ResourceNotFoundException", "AccessDeniedException"})

    def create(self, aws: Aws, new: Values) -> str:
        parameters = self.request(new, "name", "kmsKeyArn")
        aws.call("backup", "create_backup_vault", **parameters, BackupVaultTags=new.get("tagsAll") or None)
        return str(new["name"])

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        vault = aws.call("backup", "describe_backup_vault", BackupVaultName=id_)
        tags = aws.call("backup", "list_tags", ResourceArn=vault["BackupVaultArn"]).get("Tags", {})
        return self.state(vault) | {"tagsAll": {key: tags[key] for key in tags if not key.startswith("aws:")}}

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        if old.get("forceDestroy"):
            operation = "list_recovery_points_by_backup_vault"
            for point in aws.pages("backup", operation, "RecoveryPoints", BackupVaultName=id_):
                arn = point["RecoveryPointArn"]
                aws.call("backup", "delete_recovery_point", BackupVaultName=id_, RecoveryPointArn=arn)
        aws.call("backup", "delete_backup_vault", BackupVaultName=id_)

    def retag(self, aws: Aws, id_: str, old: Values, put: dict[str, str], remove: list[str]) -> None:
        arn = aws.call("backup", "describe_backup_vault", BackupVaultName=id_)["BackupVaultArn"]
        if remove:
            aws.call("backup", "untag_resource", ResourceArn=arn, TagKeyList=remove)
        if put:
            aws.call("backup", "tag_resource", ResourceArn=arn, Tags=put)


class AlternativeContact(ResourceType):
    """https://docs.aws.amazon.com/accounts/latest/reference/API_PutAlternateContact.html"""

    token = "aws:account/alternativeContact:AlternativeContact"  # noqa: S105
    label = "Account Alternate Contact"
    properties = (
        Property("accountId", aws="AccountId", replaces=True),
        Property("alternateContactType", aws="AlternateContactType", required=True, replaces=True),
        Property("emailAddress", aws="EmailAddress", required=True),
        auto_named("Name", 64, replaces=False),
        Property("phoneNumber", aws="PhoneNumber", required=True),
        Property("title", aws="Title", required=True),
    )
    gone = frozenset({"ResourceNotFoundException"})

    def create(self, aws: Aws, new: Values) -> str:
        self.update(aws, "", {}, new, frozenset())
        return "/".join(filter(None, (new.get("accountId"), new["alternateContactType"])))

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        key = self._key(id_)
        contact = aws.call("account", "get_alternate_contact", **key)["AlternateContact"]
        return self.state(key | contact)

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.call("account", "put_alternate_contact", **self.request(new))

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call("account", "delete_alternate_contact", **self._key(id_))

    def _key(self, id_: str) -> dict[str, str]:
        account, _, contact = id_.rpartition("/")
        return {"AlternateContactType": contact} | ({"AccountId": account} if account else {})


class AccountPublicAccessBlock(ResourceType):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html"""

    token = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"  # noqa: S105
    label = "S3 Account Public Access Block"
    properties = (
        Property("accountId", computed=True, replaces=True),
        Property("blockPublicAcls", Kind.BOOL, "BlockPublicAcls", default=False),
        Property("blockPublicPolicy", Kind.BOOL, "BlockPublicPolicy", default=False),
        Property("ignorePublicAcls", Kind.BOOL, "IgnorePublicAcls", default=False),
        Property("restrictPublicBuckets", Kind.BOOL, "RestrictPublicBuckets", default=False),
    )
    gone = frozenset({"NoSuchPublicAccessBlockConfiguration"})

    def create(self, aws: Aws, new: Values) -> str:
        account = str(new.get("accountId") or aws.connection.identity()["Account"])
        self.update(aws, account, {}, new, frozenset())
        return account

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        answer = aws.call("s3control", "get_public_access_block", AccountId=id_)
        return self.state(answer["PublicAccessBlockConfiguration"]) | {"accountId": id_}

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        settings = self.request(new)
        aws.call("s3control", "put_public_access_block", AccountId=id_, PublicAccessBlockConfiguration=settings)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call("s3control", "delete_public_access_block", AccountId=id_)


class EncryptionByDefault(ResourceType):
    """A switch of a region, which always exists: deleting the resource turns it off.

    https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html
    """

    token = "aws:ebs/encryptionByDefault:EncryptionByDefault"  # noqa: S105
    label = "EBS Encryption By Default"
    properties = (
        Property("enabled", Kind.BOOL, "EbsEncryptionByDefault", default=True),
        REGION,
    )

    def create(self, aws: Aws, new: Values) -> str:
        self.update(aws, "", {}, new, frozenset())
        return aws.region

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        return self.state(aws.call("ec2", "get_ebs_encryption_by_default"))

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.call("ec2", f"{'enable' if new['enabled'] else 'disable'}_ebs_encryption_by_default")

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        self.update(aws, id_, old, {"enabled": False}, frozenset())


TYPES = (Vault(), AlternativeContact(), AccountPublicAccessBlock(), EncryptionByDefault())
