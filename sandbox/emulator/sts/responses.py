"""Requests: who calls, and the sessions of users and roles. Session tags and source identities are not kept.

https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
"""

import base64
import json
import re
import time
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.exceptions import MalformedPolicyDocument, ValidationError
from moto.iam.models import Role, iam_backends
from moto.iam.policy_validation import IAMPolicyDocumentValidator
from moto.iam.utils import generate_access_key_id_from_account_id, random_alphanumeric
from moto.sts.responses import TokenResponse
from moto.sts.utils import random_session_token

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.models import CODE, iam_backend
from sandbox.emulator.policy_evaluation.evaluation import Decision, Principal, Request, as_list, evaluate_trust
from sandbox.emulator.sts.assume_role import account_of_role, assumable_role, find_role
from sandbox.emulator.sts.authentication import Caller, parsed
from sandbox.emulator.sts.models import Session, sts_backend

SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")

MINIMUM_SECONDS = 900
CHAINED_SECONDS = 3600
"""The longest session of a role that another role assumes."""
USER_SECONDS = 129_600
"""The longest session of a user."""


class STSResponse(TokenResponse):
    @property
    def caller(self) -> Caller:
        """Who makes the request, as the server authenticated it."""
        caller: Caller = self.normalized_request.environ["sandbox.caller"]
        return caller

    def get_caller_identity(self) -> ActionResult:
        return ActionResult({"UserId": self.caller.user_id, "Account": self.caller.account_id, "Arn": self.caller.arn})

    def get_session_token(self) -> ActionResult:
        if self.caller.session is not None:
            raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
        seconds = self._get_int_param("DurationSeconds", 43_200)
        _check_seconds(seconds, USER_SECONDS)
        mfa_since = time.time() if self._signed_in_with_mfa() else None
        session = _open(self.caller.account_id, self.caller.entity.id, seconds, mfa_since=mfa_since)
        return ActionResult({"Credentials": _credentials(session)})

    def assume_role(self) -> ActionResult:
        name = self._session_name()
        with_mfa = self._signed_in_with_mfa()
        context = self.caller.context(self.region)
        context["sts:RoleSessionName"] = name
        if self._get_param("ExternalId") is not None:
            context["sts:ExternalId"] = self._get_param("ExternalId")
        if with_mfa:
            context["aws:MultiFactorAuthPresent"] = "true"
            context["aws:MultiFactorAuthAge"] = "0"
        role = assumable_role(self.caller, self._get_param("RoleArn"), context)
        seconds = self._seconds(role, chained=self.caller.is_role)
        # A user's sign-in with MFA carries over to the role's session, but not from role to role.
        since = self.caller.session.mfa_since if self.caller.session and not self.caller.is_role else None
        session = _open(
            role.account_id,
            role.id,
            seconds,
            name=name,
            mfa_since=time.time() if with_mfa else since,
            policies=self._session_policies(),
            policy_arns=self._session_policy_arns(role.account_id),
        )
        return ActionResult({"Credentials": _credentials(session), "AssumedRoleUser": _role_user(role, name)})

    def assume_role_with_web_identity(self) -> ActionResult:
        """The token's issuer, audience, subject and expiry are read. Its signature is not checked: the sandbox cannot
        reach the identity provider's keys."""
        name = self._session_name()
        account_id = account_of_role(self._get_param("RoleArn"))
        claims = _claims(self._get_param("WebIdentityToken"))
        issuer = str(claims["iss"]).removeprefix("https://")
        provider = f"arn:aws:iam::{account_id}:oidc-provider/{issuer}"
        audiences = [str(audience) for audience in as_list(claims["aud"])]
        known = iam_backends[account_id]["aws"].open_id_providers if account_id in iam_backends else {}
        if provider not in known:
            raise AwsError(
                "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {claims['iss']}"
            )
        if not set(audiences) & set(known[provider].client_id_list):
            raise AwsError("InvalidIdentityToken", "Incorrect token audience")
        context: dict[str, Any] = {
            f"{issuer}:aud": audiences,
            f"{issuer}:sub": str(claims["sub"]),
            "aws:RequestedRegion": self.region,
            "sts:RoleSessionName": name,
        }
        role = find_role(self._get_param("RoleArn"))
        request = Request("sts:AssumeRoleWithWebIdentity", self._get_param("RoleArn"), context)
        principal = Principal(provider, account_id, provider=provider)
        trust = parsed(role.assume_role_policy_document) if role else {}
        if role is None or evaluate_trust(trust, request, principal)[0] is not Decision.ALLOW:
            raise AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
        session = _open(
            account_id,
            role.id,
            self._seconds(role, chained=False),
            name=name,
            policies=self._session_policies(),
            policy_arns=self._session_policy_arns(account_id),
            provider=provider,
        )
        return ActionResult(
            {
                "Credentials": _credentials(session),
                "AssumedRoleUser": _role_user(role, name),
                "SubjectFromWebIdentityToken": str(claims["sub"]),
                "Audience": audiences[0],
                "Provider": provider,
            }
        )

    def assume_role_with_saml(self) -> ActionResult:
        raise NotImplementedError

    get_federation_token = assume_role_with_saml

    def _session_name(self) -> str:
        name: str = self._get_param("RoleSessionName") or ""
        if not SESSION_NAME.fullmatch(name):
            raise ValidationError(
                f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: [\\w+=,.@-]*, with a length of 2 to 64"
            )
        return name

    def _seconds(self, role: Role, chained: bool) -> int:
        seconds = self._get_int_param("DurationSeconds", 3600)
        _check_seconds(seconds, 43_200)
        if chained and seconds > CHAINED_SECONDS:
            raise ValidationError(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
            )
        if seconds > int(role.max_session_duration or 3600):
            raise ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        return seconds

    def _signed_in_with_mfa(self) -> bool:
        """Whether the request has an MFA code. Any six digits are right for a device of the user."""
        serial, code = self._get_param("SerialNumber"), self._get_param("TokenCode")
        if serial is None and code is None:
            return False
        if code is not None and not CODE.fullmatch(code):
            raise ValidationError(
                f"1 validation error detected: Value '{code}' at 'tokenCode' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: [\\d]*"
            )
        user = iam_backend(self.caller.account_id).users.get(self.caller.user_name or "")
        if code is None or user is None or serial not in user.mfa_devices:
            raise AwsError(
                "AccessDenied",
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial "
                "number is valid and associated with this user.",
                403,
            )
        return True

    def _session_policies(self) -> list[str]:
        text = self._get_param("Policy")
        if not text:
            return []
        if len(text) > 2048:
            raise AwsError("PackedPolicyTooLarge", "The session policy is larger than 2048 characters.")
        IAMPolicyDocumentValidator(text).validate()
        return [text]

    def _session_policy_arns(self, account_id: str) -> list[str]:
        arns = [str(entry["arn"]) for entry in self._get_param("PolicyArns", [])]
        for arn in arns:
            if iam_backend(account_id).find_policy(arn) is None:
                raise MalformedPolicyDocument(f"The policy {arn} does not exist.")
        return arns


def _check_seconds(seconds: int, maximum: int) -> None:
    for wrong, bound, limit in (
        (seconds < MINIMUM_SECONDS, "greater", MINIMUM_SECONDS),
        (seconds > maximum, "less", maximum),
    ):
        if wrong:
            raise ValidationError(
                f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: "
                f"Member must have value {bound} than or equal to {limit}"
            )


def _claims(token: str) -> dict[str, Any]:
    """The claims of a JSON Web Token that has not expired."""
    try:
        body = token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        wrong = {"iss", "aud", "sub", "exp"} - set(claims)
        expires = float(claims.get("exp", 0))
    except (IndexError, ValueError, TypeError, AttributeError):
        wrong, claims, expires = {"the token"}, {}, 0.0
    if wrong:
        raise AwsError("InvalidIdentityToken", "The ID Token provided is not a valid JWT.")
    if expires <= time.time():
        raise AwsError(
            "ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time"
        )
    return claims


def _open(account_id: str, principal_id: str, seconds: int, **kwargs: Any) -> Session:
    now = time.time()
    session = Session(
        access_key_id=generate_access_key_id_from_account_id(account_id, "ASIA"),
        secret_access_key=random_alphanumeric(40),
        session_token=random_session_token(),
        account_id=account_id,
        principal_id=principal_id,
        issued=now,
        expires=now + seconds,
        **kwargs,
    )
    sts_backend(account_id).add(session)
    return session


def _credentials(session: Session) -> dict[str, Any]:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
        "Expiration": datetime.fromtimestamp(session.expires, UTC),
    }


def _role_user(role: Role, name: str) -> dict[str, str]:
    return {
        "AssumedRoleId": f"{role.id}:{name}",
        "Arn": f"arn:aws:sts::{role.account_id}:assumed-role/{role.name}/{name}",
    }
