"""How much IAM lets a user, a group or a role have, and what nobody but AWS changes.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import re
from collections.abc import Iterable
from typing import Any

from moto.iam.exceptions import EntityAlreadyExists, IAMException, InvalidInput, LimitExceededException
from moto.iam.models import Group, Role, SAMLProvider, User
from moto.iam.models import IAMBackend as MotoIAMBackend

SERVICE_LINKED = "/aws-service-role/"
"""The path of service-linked roles, which services make for themselves; no policy of an organization limits them."""

IDENTITY_CENTER = "/aws-reserved/sso.amazonaws.com/"
"""The path of the roles that IAM Identity Center makes."""

GROUPS_PER_USER = 10
MFA_DEVICES_PER_USER = 8
TAGS = 50

# In characters without white space, all policies of one user, group or role together.
MAXIMUM_INLINE = {"user": 2_048, "group": 5_120, "role": 10_240}

Tags = list[dict[str, str]]


class QuotasBackend(MotoIAMBackend):
    """The part of `IAMBackend` that counts."""

    # Inline policies

    def put_user_policy(self, user_name: str, policy_name: str, policy_json: str) -> None:
        _check_inline("user", self.get_user(user_name), policy_name, policy_json)
        super().put_user_policy(user_name, policy_name, policy_json)

    def put_group_policy(self, group_name: str, policy_name: str, policy_json: str) -> None:
        _check_inline("group", self.get_group(group_name), policy_name, policy_json)
        super().put_group_policy(group_name, policy_name, policy_json)

    def put_role_policy(self, role_name: str, policy_name: str, policy_json: str) -> None:
        _check_inline("role", self.changeable_role(role_name), policy_name, policy_json)
        super().put_role_policy(role_name, policy_name, policy_json)

    def delete_role_policy(self, role_name: str, policy_name: str) -> None:
        self.changeable_role(role_name)
        super().delete_role_policy(role_name, policy_name)

    # Users

    def add_user_to_group(self, group_name: str, user_name: str) -> None:
        user, group = self.get_user(user_name), self.get_group(group_name)
        groups = self.get_groups_for_user(user_name)
        if group not in groups:
            check_quota("GroupsPerUser", len(groups) + 1, GROUPS_PER_USER)
        super().add_user_to_group(group.name, user.name)

    # Roles of AWS's services

    def changeable_role(self, role_name: str) -> Role:
        """The role. Raises `UnmodifiableEntity` for one of a service, which customers cannot change."""
        role = self.get_role(role_name)
        if role.path.startswith((SERVICE_LINKED, IDENTITY_CENTER)):
            raise IAMException(
                "UnmodifiableEntity",
                f"Cannot perform the operation on the protected role '{role_name}' - this role is only modifiable "
                "by AWS",
            )
        return role

    def put_role_permissions_boundary(self, role_name: str, permissions_boundary: str) -> None:
        self.changeable_role(role_name)
        super().put_role_permissions_boundary(role_name, permissions_boundary)

    def delete_role_permissions_boundary(self, role_name: str) -> None:
        self.changeable_role(role_name)
        super().delete_role_permissions_boundary(role_name)

    def detach_role_policy(self, policy_arn: str, role_name: str) -> None:
        self.changeable_role(role_name)
        super().detach_role_policy(policy_arn, role_name)

    def add_role_to_instance_profile(self, profile_name: str, role_name: str) -> None:
        self.changeable_role(role_name)
        super().add_role_to_instance_profile(profile_name, role_name)

    def create_role(self, role_name: str, assume_role_policy_document: str, path: str, *args: Any, **kw: Any) -> Role:
        # Such a role is free of the organization's policies: customers must not be able to make one.
        if (path or "/").startswith(SERVICE_LINKED) and not kw.get("linked_service"):
            raise InvalidInput(f"The path {path} is reserved for service-linked roles.")
        if (path or "/").startswith("/aws-reserved/"):
            raise InvalidInput(f"The path {path} is reserved for AWS.")
        return super().create_role(role_name, assume_role_policy_document, path, *args, **kw)

    # Tags

    def tag_role(self, role_name: str, tags: Tags) -> None:
        self._check_tags("Role", (tag["Key"] for tag in self.changeable_role(role_name).tags), tags)
        super().tag_role(role_name, tags)

    def tag_user(self, name: str, tags: Tags) -> None:
        had = self.tagger.list_tags_for_resource(self.get_user(name).arn)["Tags"]
        self._check_tags("User", (tag["Key"] for tag in had), tags)
        super().tag_user(name, tags)

    def tag_policy(self, policy_arn: str, tags: Tags) -> None:
        self._check_tags("Policy", self.get_policy(policy_arn).tags, tags)
        super().tag_policy(policy_arn, tags)

    def tag_instance_profile(self, instance_profile_name: str, tags: Tags) -> None:
        had = self.get_instance_profile(instance_profile_name).tags
        self._check_tags("InstanceProfile", (tag["Key"] for tag in had), tags)
        super().tag_instance_profile(instance_profile_name, tags)

    def tag_open_id_connect_provider(self, arn: str, tags: Tags) -> None:
        self._check_tags("OpenIDConnectProvider", self.get_open_id_connect_provider(arn).tags, tags)
        super().tag_open_id_connect_provider(arn, tags)

    def tag_by_arn(self, arn: str, kind: str, tags: Tags) -> None:
        """Tag what moto keeps no tags of."""
        self._check_tags(kind, (tag["Key"] for tag in self.tagger.list_tags_for_resource(arn)["Tags"]), tags)
        self.tagger.tag_resource(arn, tags)

    def _check_tags(self, kind: str, had: Iterable[str], tags: Tags) -> None:
        # Keys are the same whatever the case.
        keys = {key.lower() for key in had} | set(self._tag_verification(tags))
        check_quota(f"TagsPer{kind}", len(keys), TAGS)

    # Identity providers

    def create_saml_provider(self, name: str, saml_metadata_document: str) -> SAMLProvider:
        if name in self.saml_providers:
            raise EntityAlreadyExists(f"SAMLProvider with name {name} already exists.")
        return super().create_saml_provider(name, saml_metadata_document)


def _check_inline(kind: str, entity: User | Group | Role, policy_name: str, text: str) -> None:
    policies: dict[str, str] = {**entity.policies, policy_name: text}
    if sum(len(re.sub(r"\s", "", policy)) for policy in policies.values()) > MAXIMUM_INLINE[kind]:
        raise LimitExceededException(
            f"Maximum policy size of {MAXIMUM_INLINE[kind]} bytes exceeded for {kind} {entity.name}"
        )


def check_quota(quota: str, number: int, maximum: int) -> None:
    if number > maximum:
        raise LimitExceededException(f"Cannot exceed quota for {quota}: {maximum}")
