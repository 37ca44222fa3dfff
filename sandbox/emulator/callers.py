"""Who makes a request: from its access key and session token to a principal and its policies."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from moto.iam.models import Group, Role, User, iam_backends
from moto.sts.models import STSBackend, sts_backends

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam import IdentityBackend, identity_backend, user_boundary
from sandbox.emulator.organizations import account_is_closed, organization_of
from sandbox.emulator.policy_evaluation import Document, Principal


class InvalidCaller(AwsError):
    """The credentials are not accepted."""

    def __init__(self, code: str, message: str):
        super().__init__(code, message, 403)


@dataclass
class Session:
    """Temporary credentials that STS gave out, and whose they are.

    `principal_id` is the id of the user or role, so that one made anew under the same name is
    another; times are in seconds since the epoch.
    """

    access_key_id: str
    secret_access_key: str
    session_token: str
    account_id: str
    principal_id: str
    issued: float
    expires: float
    name: str | None = None
    """The role session name; None for the session of a user."""
    mfa_since: float | None = None
    policies: list[str] = field(default_factory=list)
    policy_arns: list[str] = field(default_factory=list)
    provider: str | None = None
    """The ARN of the identity provider whose token opened the session."""


class SessionBackend(STSBackend):
    """STS of one account: the sessions of its users and roles."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.sessions: dict[str, Session] = {}

    def add(self, session: Session) -> None:
        """Keep a session, and forget those that ended over an hour ago."""
        limit = time.time() - 3600
        self.sessions = {key: kept for key, kept in self.sessions.items() if kept.expires > limit}
        self.sessions[session.access_key_id] = session


@dataclass(frozen=True)
class Caller:
    """An authenticated principal: a user, with long-lived keys or a session, or a session of a role."""

    account_id: str
    entity: User | Role
    session: Session | None = None

    @property
    def user_name(self) -> str | None:
        """The user's name; None for a role."""
        return self.entity.name if isinstance(self.entity, User) else None

    @property
    def is_role(self) -> bool:
        """Whether the caller is a session of a role."""
        return isinstance(self.entity, Role)

    @property
    def arn(self) -> str:
        """As `GetCallerIdentity` says it: the user's ARN, or that of the role's session."""
        if self.session and self.session.name is not None:
            return f"arn:aws:sts::{self.account_id}:assumed-role/{self.entity.name}/{self.session.name}"
        return self.entity.arn

    @property
    def user_id(self) -> str:
        """As `GetCallerIdentity` says it."""
        return f"{self.entity.id}:{self.session.name}" if self.session and self.session.name else self.entity.id

    @property
    def principal(self) -> Principal:
        """The caller as trust policies name it."""
        return Principal(self.arn, self.account_id, self.entity.arn if self.is_role else None)

    def identity_policies(self) -> list[Document]:
        """Inline and attached policies, with those of a user's groups."""
        backend = identity_backend(self.account_id)
        holders: list[User | Role | Group] = [self.entity]
        if self.user_name is not None:
            holders += backend.get_groups_for_user(self.user_name)
        return [document for holder in holders for document in _policies_of(holder)]

    def boundary(self) -> Document | None:
        """The permissions boundary, if there is one; a boundary that no longer exists allows nothing."""
        user = self.entity if isinstance(self.entity, User) else None
        arn = user_boundary(user) if user else cast(Role, self.entity).permissions_boundary_arn
        return _managed(identity_backend(self.account_id), arn) if arn else None

    def session_policies(self) -> list[Document] | None:
        """The policies that were passed when the session was opened; None if there were none."""
        if self.session is None or not (self.session.policies or self.session.policy_arns):
            return None
        backend = identity_backend(self.account_id)
        return [parsed(text) for text in self.session.policies] + [
            _managed(backend, arn) for arn in self.session.policy_arns
        ]

    def service_control(self) -> list[list[Document]]:
        """The SCPs of each level from the root to the caller's account; none for the management account."""
        organization = organization_of(self.account_id)
        return organization.service_control(self.account_id) if organization else []

    def context(self, region: str) -> dict[str, str | list[str]]:
        """The global condition keys of a request of this caller.

        `aws:MultiFactorAuthPresent` is there for temporary credentials only, as with AWS. A
        connection counts as encrypted, which those to AWS are.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        now = time.time()
        found: dict[str, str | list[str]] = {
            "aws:CurrentTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
            "aws:EpochTime": str(int(now)),
            "aws:PrincipalAccount": self.account_id,
            "aws:PrincipalArn": self.entity.arn,
            "aws:PrincipalType": "AssumedRole" if self.is_role else "User",
            "aws:PrincipalIsAWSService": "false",
            "aws:RequestedRegion": region,
            "aws:SecureTransport": "true",
            "aws:SourceIp": "127.0.0.1",
            "aws:ViaAWSService": "false",
            "aws:userid": self.user_id,
        }
        if self.user_name is not None:
            found["aws:username"] = self.user_name
        for tag in self.entity.tags or []:
            found[f"aws:PrincipalTag/{tag['Key']}"] = tag["Value"]
        if self.session is not None:
            found["aws:TokenIssueTime"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.session.issued))
            found["aws:MultiFactorAuthPresent"] = "true" if self.session.mfa_since is not None else "false"
            if self.session.mfa_since is not None:
                found["aws:MultiFactorAuthAge"] = str(int(now - self.session.mfa_since))
            if self.session.provider:
                found["aws:FederatedProvider"] = self.session.provider
        organization = organization_of(self.account_id)
        if organization is not None:
            path = organization.path(organization.get_account_by_id(self.account_id))[:-1]
            found["aws:PrincipalOrgID"] = organization.organization.id
            found["aws:PrincipalOrgPaths"] = [
                "/".join([organization.organization.id, *(str(level.id) for level in path), ""])
            ]
        return found


def caller_of(access_key_id: str, session_token: str | None) -> Caller:
    """The principal that an access key belongs to. Raises `InvalidCaller`.

    https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
    """
    caller = _session_caller(access_key_id, session_token) or _user_caller(access_key_id, session_token)
    if caller is None or account_is_closed(caller.account_id):
        raise InvalidCaller("InvalidClientTokenId", "The security token included in the request is invalid.")
    return caller


def session_backend(account_id: str) -> SessionBackend:
    """STS of the account; it is made when it is first asked for."""
    return cast(SessionBackend, sts_backends[account_id]["aws"])


@lru_cache(maxsize=4096)
def parsed(text: str) -> Mapping[str, Any]:
    """A policy document from its text."""
    document: Mapping[str, Any] = json.loads(text)
    return document


def _session_caller(access_key_id: str, session_token: str | None) -> Caller | None:
    # Not by way of `sts_backends[...]`, each of which goes through all accounts.
    for account_id, _region, sessions in sts_backends.iter_backends():
        session = cast(SessionBackend, sessions).sessions.get(access_key_id)
        if session is None:
            continue
        if session.session_token != session_token:
            return None
        if session.expires <= time.time():
            raise InvalidCaller("ExpiredToken", "The security token included in the request is expired")
        backend = identity_backend(account_id)
        entities: list[User | Role] = [*backend.users.values(), *backend.roles.values()]
        for entity in entities:
            if entity.id == session.principal_id:
                return Caller(account_id, entity, session)
    return None


def _user_caller(access_key_id: str, session_token: str | None) -> Caller | None:
    if session_token:
        return None
    for account_id, _region, found in iam_backends.iter_backends():
        backend = cast(IdentityBackend, found)
        key = backend.access_keys.get(access_key_id)
        if key is not None and key.user_name in backend.users and key.status == "Active":
            return Caller(account_id, backend.users[key.user_name])
    return None


def _policies_of(holder: User | Role | Group) -> list[Document]:
    inline = [parsed(text) for text in holder.policies.values()]
    backend = identity_backend(holder.account_id)
    return inline + [_managed(backend, arn) for arn in holder.managed_policies]


def _managed(backend: IdentityBackend, arn: str) -> Document:
    policy = backend.use_policy(arn)
    if policy is None:
        return {}
    return next(
        parsed(version.document) for version in policy.versions if version.version_id == policy.default_version_id
    )
