"""What a call needs of Account Management, Backup, Budgets, EC2 and S3 Control.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsaccountmanagement.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbackup.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgetservice.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.emulator.authorization.need import Need
from sandbox.emulator.authorization.needs.iam import pass_role
from sandbox.emulator.authorization.needs.tags import Context, given_tags, on_resource, requested
from sandbox.emulator.backup.models import backup_tags
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
    if operation in ("AcceptPrimaryEmailUpdate", "StartPrimaryEmailUpdate"):
        context["account:EmailTargetDomain"] = str(parameters.get("PrimaryEmail", "")).rpartition("@")[2]
    target = str(parameters.get("AccountId") or "")
    organization = organization_of(target) if target else None
    if organization is None:
        return [Need(f"account:{operation}", f"arn:aws:account::{caller.account_id}:account", "", context)]
    # The account is a resource of the organization, which the management account owns.
    context["account:AccountResourceOrgPaths"] = [organization.account_path(target)]
    arn = f"arn:aws:account::{organization.account_id}:account/{organization.organization.id}/{target}"
    return [Need(f"account:{operation}", arn, organization.account_id, context)]


OF_RECOVERY_POINTS = frozenset({"DeleteRecoveryPoint", "DescribeRecoveryPoint", "StartCopyJob"})

OWNED = re.compile(r"arn:aws:[a-z-]+:[a-z0-9-]*:(\d{12}):")
"""An ARN that says whose it is; those of snapshots and images of EC2 do not."""

LOCKS = ("ChangeableForDays", "MaxRetentionDays", "MinRetentionDays")
"""Parameters of a vault's lock that are condition keys too."""


MAKES_WITH_TAGS = {
    "CreateBackupPlan": "backup-plan",
    "CreateBackupVault": "backup-vault",
    "CreateLogicallyAirGappedBackupVault": "backup-vault",
    "CreateReportPlan": "report-plan",
}
"""By call: the kind of what it makes, which needs `backup:TagResource` too if the call gives it tags.
https://docs.aws.amazon.com/aws-backup/latest/devguide/access-control.html"""


def backup_needs(operation: str, parameters: Parameters, caller: Caller, region: str) -> list[Need]:
    """What must be allowed for a call of Backup. What a job then does is up to the role: see `backup_jobs`."""
    context, own = requested(parameters), f"arn:aws:backup:{region}:{caller.account_id}"
    vault = parameters.get("BackupVaultName")
    resource, account_id = "*", ""
    if operation in OF_RECOVERY_POINTS:
        resource = str(parameters.get("RecoveryPointArn", "*"))
        owned = OWNED.match(resource)
        account_id = owned.group(1) if owned else ""
        context |= on_resource(backup_tags(caller.account_id, region, resource))
    elif vault and operation != "ListBackupVaults":
        resource = f"{own}:backup-vault:{vault}"
        context |= on_resource(backup_tags(caller.account_id, region, resource))
    elif parameters.get("BackupPlanId"):
        resource = f"{own}:backup-plan:{parameters['BackupPlanId']}"
    elif parameters.get("ResourceArn") and operation in ("ListTags", "TagResource", "UntagResource"):
        resource = str(parameters["ResourceArn"])
        owned = OWNED.match(resource)
        account_id = owned.group(1) if owned else ""
    context |= {f"backup:{name}": str(parameters[name]) for name in LOCKS if parameters.get(name) is not None}
    found = [Need(f"backup:{operation}", resource, account_id, context)]
    if parameters.get("IamRoleArn"):
        found.append(pass_role(str(parameters["IamRoleArn"]), "backup.amazonaws.com"))
    if operation in MAKES_WITH_TAGS and given_tags(parameters):
        made = resource if vault else f"{own}:{MAKES_WITH_TAGS[operation]}:*"
        found.append(Need("backup:TagResource", made, "", requested(parameters)))
    return found


OF_BUDGETS = {"Create": "ModifyBudget", "Update": "ModifyBudget", "Delete": "ModifyBudget", "Describe": "ViewBudget"}
"""The actions are not named like the operations, but for those about tags."""


def budgets_needs(operation: str, parameters: Parameters, caller: Caller, region: str) -> list[Need]:
    """What must be allowed for a call of Budgets. A budget that is made with tags is tagged too."""
    del region
    about = parameters.get("Budget") or parameters.get("NewBudget") or parameters
    budget = f"arn:aws:budgets::{caller.account_id}:budget/{about.get('BudgetName', '*')}"
    if parameters.get("ResourceARN"):
        return [Need(f"budgets:{operation}", str(parameters["ResourceARN"]), "", requested(parameters))]
    verb = next(verb for verb in OF_BUDGETS if operation.startswith(verb))
    found = [Need(f"budgets:{OF_BUDGETS[verb]}", budget)]
    if parameters.get("ResourceTags"):
        found.append(Need("budgets:TagResource", budget, "", requested(parameters)))
    return found


OF_EC2 = {
    "CreateNetworkInterface": (("network-interface", ""), ("subnet", "SubnetId")),
    "DeleteInternetGateway": (("internet-gateway", "InternetGatewayId"),),
    "DeleteNetworkInterface": (("network-interface", "NetworkInterfaceId"),),
    "DeleteSubnet": (("subnet", "SubnetId"),),
    "DeleteVpc": (("vpc", "VpcId"),),
    "DetachInternetGateway": (("internet-gateway", "InternetGatewayId"), ("vpc", "VpcId")),
}
"""Calls that are about resources: each one's kind, and the parameter with its id; without one it is made."""


def ec2_needs(operation: str, parameters: Parameters, caller: Caller, region: str) -> list[Need]:
    """What must be allowed for a call of EC2."""
    context: Context = {"ec2:Region": region}
    return [
        Need(
            f"ec2:{operation}",
            f"arn:aws:ec2:{region}:{caller.account_id}:{kind}/{parameters.get(name) or '*'}" if kind else "*",
            "",
            context,
        )
        for kind, name in OF_EC2.get(operation, (("", ""),))
    ]


def s3_control_needs(operation: str, parameters: Parameters, caller: Caller, region: str) -> list[Need]:
    """What must be allowed for a call of S3 Control."""
    del caller, region
    return [Need(PUBLIC_ACCESS_BLOCK.get(operation, f"s3:{operation}"), "*", "", requested(parameters))]
