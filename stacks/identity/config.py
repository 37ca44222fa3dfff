"""Configuration of the identity layer (`stacks/identity`)."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from shared.errors import DocumentError
from shared.policy_documents.documents import render_trust_policy
from shared.policy_documents.roles import AUTOMATION_IDENTITY
from shared.settings.base import Settings
from shared.settings.fields import ACCESS_ROLES, AccessRoleName, IamName, Issuer, unique, unique_ignoring_case
from stacks.identity import tokens
from stacks.identity.deploy_config import problems
from stacks.identity.deploy_who import DeployState, LayerName, LayerRoles
from stacks.identity.iam_policies import web_identity_trust_policy

MAX_TRUSTED_USERS = 30
MAX_TRUSTED_BESIDE_SET = 20
"""How many user ARNs fit into a role's trust policy of 2,048 characters if the names are long, alone and beside a
permission set.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def _subject(value: str, info: ValidationInfo) -> str:
    return tokens.subject(value, info.data.get("issuer"))


_PERMISSION_SET = re.compile(r"[A-Za-z0-9_+=,.@-]{1,32}\Z")


def _permission_set(value: str) -> str:
    # https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html
    if not _PERMISSION_SET.match(value):
        raise ValueError("allowed: the name of a permission set, 1 to 32 of A-Z a-z 0-9 + = , . @ _ -")
    return value


class Oidc(Settings):
    """The identity provider of the CI jobs, and which of its tokens are trusted."""

    issuer: Issuer = Field(description="the provider's URL")
    audience: Annotated[str, AfterValidator(tokens.audience)] = Field(description="the `aud` a token must carry")
    subjects: list[Annotated[str, AfterValidator(_subject)]] = Field(
        min_length=1, description="the `sub` values trusted, `*` allowed behind the owner and the repository"
    )

    @model_validator(mode="after")
    def _fits(self) -> Oidc:
        provider = f"arn:aws:iam::123456789012:oidc-provider/{self.issuer.removeprefix('https://')}"
        policy = web_identity_trust_policy(provider, self.issuer, self.audience, self.subjects)
        try:
            render_trust_policy(AUTOMATION_IDENTITY, policy)
        except DocumentError as error:
            raise ValueError(
                f"identity:oidc.subjects has {len(self.subjects)} subjects: {error}; allowed: fewer or shorter "
                "subjects, such as one with '*' behind the repository"
            ) from None
        return self


class PasswordSettings(Settings):
    """The management account's IAM password policy. The defaults follow CIS AWS Foundations."""

    minimum_length: int = Field(default=14, ge=6, le=128)
    reuse_prevention: int = Field(default=24, ge=1, le=24, description="passwords remembered")
    max_age_days: int = Field(default=90, ge=1, le=1095)


class IdentityConfig(Settings):
    """Who may sign in to the management account, and how automation signs in."""

    users: Annotated[list[IamName], AfterValidator(unique_ignoring_case)] = Field(
        default=[], description="developers that this stack makes, members of the group"
    )
    user_source: Literal["config", "external"] = Field(
        default="config",
        description="external: SSO or HR tooling makes the users; only the group is made here",
    )
    permission_set: Annotated[str, AfterValidator(_permission_set)] | None = Field(
        default=None,
        description="the permission set of IAM Identity Center whose people may assume DeveloperRole too",
    )
    developer_trust: Literal["users", "account"] = Field(
        default="users",
        description="whom DeveloperRole trusts: each user made here, or the management account (its group decides)",
    )
    require_mfa: bool = Field(default=True, description="people need MFA to assume DeveloperRole")
    self_service_mfa: bool = Field(default=True, description="developers may enrol their own MFA device")
    mfa_enrolment: Annotated[list[IamName], AfterValidator(unique)] = Field(
        default=[], description="users who may enrol their first MFA device; the others need MFA for another one"
    )
    force_destroy_users: bool = Field(
        default=False,
        description="delete users together with the keys, MFA devices and whatever else was made for them by hand",
    )
    automation: Literal["user", "oidc"] = Field(
        default="user", description="user: the IAM user cicd-automation; oidc: federation, no user"
    )
    oidc: Oidc | None = None
    password_policy: PasswordSettings | None = Field(
        default=PasswordSettings(), description="null leaves the account's policy as it is"
    )
    deploy_roles: dict[LayerName, LayerRoles] = Field(
        default={}, description="by layer, who may deploy it and who may only preview it"
    )
    deploy_state: DeployState | None = Field(
        default=None, description="the S3 bucket of the states, which the deploy roles then reach, each its layer's"
    )
    access_role_names: Annotated[list[AccessRoleName], AfterValidator(unique_ignoring_case)] = Field(
        default=ACCESS_ROLES,
        min_length=1,
        description="the access roles of all accounts, which the deploy role of the accounts layer may assume",
    )

    @model_validator(mode="after")
    def _consistent(self) -> IdentityConfig:
        if (self.automation == "oidc") != (self.oidc is not None):
            raise ValueError(
                f"identity:automation is {self.automation!r} and identity:oidc is "
                f"{'set' if self.oidc else 'missing'}; allowed: automation oidc with identity:oidc, or user without"
            )
        if self.user_source == "external" and self.users:
            raise ValueError(
                f"identity:users lists {', '.join(self.users)} while identity:userSource is 'external'; "
                "allowed: users only with userSource config"
            )
        if self.user_source == "config" and not self.users:
            raise ValueError("identity:users is []: allowed are one or more users, or identity:userSource: external")
        most = MAX_TRUSTED_BESIDE_SET if self.permission_set else MAX_TRUSTED_USERS
        if self.trusts_users and len(self.users) > most:
            beside = " beside identity:permissionSet" if self.permission_set else ""
            raise ValueError(
                f"identity:users lists {len(self.users)} users; at most {most} fit into the trust policy of "
                f"DeveloperRole{beside}; for more set identity:developerTrust: account"
            )
        if self.mfa_enrolment and not self.self_service_mfa:
            raise ValueError(
                f"identity:mfaEnrolment lists {', '.join(self.mfa_enrolment)} while identity:selfServiceMfa is false; "
                "allowed: users only with selfServiceMfa true"
            )
        if strangers := [user for user in self.mfa_enrolment if user not in self.users]:
            raise ValueError(
                f"identity:mfaEnrolment lists {', '.join(strangers)}; "
                f"allowed: users of identity:users ({', '.join(self.users) or 'there are none'})"
            )
        if taken := [user for user in self.users if user.lower() == AUTOMATION_IDENTITY]:
            raise ValueError(f"identity:users: {taken[0]!r} is the automation user; allowed: any other name")
        token = (self.oidc.issuer, self.oidc.audience) if self.oidc else None
        if wrong := problems(self.deploy_roles, self.users, token):
            raise ValueError("; ".join(wrong))
        return self

    @property
    def trusts_users(self) -> bool:
        """Whether DeveloperRole trusts each user by ARN."""
        return self.user_source == "config" and self.developer_trust == "users"
