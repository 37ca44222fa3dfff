"""The identity store: moto's backend, with the rules of AWS that moto lacks.

https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/welcome.html
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from moto.identitystore.exceptions import ConflictException, ResourceNotFoundException, ValidationException
from moto.identitystore.models import IdentityStoreBackend as MotoIdentityStoreBackend
from moto.identitystore.models import IdentityStoreData, Name, User, identitystore_backends

from sandbox.emulator.organizations.models import organization_of

PRINCIPAL = "sso.amazonaws.com"

GROUP_ATTRIBUTES = {"displayName": "DisplayName", "description": "Description"}

USER_ATTRIBUTES = {
    "addresses": "Addresses",
    "displayName": "DisplayName",
    "emails": "Emails",
    "locale": "Locale",
    "nickName": "NickName",
    "phoneNumbers": "PhoneNumbers",
    "preferredLanguage": "PreferredLanguage",
    "profileUrl": "ProfileUrl",
    "timezone": "Timezone",
    "title": "Title",
    "userType": "UserType",
}
"""The paths of `UpdateUser` → what the user has, besides the parts of its name. A user name cannot be changed."""

Operations = Iterable[Mapping[str, Any]]


class IdentityStoreBackend(MotoIdentityStoreBackend):
    """The identity stores of one account in one region; there is one, if there is an instance of Identity Center."""

    def open(self, store_id: str) -> None:
        """Make the store, empty."""
        self.identity_stores[store_id] = IdentityStoreData()

    def store(self, store_id: str) -> IdentityStoreData:
        """The users and groups, to read them."""
        return self.identity_stores.get(store_id) or IdentityStoreData()

    # Groups

    def update_group(self, store_id: str, group_id: str, operations: Operations) -> None:
        groups = self.store(store_id).groups
        if group_id not in groups:
            raise ResourceNotFoundException(message="GROUP not found.", resource_type="GROUP")
        for operation in operations:
            path, value = operation["AttributePath"], operation.get("AttributeValue")
            if path not in GROUP_ATTRIBUTES:
                raise ValidationException(message=f"The attribute {path} of a group cannot be changed.")
            if path == "displayName" and any(
                group.DisplayName == value and group.GroupId != group_id for group in groups.values()
            ):
                raise _duplicate("GroupDisplayName")
            changed: dict[str, Any] = {GROUP_ATTRIBUTES[path]: value}
            groups[group_id] = groups[group_id]._replace(**changed)

    def delete_group(self, identity_store_id: str, group_id: str) -> None:
        self.describe_group(identity_store_id, group_id)
        super().delete_group(identity_store_id, group_id)
        self._drop_memberships(identity_store_id, lambda found: bool(found["GroupId"] == group_id))

    # Users

    def create_user(self, identity_store_id: str, user_name: str, *args: Any) -> tuple[str, str]:
        # Unique whatever the case; AWS's own names for its administrators are taken:
        # https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateUser.html
        if (user_name or "").lower() in ("administrator", "awsadministrators"):
            raise ValidationException(message=f"{user_name} is a reserved user name.")
        if user_name and any(
            user.UserName.lower() == user_name.lower() for user in self.store(identity_store_id).users.values()
        ):
            raise _duplicate("UserName")
        return super().create_user(identity_store_id, user_name, *args)

    def update_user(self, store_id: str, user_id: str, operations: Operations) -> None:
        user = self.describe_user(store_id, user_id)
        for operation in operations:
            path, value = str(operation["AttributePath"]), operation.get("AttributeValue")
            first, _, part = path.partition(".")
            if first == "name" and part:
                name = user.Name or Name(None, None, None, None, None, None)
                user = user._replace(Name=name._replace(**{part[0].upper() + part[1:]: value}))
            elif path in USER_ATTRIBUTES:
                changed: dict[str, Any] = {USER_ATTRIBUTES[path]: value}
                user = user._replace(**changed)
            else:
                raise ValidationException(message=f"The attribute {path} of a user cannot be changed.")
        self.store(store_id).users[user_id] = user

    def delete_user(self, identity_store_id: str, user_id: str) -> None:
        self.describe_user(identity_store_id, user_id)
        super().delete_user(identity_store_id, user_id)
        self._drop_memberships(identity_store_id, lambda found: bool(found["MemberId"]["UserId"] == user_id))

    def user_named(self, store_id: str, name: str) -> User | None:
        """The user, by a name that is the same in any case."""
        users = self.store(store_id).users.values()
        return next((user for user in users if user.UserName.lower() == name.lower()), None)

    # Memberships

    def create_group_membership(
        self, identity_store_id: str, group_id: str, member_id: dict[str, str]
    ) -> tuple[str, str]:
        if group_id in self.groups_of(identity_store_id, member_id["UserId"]):
            raise ConflictException(
                message="Member and Group relationship already exists.", reason="UNIQUENESS_CONSTRAINT_VIOLATION"
            )
        return super().create_group_membership(identity_store_id, group_id, member_id)

    def delete_group_membership(self, identity_store_id: str, membership_id: str) -> None:
        self.describe_group_membership(identity_store_id, membership_id)
        super().delete_group_membership(identity_store_id, membership_id)

    def groups_of(self, store_id: str, user_id: str) -> Sequence[str]:
        """The ids of the groups that the user is in."""
        memberships = self.store(store_id).group_memberships.values()
        return [found["GroupId"] for found in memberships if found["MemberId"]["UserId"] == user_id]

    def _drop_memberships(self, store_id: str, dropped: Any) -> None:
        store = self.store(store_id)
        store.group_memberships = {id_: found for id_, found in store.group_memberships.items() if not dropped(found)}


def identity_store_backend(account_id: str, region: str) -> IdentityStoreBackend:
    """The identity stores of the account in the region."""
    return cast(IdentityStoreBackend, identitystore_backends[account_id][region])


def owner_of(account_id: str) -> str:
    """The account whose instance the account administers: its own, or as delegated administrator the organization's."""
    organization = organization_of(account_id)
    if organization is not None:
        for admin in organization.admins:
            if admin.account.id == account_id and PRINCIPAL in admin.services:
                return organization.account_id
    return account_id


def _duplicate(what: str) -> ConflictException:
    return ConflictException(message=f"Duplicate {what}", reason="UNIQUENESS_CONSTRAINT_VIOLATION")
