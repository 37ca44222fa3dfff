"""Who makes a request: a user, a session of a role, or a privileged session of an account's root user."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

from moto.iam.models import Group, Role, User

from sandbox.emulator.iam.managed_policies import user_boundary
from sandbox.emulator.iam.models import IAMBackend, iam_backend
from sandbox.emulator.iam.quotas import SERVICE_LINKED
from sandbox.emulator.organizations.models import organization_of
from sandbox.emulator.sts.models import Session
from shared.policy_evaluation.evaluation import EVERYTHING, CallerPolicies, Document, Principal
from shared.policy_evaluation.statements import parsed


@dataclass(frozen=True)
class RootUser:
    """The root user of an account."""

    account_id: str
    path: ClassVar[str] = "/"
    name: ClassVar[str] = "root"
    tags: ClassVar[list[dict[str, str]]] = []

    @property
    def id(self) -> str:
        return self.account_id

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account_id}:root"


@dataclass(frozen=True)
class Caller:
    """An authenticated principal: a user, with long-lived keys or a session, or a session of a role or root user."""

    account_id: str
    entity: User | Role | RootUser
    session: Session | None = None

    @property
    def user_name(self) -> str | None:
        """The user's name; None for a role and the root user."""
        return self.entity.name if isinstance(self.entity, User) else None

    @property
    def is_role(self) -> bool:
        return isinstance(self.entity, Role)

    @property
    def is_root(self) -> bool:
        return isinstance(self.entity, RootUser)

    @property
    def is_service_linked(self) -> bool:
        return self.is_role and str(self.entity.path).startswith(SERVICE_LINKED)

    @property
    def arn(self) -> str:
        """As `GetCallerIdentity` gives it: the ARN of the user or of the role's session."""
        if self.is_role and self.session and self.session.name is not None:
            return f"arn:aws:sts::{self.account_id}:assumed-role/{self.entity.name}/{self.session.name}"
        return self.entity.arn

    @property
    def user_id(self) -> str:
        """As `GetCallerIdentity` gives it."""
        return f"{self.entity.id}:{self.session.name}" if self.session and self.session.name else self.entity.id

    @property
    def principal(self) -> Principal:
        """The caller as resource-based policies name it."""
        return Principal(
            self.arn,
            self.account_id,
            self.entity.arn if self.is_role else None,
            unique_id=self.entity.id,
            bounded=self._boundary_arn() is not None,
        )

    def policies(self) -> CallerPolicies:
        """All policies on the caller's side."""
        return CallerPolicies(
            self.identity_policies(), self.boundary(), self.session_policies(), self.service_control()
        )

    def identity_policies(self) -> list[Document]:
        """Inline and attached policies, for a user also those of its groups.

        The root user may do everything that its task policy does not deny: AWS's task policies only deny.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
        """
        backend = iam_backend(self.account_id)
        if isinstance(self.entity, RootUser):
            tasks = self.session.policy_arns if self.session else []
            return [EVERYTHING, *(_managed(backend, arn) for arn in tasks)]
        holders: list[User | Role | Group] = [self.entity]
        if self.user_name is not None:
            holders += backend.get_groups_for_user(self.user_name)
        found = [document for holder in holders for document in _policies_of(holder)]
        password_policy = backend.account_password_policy
        if self.user_name is not None and password_policy and password_policy.allow_users_to_change_password:
            found.append(_own_password(self.entity.arn))
        return found

    def boundary(self) -> Document | None:
        """The permissions boundary, or None; a boundary whose policy was deleted allows nothing."""
        arn = self._boundary_arn()
        return _managed(iam_backend(self.account_id), arn) if arn else None

    def _boundary_arn(self) -> str | None:
        if isinstance(self.entity, RootUser):
            return None
        if isinstance(self.entity, User):
            return user_boundary(self.entity)
        return self.entity.permissions_boundary_arn or None

    def session_policies(self) -> list[Document] | None:
        """The policies that the session was opened with; None if there were none."""
        if self.is_root or self.session is None or not (self.session.policies or self.session.policy_arns):
            return None
        backend = iam_backend(self.account_id)
        return [parsed(text) for text in self.session.policies] + [
            _managed(backend, arn) for arn in self.session.policy_arns
        ]

    def service_control(self) -> list[list[Document]]:
        """The SCPs of each level from the root to the caller's account.

        None for the management account and for service-linked roles.
        https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
        """
        organization = organization_of(self.account_id)
        if organization is None or self.is_service_linked:
            return []
        return organization.service_control(self.account_id)

    def tags(self) -> dict[str, str]:
        """The tags of the principal. Those of the session win; their keys are the same in any case."""
        found = {tag["Key"]: tag["Value"] for tag in self.entity.tags or []}
        for key, value in self.session.tags if self.session else ():
            found = {kept: old for kept, old in found.items() if kept.lower() != key.lower()} | {key: value}
        return found

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
            "aws:PrincipalType": "Account" if self.is_root else "AssumedRole" if self.is_role else "User",
            "aws:PrincipalIsAWSService": "false",
            "aws:RequestedRegion": region,
            "aws:SecureTransport": "true",
            "aws:SourceIp": "127.0.0.1",
            "aws:ViaAWSService": "false",
            "aws:userid": self.user_id,
        }
        if self.user_name is not None:
            found["aws:username"] = self.user_name
        for key, value in self.tags().items():
            found[f"aws:PrincipalTag/{key}"] = value
        if self.session is not None:
            found |= _session_context(self.session, now)
        organization = organization_of(self.account_id)
        if organization is not None:
            found["aws:PrincipalOrgID"] = organization.organization.id
            found["aws:PrincipalOrgPaths"] = [organization.account_path(self.account_id)]
        return found


def _session_context(session: Session, now: float) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {
        "aws:TokenIssueTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(session.issued)),
        "aws:MultiFactorAuthPresent": "true" if session.mfa_since is not None else "false",
    }
    if session.mfa_since is not None:
        found["aws:MultiFactorAuthAge"] = str(int(now - session.mfa_since))
    if session.provider:
        found["aws:FederatedProvider"] = session.provider
    if session.source_identity is not None:
        found["aws:SourceIdentity"] = session.source_identity
    if session.assumed_root:
        found["aws:AssumedRoot"] = "true"
    return found


def _own_password(user_arn: str) -> Document:
    """What a password policy gives to every user of the account, if it lets them change their own passwords.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_enable-user-change.html
    """
    return {
        "Statement": [
            {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": user_arn},
            {"Effect": "Allow", "Action": "iam:GetAccountPasswordPolicy", "Resource": "*"},
        ]
    }


def _policies_of(holder: User | Role | Group) -> list[Document]:
    inline = [parsed(text) for text in holder.policies.values()]
    backend = iam_backend(holder.account_id)
    return inline + [_managed(backend, arn) for arn in holder.managed_policies]


def _managed(backend: IAMBackend, arn: str) -> Document:
    policy = backend.find_policy(arn)
    if policy is None:
        return {}
    document: Mapping[str, object] = next(
        parsed(version.document) for version in policy.versions if version.version_id == policy.default_version_id
    )
    return cast(Document, document)
