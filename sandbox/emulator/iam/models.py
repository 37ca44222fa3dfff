"""IAM: moto's backend, with the checks that AWS makes and moto does not."""

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, cast

from moto.iam.exceptions import (
    DeleteConflictException,
    EntityAlreadyExists,
    IAMException,
    InvalidInput,
    NoSuchEntity,
    ValidationError,
)
from moto.iam.models import Group, Role, User, iam_backends
from moto.iam.models import IAMBackend as MotoIAMBackend

from sandbox.emulator.iam.account_quotas import AccountQuotasBackend
from sandbox.emulator.iam.managed_policies import ManagedPoliciesBackend, user_boundary
from sandbox.emulator.iam.passwords import check_password
from sandbox.emulator.iam.quotas import IDENTITY_CENTER, MFA_DEVICES_PER_USER, SERVICE_LINKED, check_quota
from sandbox.emulator.iam.root_user import RootUserBackend
from sandbox.emulator.iam.service_credentials import ServiceCredentialsBackend
from sandbox.emulator.iam.trust_policies import check_trust_policy, rewrite_principal

CODE = re.compile(r"\d{6}")
"""Any code of this form is right."""

ROOT_CREDENTIALS, ROOT_SESSIONS = "RootCredentialsManagement", "RootSessions"
"""Features that IAM has for an organization."""


class IAMBackend(ManagedPoliciesBackend, RootUserBackend, ServiceCredentialsBackend, AccountQuotasBackend):
    """IAM of one account."""

    # Of the class, for what an older version saved.
    organizations_features: tuple[str, ...] = ()
    """In the management account, the features that the organization has on."""

    # Permissions boundaries

    def check_boundary(self, arn: str | None) -> None:
        """Raise `NoSuchEntity`, as AWS does, if the permissions boundary is not a policy that this account can use."""
        if arn and self.policy_arn_regex.match(arn) and self.find_policy(arn) is None:
            raise NoSuchEntity(f"Scope ARN: {arn} does not exist or is not attachable.")

    def put_role_permissions_boundary(self, role_name: str, permissions_boundary: str) -> None:
        self.check_boundary(permissions_boundary)
        super().put_role_permissions_boundary(role_name, permissions_boundary)

    def put_user_permissions_boundary(self, user_name: str, permissions_boundary: str) -> None:
        user = self.get_user(user_name)
        self.check_boundary(permissions_boundary)
        # moto's users have no such attribute; its responses show it once it is there.
        vars(user)["permissions_boundary"] = {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": permissions_boundary,
        }

    def delete_user_permissions_boundary(self, user_name: str) -> None:
        user = self.get_user(user_name)
        if user_boundary(user) is None:
            raise NoSuchEntity(f"User {user_name} has no permissions boundary.")
        del vars(user)["permissions_boundary"]

    # Roles

    def create_role(
        self,
        role_name: str,
        assume_role_policy_document: str,
        path: str,
        permissions_boundary: str | None,
        *args: Any,
        **kwargs: Any,
    ) -> Role:
        check_trust_policy(assume_role_policy_document)
        self.check_boundary(permissions_boundary)
        _refuse_taken("Role", role_name, (role.name for role in self.roles.values()))
        return super().create_role(role_name, assume_role_policy_document, path, permissions_boundary, *args, **kwargs)

    def delete_role(self, role_name: str) -> None:
        self.remove_role(self.changeable_role(role_name))

    def remove_role(self, role: Role) -> None:
        """Also of a role that only AWS changes."""
        super().delete_role(role.name)
        rewrite_principal(role.arn, role.id)

    def delete_service_linked_role(self, role_name: str) -> str:
        role = self.get_role(role_name)
        if not role.path.startswith(SERVICE_LINKED):
            raise InvalidInput(f"The role {role_name} is not a service-linked role.")
        self.remove_role(role)
        return f"task{role.path}{role_name}/{uuid.uuid4()}"

    def update_assume_role_policy(self, role_name: str, policy_document: str) -> None:
        self.changeable_role(role_name)
        check_trust_policy(policy_document)
        super().update_assume_role_policy(role_name, policy_document)

    def update_role(self, role_name: str, role_description: str | None, max_session_duration: str) -> Role:
        # The client of the official provider gives the description to UpdateRoleDescription, and none here.
        role = self.get_role(role_name)
        if role.path.startswith(IDENTITY_CENTER):
            role = self.changeable_role(role_name)
        kept = role.description if role_description is None else role_description
        return super().update_role(role_name, kept, max_session_duration)

    # Users and groups

    def create_user(
        self, region_name: str, user_name: str, path: str = "/", tags: list[dict[str, str]] | None = None
    ) -> User:
        _refuse_taken("User", user_name, self.users)
        return super().create_user(region_name, user_name, path, tags)

    def update_user(self, user_name: str, new_path: str | None = None, new_user_name: str | None = None) -> None:
        user = self.get_user(user_name)
        _refuse_taken("User", new_user_name or "", (name for name in self.users if name != user_name))
        tags, arn = self.tagger.list_tags_for_resource(user.arn)["Tags"], user.arn
        self.tagger.delete_all_tags_for_resource(user.arn)
        super().update_user(user_name, new_path, new_user_name)
        # Tags hang on the ARN, and keys on the name, which are others now.
        self.tagger.tag_resource(user.arn, tags)
        for key in self.access_keys.values():
            if key.user_name == user_name:
                key.user_name = user.name
        self.rename_owner(user_name, user.name)
        if user.arn != arn:
            rewrite_principal(arn, user.arn)

    def delete_user(self, user_name: str) -> None:
        user = self.get_user(user_name)
        uses = {
            "remove users from group first": bool(self.get_groups_for_user(user_name)),
            "delete login profile first": user.password is not None,
            "delete access keys first": bool(user.access_keys),
            "delete MFA device first": bool(user.mfa_devices),
            "delete service specific credentials first": bool(self.credentials_of(user_name)),
        }
        _refuse_used(uses)
        super().delete_user(user_name)
        rewrite_principal(user.arn, user.id)

    def create_login_profile(self, user_name: str, password: str | None) -> User:
        if password is None:
            # Only a root session may leave it out:
            # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html
            raise ValidationError("A password is required.")
        check_password(password, self.account_password_policy)
        return super().create_login_profile(user_name, password)

    def update_login_profile(self, user_name: str, password: str | None, password_reset_required: bool) -> User:
        if password is None:
            password = str(self.get_login_profile(user_name).password)
        else:
            check_password(password, self.account_password_policy)
        return super().update_login_profile(user_name, password, password_reset_required)

    def change_password(self, user_name: str, old: str, new: str) -> None:
        user = self.get_user(user_name)
        if user.password is None:
            raise NoSuchEntity(f"Login Profile for User {user_name} cannot be found.")
        if user.password != old:
            # AWS documents no code of its own for this.
            raise IAMException("AccessDenied", "The old password is not correct.")
        check_password(new, self.account_password_policy)
        user.password, user.password_reset_required = new, False

    def create_group(self, group_name: str, path: str = "/") -> Group:
        _refuse_taken("Group", group_name, self.groups)
        return super().create_group(group_name, path)

    def update_group(self, group_name: str, new_group_name: str | None, new_path: str | None) -> None:
        group = self.get_group(group_name)
        _refuse_taken("Group", new_group_name or "", (name for name in self.groups if name != group_name))
        super().update_group(group_name, new_group_name, new_path)
        # moto sets the path only of a group that is renamed too.
        group.path = new_path or group.path

    def delete_group(self, group_name: str) -> None:
        group = self.get_group(group_name)
        uses = {
            "remove users from group first": bool(group.users),
            "detach all policies first": bool(group.managed_policies),
            "delete policies first": bool(group.policies),
        }
        _refuse_used(uses)
        super().delete_group(group_name)

    def enable_mfa_device(
        self, user_name: str, serial_number: str, authentication_code_1: str, authentication_code_2: str
    ) -> None:
        device = self.virtual_mfa_devices.get(serial_number)
        if device is None:
            raise NoSuchEntity(f"VirtualMFADevice with serial number {serial_number} does not exist.")
        if device.enable_date is not None:
            raise EntityAlreadyExists("MFA Device is already in use.")
        check_quota("MFADevicesPerUser", len(self.get_user(user_name).mfa_devices) + 1, MFA_DEVICES_PER_USER)
        super().enable_mfa_device(user_name, serial_number, authentication_code_1, authentication_code_2)

    def resync_mfa_device(self, user_name: str, serial_number: str) -> None:
        if serial_number not in self.get_user(user_name).mfa_devices:
            raise NoSuchEntity(f"MFADevice with serial number {serial_number} does not exist.")

    def delete_virtual_mfa_device(self, serial_number: str) -> None:
        device = self.virtual_mfa_devices.get(serial_number)
        if device is not None and device.enable_date is not None:
            raise DeleteConflictException("MFA VirtualDevice in use. Must deactivate first.")
        super().delete_virtual_mfa_device(serial_number)

    # The account

    def create_account_alias(self, alias: str) -> None:
        if not re.fullmatch(r"[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]", alias) or re.fullmatch(r"\d{12}", alias):
            raise ValidationError(
                f"1 validation error detected: Value '{alias}' at 'accountAlias' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$"
            )
        for account_id, _region, backend in iam_backends.iter_backends():
            if account_id != self.account_id and alias in cast(MotoIAMBackend, backend).account_aliases:
                raise EntityAlreadyExists(f"The account alias {alias} already exists.")
        super().create_account_alias(alias)

    def delete_account_alias(self, alias: str | None = None) -> None:
        if alias not in self.account_aliases:
            raise NoSuchEntity(f"The account alias {alias} does not exist.")
        super().delete_account_alias()


def iam_backend(account_id: str) -> IAMBackend:
    """IAM of the account, made when it is first asked for."""
    return cast(IAMBackend, iam_backends[account_id]["aws"])


def _refuse_taken(kind: str, name: str, taken: Iterable[str]) -> None:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: unique whatever the case.
    if name.lower() in {other.lower() for other in taken}:
        raise EntityAlreadyExists(f"{kind} with name {name} already exists.")


def _refuse_used(uses: Mapping[str, bool]) -> None:
    for what, used in uses.items():
        if used:
            raise DeleteConflictException(f"Cannot delete entity, must {what}.")
