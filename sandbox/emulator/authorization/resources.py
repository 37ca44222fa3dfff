"""The policies on the side of what a call acts on: its own, and the resource control policies above its account."""

from sandbox.emulator.authorization.need import Need
from sandbox.emulator.backup.models import VAULT_ARN, access_policy, vault_of
from sandbox.emulator.iam.quotas import SERVICE_LINKED
from sandbox.emulator.organizations.models import organization_of
from sandbox.emulator.sts.callers import Caller
from sandbox.emulator.sts.roles import ROLE_ARN, find_role
from shared.policy_evaluation.evaluation import Document, ResourcePolicies
from shared.policy_evaluation.statements import parsed

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

COPY_INTO = "backup:CopyIntoBackupVault"
"""The only call about a vault that AWS lets through from another account:
https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html"""


def resource_policies(need: Need, caller: Caller) -> ResourcePolicies:
    """The policies that decide on a need besides the caller's own."""
    account_id = need.account_id or caller.account_id
    if need.action in TRUSTED and ROLE_ARN.fullmatch(need.resource):
        role = find_role(need.resource)
        trust: Document = parsed(role.assume_role_policy_document) if role else {}
        control = [] if role and str(role.path).startswith(SERVICE_LINKED) else _control(need, caller, account_id)
        return ResourcePolicies(account_id, trust, trust=True, shared=True, control=control)
    control = _control(need, caller, account_id)
    if need.action.startswith("backup:"):
        return _backup_policies(need, caller, account_id, control)
    return ResourcePolicies(account_id, control=control)


def resource_control(action: str, account_id: str) -> list[list[Document]]:
    """The resource control policies that an action meets in an account. They do not reach the management account."""
    organization = organization_of(account_id)
    if organization is None or action.partition(":")[0] not in CONTROLLED:
        return []
    return organization.resource_control(account_id)


def _control(need: Need, caller: Caller, account_id: str) -> list[list[Document]]:
    """The resource control policies, which do not bind service-linked roles."""
    return [] if caller.is_service_linked else resource_control(need.action, account_id)


def _backup_policies(need: Need, caller: Caller, account_id: str, control: list[list[Document]]) -> ResourcePolicies:
    """The access policy of the vault that the call is about, or that has the recovery point in it."""
    named = VAULT_ARN.fullmatch(need.resource)
    region, owner, name = named.groups() if named else vault_of(account_id, need.resource) or ("", "", "")
    text = access_policy(owner, region, name) if name else None
    policy: Document | None = parsed(text) if text else None
    if account_id != caller.account_id and need.action != COPY_INTO:
        policy = None
    return ResourcePolicies(account_id, policy, shared=True, control=control)
