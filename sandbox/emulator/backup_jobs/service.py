"""AWS Backup as it works itself: it assumes the role that was passed to it, and may then do what the role may.

https://docs.aws.amazon.com/aws-backup/latest/devguide/iam-service-roles.html
"""

import time

from moto.backup.exceptions import InvalidParameterValueException
from moto.iam.exceptions import ValidationError
from moto.iam.models import Role

from sandbox.emulator.authorization.authorize import about_account, authorize
from sandbox.emulator.authorization.decisions import Decisions
from sandbox.emulator.authorization.need import Need
from sandbox.emulator.authorization.resources import resource_control
from sandbox.emulator.errors import AwsError
from sandbox.emulator.organizations.models import organization_of
from sandbox.emulator.sts.callers import Caller
from sandbox.emulator.sts.models import Session
from sandbox.emulator.sts.roles import account_of_role, find_role
from shared.policy_evaluation.evaluation import CallerPolicies, Principal, Request, ResourcePolicies, decide
from shared.policy_evaluation.statements import parsed

PRINCIPAL = "backup.amazonaws.com"
SESSION_SECONDS = 3600


def assume(role_arn: str, account_id: str, region: str) -> Caller:
    """A session of the role, which Backup has in the account that passed it.

    Raises `InvalidParameterValueException` unless the role is there and trusts Backup, and what is said about roles to
    whoever passes one of another account.
    """
    try:
        elsewhere, role = account_of_role(role_arn) != account_id, find_role(role_arn)
    except ValidationError:
        raise InvalidParameterValueException(f"{role_arn} is not the ARN of a role.") from None
    if elsewhere:
        raise AwsError("AccessDeniedException", "Cross-account pass role is not allowed.", 403)
    if role is None or not _trusts(role, account_id, region):
        raise InvalidParameterValueException(f"IAM Role {role_arn} cannot be assumed by AWS Backup")
    begun = time.time()
    session = Session("", "", "", account_id, role.id, begun, begun + SESSION_SECONDS, name="AWSBackup")
    return Caller(account_id, role, session)


def refusal(need: Need, caller: Caller, region: str, decisions: Decisions) -> str | None:
    """Why the role may not do it, in AWS's words; None if it may."""
    try:
        authorize("backup", [need], caller, region, decisions)
    except AwsError as error:
        return error.message
    return None


def _trusts(role: Role, account_id: str, region: str) -> bool:
    """Whether the role's trust policy, and what controls roles in the account, let Backup in for that account."""
    context: dict[str, str | list[str]] = {
        "aws:CurrentTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": PRINCIPAL,
        "aws:RequestedRegion": region,
        "aws:SecureTransport": "true",
        "aws:SourceAccount": account_id,
        **about_account(account_id),
    }
    organization = organization_of(account_id)
    if organization is not None:
        context["aws:SourceOrgID"] = organization.organization.id
        context["aws:SourceOrgPaths"] = [organization.account_path(account_id)]
    trust = parsed(role.assume_role_policy_document)
    control = resource_control("sts:AssumeRole", account_id)
    return decide(
        Request("sts:AssumeRole", role.arn, context),
        Principal(f"arn:aws:iam::{account_id}:{PRINCIPAL}", account_id, service=PRINCIPAL),
        CallerPolicies(),
        ResourcePolicies(account_id, trust, trust=True, shared=True, control=control),
    ).allowed
