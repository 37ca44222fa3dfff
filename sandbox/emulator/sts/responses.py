"""Requests: who calls, and the sessions of users, roles and root users. The server has decided before who may.

https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
"""

import time
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.exceptions import MalformedPolicyDocument, ValidationError
from moto.iam.models import Role
from moto.iam.policy_validation import IAMPolicyDocumentValidator
from moto.iam.utils import generate_access_key_id_from_account_id, random_alphanumeric
from moto.sts.responses import TokenResponse
from moto.sts.utils import random_session_token

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.models import iam_backend
from sandbox.emulator.sts.callers import Caller
from sandbox.emulator.sts.models import Session, sts_backend
from sandbox.emulator.sts.requests import (
    chained_tags,
    check_seconds,
    session_name,
    signed_in_with_mfa,
    source_identity,
)
from sandbox.emulator.sts.roles import find_role
from sandbox.emulator.sts.root_tasks import root_task
from sandbox.emulator.sts.web_identity import authorized_role, read_token

CHAINED_SECONDS = 3600
"""The longest session of a role that another role assumes."""
USER_SECONDS = 129_600
"""The longest session of a user."""
ROOT_SECONDS = 900
"""The longest session of a root user."""


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
        check_seconds(seconds, USER_SECONDS)
        mfa_since = time.time() if signed_in_with_mfa(self.caller, self.params) else None
        session = open_session(self.caller.account_id, self.caller.entity.id, seconds, mfa_since=mfa_since)
        return ActionResult({"Credentials": credentials(session)})

    def assume_role(self) -> ActionResult:
        name = session_name(self.params)
        role = self._role()
        seconds = self._seconds(role, chained=self.caller.is_role)
        # A user's sign-in with MFA carries over to the role's session, but not from role to role.
        since = self.caller.session.mfa_since if self.caller.session and not self.caller.is_role else None
        tags, transitive = chained_tags(self.caller, self.params)
        session = open_session(
            role.account_id,
            role.id,
            seconds,
            name=name,
            mfa_since=time.time() if signed_in_with_mfa(self.caller, self.params) else since,
            policies=self._session_policies(),
            policy_arns=self._session_policy_arns(role.account_id),
            tags=tuple(tags.items()),
            transitive=transitive,
            source_identity=source_identity(self.caller, self.params),
        )
        return ActionResult(_opened(session, role, name))

    def assume_role_with_web_identity(self) -> ActionResult:
        name, role_arn = session_name(self.params), self._get_param("RoleArn")
        identity = read_token(self._get_param("WebIdentityToken"), role_arn)
        role = authorized_role(identity, role_arn, name, self.region)
        session = open_session(
            role.account_id,
            role.id,
            self._seconds(role, chained=False),
            name=name,
            policies=self._session_policies(),
            policy_arns=self._session_policy_arns(role.account_id),
            provider=identity.provider,
            tags=tuple(identity.tags.items()),
            transitive=identity.transitive,
            source_identity=identity.source_identity,
        )
        answer = {
            "SubjectFromWebIdentityToken": identity.subject,
            "Audience": identity.audiences[0],
            "Provider": identity.provider,
        }
        return ActionResult({**_opened(session, role, name), **answer})

    def assume_root(self) -> ActionResult:
        """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html"""
        account_id, task = root_task(self.caller, self.params)
        seconds = self._get_int_param("DurationSeconds", ROOT_SECONDS)
        check_seconds(seconds, ROOT_SECONDS, minimum=0)
        source = source_identity(self.caller, {})
        session = open_session(
            account_id, account_id, seconds, policy_arns=[task], assumed_root=True, source_identity=source
        )
        answer = {"Credentials": credentials(session)}
        return ActionResult(answer if source is None else {**answer, "SourceIdentity": source})

    def assume_role_with_saml(self) -> ActionResult:
        raise NotImplementedError

    get_federation_token = assume_role_with_saml

    def _role(self) -> Role:
        role = find_role(self._get_param("RoleArn"))
        if role is None:
            raise ValidationError(f"{self._get_param('RoleArn')} is invalid")
        return role

    def _seconds(self, role: Role, chained: bool) -> int:
        seconds = self._get_int_param("DurationSeconds", 3600)
        check_seconds(seconds, 43_200)
        if chained and seconds > CHAINED_SECONDS:
            raise ValidationError(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
            )
        if seconds > int(role.max_session_duration or 3600):
            raise ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        return seconds

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


def open_session(account_id: str, principal_id: str, seconds: int, **kwargs: Any) -> Session:
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


def credentials(session: Session) -> dict[str, Any]:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
        "Expiration": datetime.fromtimestamp(session.expires, UTC),
    }


def _opened(session: Session, role: Role, name: str) -> dict[str, Any]:
    """What is answered to who assumes a role."""
    user = {
        "AssumedRoleId": f"{role.id}:{name}",
        "Arn": f"arn:aws:sts::{role.account_id}:assumed-role/{role.name}/{name}",
    }
    source = {"SourceIdentity": session.source_identity} if session.source_identity is not None else {}
    return {"Credentials": credentials(session), "AssumedRoleUser": user, **source}
