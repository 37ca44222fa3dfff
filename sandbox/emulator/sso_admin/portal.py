"""Requests of people who are signed in to the portal: what they may sign in to, and credentials for it.

They come with a token and without a signature. AWS gives the token to a browser or to `aws sso login`; here
`POST /_sandbox/sign-in` does.
https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_Operations.html
"""

import time
from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.iam.models import Role

from sandbox.emulator.authorization.parameters import parameters
from sandbox.emulator.errors import AwsError
from sandbox.emulator.identity_store.models import identity_store_backend
from sandbox.emulator.organizations.models import organization_of
from sandbox.emulator.sso_admin import roles
from sandbox.emulator.sso_admin.models import SSOAdminBackend, enabled, sso_admin_backend
from sandbox.emulator.sso_admin.permission_sets import seconds
from sandbox.emulator.sts.responses import credentials, open_session
from shared.policy_evaluation.evaluation import CallerPolicies, Principal, Request, ResourcePolicies, decide
from shared.policy_evaluation.statements import parsed

TOKEN_HEADER = "x-amz-sso_bearer_token"  # noqa: S105 - a header's name

AUDIENCE = "https://signin.aws.amazon.com/saml"


class PortalResponse(BaseResponse):
    def __init__(self) -> None:
        super().__init__(service_name="sso")

    def list_accounts(self) -> ActionResult:
        given = self._given()
        backend, user_id = _signed_in(given)
        organization = organization_of(backend.account_id)
        accounts = {account.id: account for account in (organization.accounts if organization else [])}
        found = [
            {"accountId": id_, "accountName": accounts[id_].name, "emailAddress": accounts[id_].email}
            for id_ in sorted({account_id for account_id, _set, _role in backend.open_to(user_id)})
        ]
        return ActionResult(_page("accountList", found, given))

    def list_account_roles(self) -> ActionResult:
        given = self._given()
        backend, user_id = _signed_in(given)
        found = [
            {"roleName": permission_set.name, "accountId": account_id}
            for account_id, permission_set, _role in backend.open_to(user_id)
            if account_id == given.get("accountId")
        ]
        return ActionResult(_page("roleList", found, given))

    def get_role_credentials(self) -> ActionResult:
        given = self._given()
        backend, user_id = _signed_in(given)
        for account_id, permission_set, role_name in backend.open_to(user_id):
            role = roles.find(account_id, role_name)
            named = (account_id, permission_set.name) == (given.get("accountId"), given.get("roleName"))
            if role and named and _lets_in(role, backend.region_name):
                instance = backend.instances[0]
                store = identity_store_backend(backend.account_id, backend.region_name)
                session = open_session(
                    account_id,
                    role.id,
                    seconds(permission_set.session_duration),
                    name=store.describe_user(instance.identity_store_id, user_id).UserName,
                    provider=roles.provider_arn(account_id),
                )
                found = credentials(session)
                return ActionResult(
                    {
                        "roleCredentials": {
                            "accessKeyId": found["AccessKeyId"],
                            "secretAccessKey": found["SecretAccessKey"],
                            "sessionToken": found["SessionToken"],
                            "expiration": int(session.expires * 1000),
                        }
                    }
                )
        raise AwsError("ForbiddenException", "No access", 403)

    def logout(self) -> EmptyResult:
        given = self._given()
        backend, _user_id = _signed_in(given)
        # By the look-up that counts as a change.
        tokens = sso_admin_backend(backend.account_id, backend.region_name).tokens
        del tokens[given["accessToken"]]
        return EmptyResult()

    def _given(self) -> Mapping[str, Any]:
        return parameters(self.normalized_request, "sso", self._get_action())


def _signed_in(given: Mapping[str, Any]) -> tuple[SSOAdminBackend, str]:
    """Whose token it is, and where. Raises `UnauthorizedException`."""
    for backend in enabled():
        token = backend.tokens.get(str(given.get("accessToken")))
        if token is None or token.expires < time.time():
            continue
        store = identity_store_backend(backend.account_id, backend.region_name)
        if token.user_id in store.store(backend.instances[0].identity_store_id).users:
            return backend, token.user_id
    raise AwsError("UnauthorizedException", "Session token not found or invalid", 401)


def _lets_in(role: Role, region: str) -> bool:
    """Whether the role's trust policy and the resource control policies above it let Identity Center's people in."""
    provider, organization = roles.provider_arn(role.account_id), organization_of(role.account_id)
    policies = ResourcePolicies(
        role.account_id,
        parsed(role.assume_role_policy_document),
        trust=True,
        shared=True,
        control=organization.resource_control(role.account_id) if organization else [],
    )
    context: dict[str, str | list[str]] = {
        "saml:aud": AUDIENCE,
        "aws:PrincipalIsAWSService": "false",
        "aws:RequestedRegion": region,
        "aws:ResourceAccount": role.account_id,
        "aws:SecureTransport": "true",
    }
    if organization is not None:
        context["aws:ResourceOrgID"] = organization.organization.id
    request = Request("sts:AssumeRoleWithSAML", role.arn, context)
    return decide(request, Principal(provider, role.account_id, provider=provider), CallerPolicies(), policies).allowed


def _page(name: str, found: list[dict[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    size, start = int(given.get("maxResults") or 100), int(given.get("nextToken") or 0)
    more = {"nextToken": str(start + size)} if len(found) > start + size else {}
    return {name: found[start : start + size], **more}
