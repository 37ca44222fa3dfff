"""Authentication: from a request's access key and session token to the principal, its policies and condition keys.

Signatures are not checked.
"""

import base64
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from moto.core.base_backend import BackendDict, BaseBackend
from moto.iam.models import Group, Role, User, iam_backends
from moto.iam.utils import ACCOUNT_OFFSET, AWS_ROLE_ALPHABET
from moto.sts.models import sts_backends

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.models import IAMBackend, iam_backend, user_boundary
from sandbox.emulator.organizations.models import account_is_closed, organization_of
from sandbox.emulator.policy_evaluation.evaluation import Document, Principal
from sandbox.emulator.sts.models import Session, STSBackend


class InvalidCredentials(AwsError):
    """AWS's refusal of an access key or session token."""

    def __init__(self, code: str, message: str):
        super().__init__(code, message, 403)


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
        return isinstance(self.entity, Role)

    @property
    def arn(self) -> str:
        """As `GetCallerIdentity` gives it: the ARN of the user or of the role's session."""
        if self.session and self.session.name is not None:
            return f"arn:aws:sts::{self.account_id}:assumed-role/{self.entity.name}/{self.session.name}"
        return self.entity.arn

    @property
    def user_id(self) -> str:
        """As `GetCallerIdentity` gives it."""
        return f"{self.entity.id}:{self.session.name}" if self.session and self.session.name else self.entity.id

    @property
    def principal(self) -> Principal:
        """The caller as trust policies name it."""
        return Principal(self.arn, self.account_id, self.entity.arn if self.is_role else None)

    def identity_policies(self) -> list[Document]:
        """Inline and attached policies, for a user also those of its groups."""
        backend = iam_backend(self.account_id)
        holders: list[User | Role | Group] = [self.entity]
        if self.user_name is not None:
            holders += backend.get_groups_for_user(self.user_name)
        return [document for holder in holders for document in _policies_of(holder)]

    def boundary(self) -> Document | None:
        """The permissions boundary, or None; a boundary whose policy was deleted allows nothing."""
        user = self.entity if isinstance(self.entity, User) else None
        arn = user_boundary(user) if user else cast(Role, self.entity).permissions_boundary_arn
        return _managed(iam_backend(self.account_id), arn) if arn else None

    def session_policies(self) -> list[Document] | None:
        """The policies that the session was opened with; None if there were none."""
        if self.session is None or not (self.session.policies or self.session.policy_arns):
            return None
        backend = iam_backend(self.account_id)
        return [parsed(text) for text in self.session.policies] + [
            _managed(backend, arn) for arn in self.session.policy_arns
        ]

    def service_control(self) -> list[list[Document]]:
        """The SCPs of each level from the root to the caller's account; none for the management account."""
        organization = organization_of(self.account_id)
        return organization.service_control(self.account_id) if organization else []

    def context(self, region: str) -> dict[str, str | list[str]]:
        """The global condition keys of a request of this caller.

        As with AWS, only temporary credentials have `aws:MultiFactorAuthPresent`. The connection counts as encrypted,
        as it would be with AWS.
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


def authenticate(access_key_id: str, session_token: str | None) -> Caller:
    """The principal that an access key belongs to. Raises `InvalidCredentials`.

    https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
    """
    caller = _session_caller(access_key_id, session_token) or _user_caller(access_key_id, session_token)
    if caller is None or account_is_closed(caller.account_id):
        raise InvalidCredentials("InvalidClientTokenId", "The security token included in the request is invalid.")
    return caller


@lru_cache(maxsize=4096)
def parsed(text: str) -> Mapping[str, Any]:
    """The text of a policy document, parsed."""
    document: Mapping[str, Any] = json.loads(text)
    return document


def _possible(backends: BackendDict[Any], access_key_id: str) -> Iterator[tuple[str, BaseBackend]]:
    """The accounts that an access key may belong to, with their backends; first the one that its id names."""
    try:
        written = 2 * (int.from_bytes(base64.b32decode(access_key_id[4:12]), "big") - ACCOUNT_OFFSET)
    except ValueError:
        written = 0
    account_id = f"{written + (access_key_id[12:13] in AWS_ROLE_ALPHABET[16:]):012d}"
    if account_id in backends:
        yield account_id, backends[account_id]["aws"]
    # The id of the sandbox administrator's key names no account.
    for account_id, _region, backend in backends.iter_backends():
        yield account_id, backend


def _session_caller(access_key_id: str, session_token: str | None) -> Caller | None:
    if not session_token:
        return None
    for account_id, sessions in _possible(sts_backends, access_key_id):
        session = cast(STSBackend, sessions).sessions.get(access_key_id)
        if session is None:
            continue
        if session.session_token != session_token:
            return None
        if session.expires <= time.time():
            raise InvalidCredentials("ExpiredToken", "The security token included in the request is expired")
        backend = iam_backend(account_id)
        entities: list[User | Role] = [*backend.users.values(), *backend.roles.values()]
        for entity in entities:
            if entity.id == session.principal_id:
                return Caller(account_id, entity, session)
    return None


def _user_caller(access_key_id: str, session_token: str | None) -> Caller | None:
    if session_token:
        return None
    for account_id, found in _possible(iam_backends, access_key_id):
        backend = cast(IAMBackend, found)
        key = backend.access_keys.get(access_key_id)
        if key is not None and key.user_name in backend.users and key.status == "Active":
            return Caller(account_id, backend.users[key.user_name])
    return None


def _policies_of(holder: User | Role | Group) -> list[Document]:
    inline = [parsed(text) for text in holder.policies.values()]
    backend = iam_backend(holder.account_id)
    return inline + [_managed(backend, arn) for arn in holder.managed_policies]


def _managed(backend: IAMBackend, arn: str) -> Document:
    policy = backend.find_policy(arn)
    if policy is None:
        return {}
    return next(
        parsed(version.document) for version in policy.versions if version.version_id == policy.default_version_id
    )
