"""Whether a caller may assume a role: the role's trust policy, the caller's own policies, and the SCPs above it.

This is the only call that the emulator checks against policies. Resource control policies are not checked.
"""

import re

from moto.iam.exceptions import ValidationError
from moto.iam.models import Role, iam_backends

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.models import iam_backend
from sandbox.emulator.organizations.models import account_is_closed, organization_of
from sandbox.emulator.policy_evaluation.evaluation import Decision, Document, Match, Request, decide, evaluate_trust
from sandbox.emulator.sts.authentication import Caller, parsed

ROLE_ARN = re.compile(r"arn:aws:iam::(\d{12}):role/[\w+=,.@/-]+")
EVERYTHING: Document = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def assumable_role(caller: Caller, role_arn: str, context: dict[str, str | list[str]]) -> Role:
    """The role, if the caller may assume it. Else raises AWS's refusal, which does not tell whether the role exists.

    Within one account, a trust policy that names the caller itself is enough. Across accounts, or when it names only
    the account, the caller's own policies must allow the call too.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
    """
    role = find_role(role_arn)
    refused = f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
    if role is None:
        raise AwsError("AccessDenied", refused, 403)
    context["aws:ResourceAccount"] = role.account_id
    organization = organization_of(role.account_id)
    if organization is not None:
        context["aws:ResourceOrgID"] = organization.organization.id
    for tag in role.tags or []:
        context[f"aws:ResourceTag/{tag['Key']}"] = tag["Value"]
    request = Request("sts:AssumeRole", role_arn, context)
    trust, match = evaluate_trust(parsed(role.assume_role_policy_document), request, caller.principal)
    if trust is Decision.EXPLICIT_DENY:
        raise AwsError("AccessDenied", f"{refused} with an explicit deny in a resource-based policy", 403)
    own, kind = _own_decision(caller, request, caller.identity_policies())
    if own is Decision.EXPLICIT_DENY:
        raise AwsError("AccessDenied", f"{refused} with an explicit deny in {kind}", 403)
    if trust is not Decision.ALLOW or not (own is Decision.ALLOW or _trust_is_enough(caller, role, request, match)):
        raise AwsError("AccessDenied", refused, 403)
    return role


def _trust_is_enough(caller: Caller, role: Role, request: Request, match: Match) -> bool:
    if role.account_id != caller.account_id or match is Match.ACCOUNT:
        return False
    if match is Match.ROLE:
        return _own_decision(caller, request, [EVERYTHING])[0] is Decision.ALLOW
    return decide(request, [EVERYTHING], service_control=caller.service_control())[0] is Decision.ALLOW


def _own_decision(caller: Caller, request: Request, identity: list[Document]) -> tuple[Decision, str]:
    return decide(
        request,
        identity,
        boundary=caller.boundary(),
        session=caller.session_policies(),
        service_control=caller.service_control(),
    )


def account_of_role(role_arn: str) -> str:
    """The account in a role's ARN. Raises `ValidationError` for a text that is not such an ARN."""
    match = ROLE_ARN.fullmatch(role_arn or "")
    if match is None:
        raise ValidationError(f"{role_arn} is invalid")
    return match.group(1)


def find_role(role_arn: str) -> Role | None:
    """The role, unless it does not exist or its account is closed."""
    account_id = account_of_role(role_arn)
    if account_id not in iam_backends or account_is_closed(account_id):
        return None
    return next((role for role in iam_backend(account_id).roles.values() if role.arn == role_arn), None)
