"""Who calls: each principal of the operating model, and those who have no part in it, with all policies on its side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.emulator.iam.aws_managed_policies import aws_policies
from shared.policy_evaluation.evaluation import Document, Principal
from tests.security.organization import ACCESS_ROLE, ISSUER, Organization, provider_arn

Context = Mapping[str, str | list[str]]
OUTSIDE = "999999999999"
OUTSIDE_ORGANIZATION = "o-somebody"
FULL: Document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
"""AWS's own FullAWSAccess on each level, and AdministratorAccess on a principal."""


@dataclass(frozen=True)
class Caller:
    """A principal with the policies on its side. `arn` is None for a token, which is nobody yet."""

    name: str
    arn: str | None
    account_id: str
    role_arn: str | None = None
    provider: str | None = None
    service: str | None = None
    identity: list[Document] = field(default_factory=list)
    boundary: Document | None = None
    service_control: list[list[Document]] = field(default_factory=list)
    context: Context = field(default_factory=dict)

    @property
    def named(self) -> str | None:
        """As a policy's `Principal` names who calls."""
        return self.provider or self.service or self.arn

    @property
    def signed(self) -> bool:
        """Whether a request is signed; one without a principal is not."""
        return self.named is not None

    @property
    def principal(self) -> Principal:
        """The same for our own evaluator."""
        return Principal(
            self.arn or f"arn:aws:sts::{self.account_id}:token",
            self.account_id,
            self.role_arn,
            self.provider,
            self.service,
            bounded=self.boundary is not None,
        )


class Cast:
    """The principals of an organization. In a member account it is `account` that they are in."""

    def __init__(self, organization: Organization, account: str = "developer") -> None:
        self.organization = organization
        self.account = account
        self.account_id = organization.ids.accounts[account]
        self.control = [[FULL, *level] for level in organization.service_control] + [[FULL]]

    def user(self, name: str, mfa: bool = False) -> Caller:
        """A user of the management account; with MFA it has a session, as AWS gives only to those who show a code."""
        arn = f"arn:aws:iam::{self.organization.management}:user/{name}"
        context = {"aws:username": name, "aws:PrincipalType": "User"} | (
            {"aws:MultiFactorAuthPresent": "true"} if mfa else {}
        )
        identity = self.organization.users.get(name, [])
        return self._ours(f"{name} with MFA" if mfa else name, arn, self.organization.management, context, identity)

    def management_administrator(self) -> Caller:
        arn = f"arn:aws:iam::{self.organization.management}:user/administrator"
        context = {"aws:username": "administrator", "aws:PrincipalType": "User"}
        return self._ours("management account administrator", arn, self.organization.management, context, [FULL])

    def role(self, name: str) -> Caller:
        """A session of a role that the account has from its stack."""
        role = self.organization.roles[self.account][name]
        identity = role.policies + [aws_policies()[arn]["Document"] for arn in role.attached]
        return self._session(name, "/", identity, role.boundary)

    def workload(self) -> Caller:
        """A session of what AutomationRole makes, with as much as can be attached to it."""
        boundaries = self.organization.boundaries[self.account]
        boundary = next(boundaries[name] for name in boundaries if name.endswith("WorkloadBoundary"))
        return self._session("web", "/automation/", [FULL], boundary)

    def access_role(self) -> Caller:
        return self._session(ACCESS_ROLE, "/", [FULL], None)

    def local_administrator(self) -> Caller:
        """A user of the member account that no boundary binds."""
        arn = f"arn:aws:iam::{self.account_id}:user/admin"
        return self._ours(
            "local administrator", arn, self.account_id, {"aws:username": "admin", "aws:PrincipalType": "User"}, [FULL]
        )

    def root_user(self) -> Caller:
        arn = f"arn:aws:iam::{self.account_id}:root"
        return self._ours("root user", arn, self.account_id, {"aws:PrincipalType": "Account"}, [FULL])

    def outsider(self) -> Caller:
        """The administrator of an account of another organization."""
        arn = f"arn:aws:iam::{OUTSIDE}:user/stranger"
        context: Context = {
            "aws:PrincipalAccount": OUTSIDE,
            "aws:PrincipalArn": arn,
            "aws:PrincipalIsAWSService": "false",
            "aws:PrincipalOrgID": OUTSIDE_ORGANIZATION,
            "aws:PrincipalOrgPaths": [f"{OUTSIDE_ORGANIZATION}/r-else/"],
            "aws:PrincipalType": "User",
            "aws:username": "stranger",
        }
        return Caller("outsider", arn, OUTSIDE, identity=[FULL], context=context)

    def token(self, subject: str, account_id: str | None = None, audience: str = "sts.amazonaws.com") -> Caller:
        """A token of the identity provider, which an account trusts."""
        host = ISSUER.removeprefix("https://")
        account_id = account_id or self.account_id
        context = {f"{host}:aud": audience, f"{host}:sub": subject, "aws:PrincipalIsAWSService": "false"}
        return Caller("token", None, account_id, provider=provider_arn(account_id), context=context)

    def backup_service(self) -> Caller:
        context = {
            "aws:PrincipalIsAWSService": "true",
            "aws:SourceAccount": self.account_id,
            "aws:SourceOrgID": self.organization.ids.organization,
        }
        return Caller("AWS Backup", None, self.account_id, service="backup.amazonaws.com", context=context)

    def _session(self, name: str, path: str, identity: list[Document], boundary: Document | None) -> Caller:
        role_arn = f"arn:aws:iam::{self.account_id}:role{path}{name}"
        arn = f"arn:aws:sts::{self.account_id}:assumed-role/{name}/session"
        return self._ours(
            name, arn, self.account_id, {"aws:PrincipalType": "AssumedRole"}, identity, role_arn, boundary
        )

    def _ours(
        self,
        name: str,
        arn: str,
        account_id: str,
        more: Context,
        identity: list[Document],
        role_arn: str | None = None,
        boundary: Document | None = None,
    ) -> Caller:
        member = account_id != self.organization.management
        ids = self.organization.ids
        context: dict[str, str | list[str]] = {
            "aws:PrincipalAccount": account_id,
            "aws:PrincipalArn": role_arn or arn,
            "aws:PrincipalIsAWSService": "false",
            "aws:PrincipalOrgID": ids.organization,
            "aws:PrincipalOrgPaths": [f"{ids.organization}/{ids.root}/" + (f"{ids.unit}/" if member else "")],
            **more,
        }
        return Caller(
            name,
            arn,
            account_id,
            role_arn,
            identity=list(identity),
            boundary=boundary,
            service_control=self.control if member else [],
            context=context,
        )
