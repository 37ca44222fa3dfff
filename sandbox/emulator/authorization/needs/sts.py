"""What a call of STS needs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from collections.abc import Mapping
from typing import Any

from sandbox.emulator.authorization.need import Need
from sandbox.emulator.authorization.needs.tags import on_resource
from sandbox.emulator.errors import AwsError
from sandbox.emulator.sts.callers import Caller
from sandbox.emulator.sts.requests import (
    Parameters,
    chained_tags,
    requested_tags,
    session_name,
    signed_in_with_mfa,
    source_identity,
)
from sandbox.emulator.sts.roles import account_of_role, find_role
from sandbox.emulator.sts.root_tasks import target_account, task_policy

WITHOUT_PERMISSION = ("GetCallerIdentity", "GetSessionToken", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML")
"""Anybody may ask who they are, and a user may open a session of their own. With a token of an identity provider, the
token counts and no AWS credentials."""


def sts_needs(operation: str, parameters: Parameters, caller: Caller, region: str) -> list[Need]:
    """What must be allowed for a call of STS. Raises what AWS answers to wrong parameters of AssumeRole."""
    del region
    if operation in WITHOUT_PERMISSION:
        return []
    if operation == "AssumeRole":
        return _assume_role(parameters, caller)
    if operation == "AssumeRoot":
        account_id, context = target_account(parameters), {"sts:TaskPolicyArn": task_policy(parameters)}
        return [Need("sts:AssumeRoot", f"arn:aws:iam::{account_id}:root", account_id, context)]
    if operation == "GetFederationToken":
        name = parameters.get("Name", "")
        return [Need("sts:GetFederationToken", f"arn:aws:sts::{caller.account_id}:federated-user/{name}")]
    return [Need(f"sts:{operation}")]


def _assume_role(parameters: Parameters, caller: Caller) -> list[Need]:
    if caller.is_root:
        raise AwsError("AccessDenied", "Roles may not be assumed by root accounts.", 403)
    role_arn = str(parameters.get("RoleArn") or "")
    account_id = account_of_role(role_arn)
    tags = requested_tags(parameters)
    chained_tags(caller, parameters)
    source = source_identity(caller, parameters)
    context: dict[str, str | list[str]] = {"sts:RoleSessionName": session_name(parameters)}
    if parameters.get("ExternalId") is not None:
        context["sts:ExternalId"] = str(parameters["ExternalId"])
    if source is not None:
        context["sts:SourceIdentity"] = source
    context |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    if tags:
        context["aws:TagKeys"] = list(tags)
    if parameters.get("TransitiveTagKeys"):
        context["sts:TransitiveTagKeys"] = [str(key) for key in parameters["TransitiveTagKeys"]]
    if signed_in_with_mfa(caller, parameters):
        context |= {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"}
    context |= _role_tags(role_arn)
    actions = ["sts:AssumeRole"]
    # A source identity goes along a chain of roles, each of which has to permit it:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    actions += ["sts:TagSession"] if tags else []
    actions += ["sts:SetSourceIdentity"] if source is not None else []
    return [Need(action, role_arn, account_id, context) for action in actions]


def _role_tags(role_arn: str) -> Mapping[str, Any]:
    role = find_role(role_arn)
    return on_resource(role.tags or [] if role else [], "iam")
