"""What a call needs of the services of which the emulator has less: Account Management, Backup, EC2, and S3 Control.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsaccountmanagement.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbackup.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from collections.abc import Mapping
from typing import Any

from sandbox.emulator.authorization.need import Need
from sandbox.emulator.authorization.needs.iam import pass_role
from sandbox.emulator.authorization.needs.tags import Context, on_resource, requested
from sandbox.emulator.backup.models import vault_tags
from sandbox.emulator.organizations.models import organization_of
from sandbox.emulator.sts.callers import Caller

Parameters = Mapping[str, Any]

PUBLIC_ACCESS_BLOCK = {
    "DeletePublicAccessBlock": "s3:PutAccountPublicAccessBlock",
    "GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "s3:PutAccountPublicAccessBlock",
}
"""S3 Control has the settings of an account, and S3 those of a bucket by the same names."""


def account_needs(operation: str, parameters: Parameters, caller: Caller, region: str) -> list[Need]:
    """What must be allowed for a call of Account Management."""
    del region
    context: Context = {}
    if parameters.get("AlternateContactType"):
        context["account:AlternateContactTypes"] = [str(parameters["AlternateContactType"])]
    if parameters.get("RegionName"):
        context["account:TargetRegion"] = str(parameters["RegionName"])
    if operation == "StartPrimaryEmailUpdate":
        context["account:EmailTargetDomain"] = str(parameters.get("PrimaryEmail", "")).rpartition("@")[2]
    target = str(parameters.get("AccountId") or "")
    organization = organization_of(target) if target else None
    if organization is None:
        return [Need(f"account:{operation}", f"arn:aws:account::{caller.account_id}:account", "", context)]
    # The account is a resource of the organization, which the management account owns.
    context["account:AccountResourceOrgPaths"] = [organization.account_path(target)]
    arn = f"arn:aws:account::{organization.account_id}:account/{organization.organization.id}/{target}"
    return [Need(f"account:{operation}", arn, organization.account_id, context)]


def backup_needs(operation: str, parameters: Parameters, caller: Caller, region: str) -> list[Need]:
    """What must be allowed for a call of Backup."""
    context, own = requested(parameters), f"arn:aws:backup:{region}:{caller.account_id}"
    vault = parameters.get("BackupVaultName")
    resource = "*"
    if operation == "DeleteRecoveryPoint":
        resource = str(parameters.get("RecoveryPointArn", "*"))
    elif vault and operation != "ListBackupVaults":
        resource = f"{own}:backup-vault:{vault}"
        context |= on_resource(vault_tags(caller.account_id, region, str(vault)))
    elif parameters.get("BackupPlanId"):
        resource = f"{own}:backup-plan:{parameters['BackupPlanId']}"
    elif parameters.get("ResourceArn") and operation in ("ListTags", "TagResource", "UntagResource"):
        resource = str(parameters["ResourceArn"])
    found = [Need(f"backup:{operation}", resource, "", context)]
    if parameters.get("IamRoleArn"):
        found.append(pass_role(str(parameters["IamRoleArn"]), "backup.amazonaws.com"))
    return found


def ec2_needs(operation: str, parameters: Parameters, caller: Caller, region: str) -> list[Need]:
    """What must be allowed for a call of EC2."""
    del parameters, caller
    return [Need(f"ec2:{operation}", "*", "", {"ec2:Region": region})]


def s3_control_needs(operation: str, parameters: Parameters, caller: Caller, region: str) -> list[Need]:
    """What must be allowed for a call of S3 Control."""
    del parameters, caller, region
    return [Need(PUBLIC_ACCESS_BLOCK.get(operation, f"s3:{operation}"))]
