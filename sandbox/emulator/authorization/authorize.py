"""The decision on a call, before it is carried out.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Iterable

from sandbox.emulator.authorization.decisions import Decisions
from sandbox.emulator.authorization.need import Need
from sandbox.emulator.authorization.resources import TRUSTED, resource_policies
from sandbox.emulator.errors import AwsError, access_denied
from sandbox.emulator.organizations.models import organization_of
from sandbox.emulator.sts.callers import Caller
from shared.policy_evaluation.evaluation import IDENTITY, TRUST, Decision, Request, Verdict, decide

SESSION_OPERATIONS = ("AssumeRole", "GetCallerIdentity")
"""What the session of a user can ask of STS."""


def authorize(model: str, needs: Iterable[Need], caller: Caller, region: str, decisions: Decisions) -> None:
    """Raise AWS's refusal unless everything that the call needs is allowed.

    `model` is botocore's name of the service, whose protocol has the code of the refusal. What is decided is added to
    `decisions`.
    """
    policies, principal, about_caller = caller.policies(), caller.principal, caller.context(region)
    for need in needs:
        context = {**about_caller, **about_account(need.account_id or caller.account_id), **need.context}
        request = Request(need.action, need.resource, context)
        verdict = decide(request, principal, policies, resource_policies(need, caller))
        decisions.add(caller.entity.arn, need, verdict.allowed)
        if not verdict.allowed:
            raise _refusal(model, need, caller, verdict)


def check_session(service: str, operation: str, caller: Caller) -> None:
    """Raise AWS's refusal of a call that the session of a user cannot make, whatever its policies say.

    Without MFA it reaches nothing of IAM, and of STS only two operations:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html.
    """
    if caller.session is None or caller.user_name is None:
        return
    if service == "iam" and caller.session.mfa_since is None:
        raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid", 403)
    if service == "sts" and operation not in SESSION_OPERATIONS:
        raise AwsError("AccessDenied", f"Cannot call {operation} with session credentials", 403)


def about_account(account_id: str) -> dict[str, str | list[str]]:
    """The condition keys of the account that owns a resource."""
    found: dict[str, str | list[str]] = {"aws:ResourceAccount": account_id}
    organization = organization_of(account_id)
    if organization is not None:
        found["aws:ResourceOrgID"] = organization.organization.id
        found["aws:ResourceOrgPaths"] = [organization.account_path(account_id)]
    return found


def _refusal(model: str, need: Need, caller: Caller, verdict: Verdict) -> AwsError:
    message = f"User: {caller.arn} is not authorized to perform: {need.action} on resource: {need.resource}"
    if model == "ec2":
        message = f"You are not authorized to perform this operation. {message}"
    # Nobody is told whether a role of that name exists, or only does not trust them.
    silent = need.action in TRUSTED and verdict.decision is Decision.IMPLICIT_DENY and verdict.kind in (IDENTITY, TRUST)
    return access_denied(model, message if silent else f"{message} {verdict.reason(need.action)}")
