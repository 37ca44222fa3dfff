"""Tokens of OpenID Connect providers: what they claim, and whether a role may be assumed with them.

The signature of a token is not checked: the sandbox cannot reach the identity provider's keys.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.iam.models import Role, iam_backends

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.quotas import SERVICE_LINKED
from sandbox.emulator.organizations.models import organization_of
from sandbox.emulator.sts.requests import session_tags
from sandbox.emulator.sts.roles import account_of_role, find_role
from shared.policy_evaluation.evaluation import (
    CallerPolicies,
    Principal,
    Request,
    ResourcePolicies,
    as_list,
    decide,
)
from shared.policy_evaluation.statements import parsed

TAGS_CLAIM = "https://aws.amazon.com/tags"
SOURCE_IDENTITY_CLAIM = "https://aws.amazon.com/source_identity"


@dataclass(frozen=True)
class WebIdentity:
    """Who a token says that it is of."""

    issuer: str
    provider: str
    """The ARN of the provider in the role's account."""
    audiences: list[str]
    subject: str
    tags: Mapping[str, str]
    transitive: tuple[str, ...]
    source_identity: str | None


def read_token(token: str, role_arn: str) -> WebIdentity:
    """The content of a token that the role's account accepts. Raises `AwsError`."""
    claims = _claims(token)
    account_id = account_of_role(role_arn)
    issuer = str(claims["iss"]).removeprefix("https://")
    provider = f"arn:aws:iam::{account_id}:oidc-provider/{issuer}"
    audiences = [str(audience) for audience in as_list(claims["aud"])]
    known = iam_backends[account_id]["aws"].open_id_providers if account_id in iam_backends else {}
    if provider not in known:
        raise AwsError("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {claims['iss']}")
    if not set(audiences) & set(known[provider].client_id_list):
        raise AwsError("InvalidIdentityToken", "Incorrect token audience")
    tags, transitive = _tags(claims.get(TAGS_CLAIM))
    source = claims.get(SOURCE_IDENTITY_CLAIM)
    return WebIdentity(
        issuer, provider, audiences, str(claims["sub"]), tags, transitive, None if source is None else str(source)
    )


def authorized_role(identity: WebIdentity, role_arn: str, name: str, region: str) -> Role:
    """The role, if the token may assume it. Else raises AWS's refusal, which does not tell whether the role exists.

    Nobody's own policies count, and so no service control policies: the caller is in no account. The trust policy and
    the resource control policies on the way to the role's account decide. Tags and a source identity in the token each
    need an action more.
    """
    role = find_role(role_arn)
    refused = AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    if role is None:
        raise refused
    actions = ["sts:AssumeRoleWithWebIdentity"]
    actions += ["sts:TagSession"] if identity.tags else []
    actions += ["sts:SetSourceIdentity"] if identity.source_identity else []
    organization = organization_of(role.account_id)
    limited = organization is not None and not str(role.path).startswith(SERVICE_LINKED)
    policies = ResourcePolicies(
        role.account_id,
        parsed(role.assume_role_policy_document),
        trust=True,
        shared=True,
        control=organization.resource_control(role.account_id) if organization and limited else [],
    )
    principal = Principal(identity.provider, role.account_id, provider=identity.provider)
    for action in actions:
        request = Request(action, role_arn, _context(identity, role, name, region))
        if not decide(request, principal, CallerPolicies(), policies).allowed:
            raise refused
    return role


def _context(identity: WebIdentity, role: Role, name: str, region: str) -> dict[str, str | list[str]]:
    now = time.time()
    found: dict[str, str | list[str]] = {
        f"{identity.issuer}:aud": identity.audiences,
        f"{identity.issuer}:sub": identity.subject,
        "aws:CurrentTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "aws:EpochTime": str(int(now)),
        "aws:PrincipalIsAWSService": "false",
        "aws:RequestedRegion": region,
        "aws:SecureTransport": "true",
        "aws:SourceIp": "127.0.0.1",
        "aws:ResourceAccount": role.account_id,
        "sts:RoleSessionName": name,
    }
    organization = organization_of(role.account_id)
    if organization is not None:
        found["aws:ResourceOrgID"] = organization.organization.id
        found["aws:ResourceOrgPaths"] = [organization.account_path(role.account_id)]
    for tag in role.tags or []:
        found[f"aws:ResourceTag/{tag['Key']}"] = tag["Value"]
    for key, value in identity.tags.items():
        found[f"aws:RequestTag/{key}"] = value
    if identity.tags:
        found["aws:TagKeys"] = list(identity.tags)
    if identity.transitive:
        found["sts:TransitiveTagKeys"] = list(identity.transitive)
    if identity.source_identity is not None:
        found["sts:SourceIdentity"] = identity.source_identity
    return found


def _tags(claim: Any) -> tuple[dict[str, str], tuple[str, ...]]:
    """The session tags of a token, and the keys of those that are transitive."""
    if claim is None:
        return {}, ()
    try:
        tags = {str(key): str(as_list(value)[0]) for key, value in claim["principal_tags"].items()}
        transitive = tuple(str(key) for key in claim.get("transitive_tag_keys", []))
    except (AttributeError, IndexError, KeyError, TypeError):
        raise AwsError("InvalidIdentityToken", f"The claim {TAGS_CLAIM} has no principal_tags.") from None
    return session_tags(tags), transitive


def _claims(token: str) -> dict[str, Any]:
    """The claims of a JSON Web Token that is valid now."""
    try:
        body = token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        wrong = {"iss", "aud", "sub", "exp"} - set(claims)
        expires, begins = float(claims.get("exp", 0)), float(claims.get("nbf", 0))
    except (IndexError, ValueError, TypeError, AttributeError):
        wrong, claims, expires, begins = {"the token"}, {}, 0.0, 0.0
    if wrong:
        raise AwsError("InvalidIdentityToken", "The ID Token provided is not a valid JWT.")
    if expires <= time.time():
        raise AwsError(
            "ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time"
        )
    if begins > time.time():
        raise AwsError("InvalidIdentityToken", "The ID Token provided is not valid yet: its nbf lies in the future.")
    return claims
