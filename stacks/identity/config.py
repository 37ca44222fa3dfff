"""Configuration of the identity layer (`stacks/identity`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from shared.errors import DocumentError
from shared.policy_documents.documents import render_trust_policy
from shared.policy_documents.roles import AUTOMATION_IDENTITY, DEVELOPER_ROLE
from shared.settings.base import Settings
from shared.settings.fields import (
    ACCESS_ROLES,
    AccessRoleName,
    IamName,
    Issuer,
    RoleKey,
    Switch,
    unique,
    unique_ignoring_case,
)
from shared.settings.passwords import PasswordSettings
from stacks.identity import tokens
from stacks.identity.deploy_config import problems
from stacks.identity.deploy_who import DeployState, LayerName, LayerRoles
from stacks.identity.iam_policies import web_identity_trust_policy
from stacks.identity.identity_center_config import IdentityCenter
from stacks.identity.permission_set_config import SetName
from stacks.identity.role_who import Others, RoleWho, all_users, permission_set_of
from stacks.identity.role_who import problems as role_problems

MAX_TRUSTED_USERS = 30
MAX_TRUSTED_BESIDE_SET = 20
"""How many user ARNs fit into a role's trust policy of 2,048 characters if the names are long, alone and beside a
permission set.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def _subject(value: str, info: ValidationInfo) -> str:
    return tokens.subject(value, info.data.get("issuer"))


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


class IdentityConfig(Settings):
    """Who may sign in to the management account, and how automation signs in."""

    users: Annotated[list[IamName], AfterValidator(unique_ignoring_case)] = Field(
        default=[], description="developers that this stack makes, members of the group"
    )
    user_source: Literal["config", "external"] = Field(
        default="config",
        description="external: SSO or HR tooling makes the users; only the group is made here",
    )
    permission_set: SetName | None = Field(
        default=None,
        description="the permission set of IAM Identity Center whose people may assume DeveloperRole too",
    )
    identity_center: IdentityCenter | None = Field(
        default=None, description="groups, permission sets and assignments of IAM Identity Center"
    )
    developer_trust: Literal["users", "account"] = Field(
        default="users",
        description="whom DeveloperRole trusts: each user made here, or the management account (its group decides)",
    )
    require_mfa: Switch = Field(default=True, description="people need MFA to assume DeveloperRole")
    self_service_mfa: Switch = Field(default=True, description="developers may enrol their own MFA device")
    mfa_enrolment: Annotated[list[IamName], AfterValidator(unique)] = Field(
        default=[], description="users who may enrol their first MFA device; the others need MFA for another one"
    )
    force_destroy_users: Switch = Field(
        default=False,
        description="delete users together with the keys, MFA devices and whatever else was made for them by hand",
    )
    automation: Literal["user", "oidc"] = Field(
        default="user", description="user: the IAM user cicd-automation; oidc: federation, no user"
    )
    oidc: Oidc | None = Field(default=None, description="who may federate, with automation: oidc")
    password_policy: PasswordSettings | None = Field(
        default=PasswordSettings(), description="null leaves the account's policy as it is"
    )
    roles: dict[RoleKey, RoleWho] = Field(
        default={}, description="who may assume the roles that accounts add to DeveloperRole and AutomationRole"
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
            beside = f" beside identity:permissionSet ({self.permission_set})" if self.permission_set else ""
            raise ValueError(
                f"identity:users lists {len(self.users)} users; at most {most} fit into the trust policy of "
                f"DeveloperRole{beside} while identity:developerTrust is 'users'; for more set "
                "identity:developerTrust: account"
            )
        if self.mfa_enrolment and not self.self_service_mfa:
            raise ValueError(
                f"identity:mfaEnrolment lists {', '.join(self.mfa_enrolment)} while identity:selfServiceMfa is false; "
                "allowed: users only with selfServiceMfa true"
            )
        everybody = all_users(self.users, self.roles)
        if strangers := [user for user in self.mfa_enrolment if user not in everybody]:
            raise ValueError(
                f"identity:mfaEnrolment lists {', '.join(strangers)}; "
                f"allowed: users of identity:users ({', '.join(everybody) or 'there are none'})"
            )
        if taken := [user for user in self.users if user.lower() == AUTOMATION_IDENTITY]:
            raise ValueError(
                f"identity:users lists {taken[0]}, which is automation (identity:automation is {self.automation!r}); "
                "allowed: any other name"
            )
        token = (self.oidc.issuer, self.oidc.audience) if self.oidc else None
        if wrong := [*role_problems(self.roles, self._others), *problems(self.deploy_roles, self.users, token)]:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def _others(self) -> Others:
        by_name = self.developer_trust == "users"
        return Others(
            self.users,
            self.user_source == "external",
            self.oidc.issuer if self.oidc else None,
            self.oidc.audience if self.oidc else None,
            MAX_TRUSTED_USERS if by_name else None,
            MAX_TRUSTED_BESIDE_SET if by_name else None,
            list(self.identity_center.groups) if self.identity_center else None,
            list(self.identity_center.permission_sets) if self.identity_center else [],
        )

    @property
    def permission_sets(self) -> dict[str, list[str]]:
        """Role name → the permission sets whose people may assume the role; without those that none may assume."""
        found = {role: [who.permission_set] for role, who in self.roles.items()}
        for role in self.center_groups:
            found[role].append(permission_set_of(role))
        named = {DEVELOPER_ROLE: [self.permission_set], **found}
        return {role: kept for role, sets in named.items() if (kept := [each for each in sets if each])}

    @property
    def center_groups(self) -> dict[str, str]:
        """Role name → the group of IAM Identity Center whose people may assume the role."""
        return {role: who.identity_center_group for role, who in self.roles.items() if who.identity_center_group}

    @property
    def made_permission_sets(self) -> list[str]:
        """The names of all permission sets that this layer makes."""
        own = self.identity_center.permission_sets if self.identity_center else ()
        return [*own, *map(permission_set_of, self.center_groups)]

    @property
    def trusts_users(self) -> bool:
        """Whether DeveloperRole trusts each user by ARN."""
        return self.user_source == "config" and self.developer_trust == "users"
