"""The policies on the side of what a call acts on: its own, and the resource control policies above its account."""

import re

from sandbox.emulator.authorization.need import Need
from sandbox.emulator.backup.models import access_policy
from sandbox.emulator.iam.quotas import SERVICE_LINKED
from sandbox.emulator.organizations.models import organization_of
from sandbox.emulator.policy_evaluation.evaluation import Document, ResourcePolicies
from sandbox.emulator.policy_evaluation.statements import parsed
from sandbox.emulator.sts.callers import Caller
from sandbox.emulator.sts.roles import ROLE_ARN, find_role

CONTROLLED = frozenset(
    {
        "aoss",
        "cognito-identity",
        "cognito-idp",
        "dynamodb",
        "ecr",
        "kms",
        "logs",
        "s3",
        "secretsmanager",
        "sqs",
        "sts",
    }
)
"""The services that resource control policies apply to:
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html"""

TRUSTED = frozenset({"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"})
"""What a role's trust policy has to allow."""

VAULT_ARN = re.compile(r"arn:aws:backup:([a-z0-9-]+):(\d{12}):backup-vault:(.+)")


def resource_policies(need: Need, caller: Caller) -> ResourcePolicies:
    """The policies that decide on a need besides the caller's own."""
    account_id = need.account_id or caller.account_id
    if need.action in TRUSTED and ROLE_ARN.fullmatch(need.resource):
        role = find_role(need.resource)
        trust: Document = parsed(role.assume_role_policy_document) if role else {}
        control = [] if role and str(role.path).startswith(SERVICE_LINKED) else _control(need, caller, account_id)
        return ResourcePolicies(account_id, trust, trust=True, shared=True, control=control)
    control = _control(need, caller, account_id)
    vault = VAULT_ARN.fullmatch(need.resource)
    if vault and need.action.startswith("backup:"):
        region, owner, name = vault.groups()
        text = access_policy(owner, region, name)
        return ResourcePolicies(account_id, parsed(text) if text else None, shared=True, control=control)
    return ResourcePolicies(account_id, control=control)


def _control(need: Need, caller: Caller, account_id: str) -> list[list[Document]]:
    """The resource control policies. They do not bind service-linked roles, nor reach the management account."""
    organization = organization_of(account_id)
    if organization is None or caller.is_service_linked or need.action.partition(":")[0] not in CONTROLLED:
        return []
    return organization.resource_control(account_id)
