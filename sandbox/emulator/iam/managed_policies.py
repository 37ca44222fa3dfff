"""Managed policies: those of AWS, which an account gets when it first uses one, and its own."""

import re
from collections.abc import Iterable
from typing import Any

from moto.iam.exceptions import DeleteConflictException, IAMException, LimitExceededException, NoSuchEntity
from moto.iam.models import AWSManagedPolicy, Group, ManagedPolicy, PolicyVersion, Role, User

from sandbox.emulator.iam.aws_managed_policies import aws_policies, aws_policy
from sandbox.emulator.iam.quotas import QuotasBackend
from sandbox.emulator.iam.trust_policies import MAXIMUM_MANAGED, check_size

AWS_POLICY = re.compile(r"arn:aws:iam::aws:policy/.+")

ATTACHED = 10
"""How many managed policies a user, a group or a role has at most, unless AWS is asked for more."""


class ManagedPoliciesBackend(QuotasBackend):
    """The part of `IAMBackend` that is about managed policies."""

    def _init_aws_policies(self) -> list[ManagedPolicy]:
        return []

    def find_policy(self, arn: str) -> ManagedPolicy | None:
        """The managed policy of that ARN, or None. One of AWS's is added to the account when it is first asked for."""
        if arn not in self.managed_policies and AWS_POLICY.fullmatch(arn) and arn in aws_policies():
            self.managed_policies[arn] = aws_policy(arn, self.account_id)
        return self.managed_policies.get(arn)

    def get_policy(self, policy_arn: str) -> ManagedPolicy:
        policy = self.find_policy(policy_arn)
        if policy is None:
            raise NoSuchEntity(f"Policy {policy_arn} was not found.")
        return policy

    def list_policies(
        self, marker: str | None, max_items: int, only_attached: bool, path_prefix: str, scope: str
    ) -> tuple[Iterable[ManagedPolicy], str | None]:
        if only_attached or scope == "Local":
            return super().list_policies(marker, max_items, only_attached, path_prefix, scope)
        entries = [(data["Name"], data["Path"], arn) for arn, data in aws_policies().items()]
        if scope != "AWS":
            own = [policy for policy in self.managed_policies.values() if not isinstance(policy, AWSManagedPolicy)]
            entries += [(policy.name, policy.path, policy.arn) for policy in own]
        # AWS has over a thousand. Only those of the page are made: to make all of them takes most of a second.
        wanted = sorted(entry for entry in entries if entry[1].startswith(path_prefix))
        start = int(marker) if marker else 0
        page = [
            self.managed_policies.get(arn) or aws_policy(arn, self.account_id)
            for _name, _path, arn in wanted[start : start + max_items]
        ]
        return page, str(start + max_items) if len(wanted) > start + max_items else None

    def _attach(self, arn: str, entity: Role | Group | User) -> None:
        policy = self.find_policy(arn)
        if policy is None:
            raise NoSuchEntity(f"Policy {arn} does not exist or is not attachable.")
        if arn in entity.managed_policies:
            return
        if len(entity.managed_policies) >= ATTACHED:
            raise LimitExceededException(f"Cannot exceed quota for PoliciesPer{type(entity).__name__}: {ATTACHED}")
        policy.attach_to(entity)

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        self._attach(policy_arn, self.changeable_role(role_name))

    def attach_group_policy(self, policy_arn: str, group_name: str) -> None:
        self._attach(policy_arn, self.get_group(group_name))

    def attach_user_policy(self, policy_arn: str, user_name: str) -> None:
        self._attach(policy_arn, self.get_user(user_name))

    def create_policy(self, description: str, path: str, policy_document: str, *args: Any) -> ManagedPolicy:
        check_size(policy_document, MAXIMUM_MANAGED, "PolicySize")
        return super().create_policy(description, path, policy_document, *args)

    def create_policy_version(self, policy_arn: str, policy_document: str, set_as_default: bool) -> PolicyVersion:
        self._check_own(policy_arn)
        check_size(policy_document, MAXIMUM_MANAGED, "PolicySize")
        return super().create_policy_version(policy_arn, policy_document, set_as_default)

    def delete_policy_version(self, policy_arn: str, version_id: str) -> None:
        self._check_own(policy_arn)
        super().delete_policy_version(policy_arn, version_id)

    def set_default_policy_version(self, policy_arn: str, version_id: str) -> bool:
        self._check_own(policy_arn)
        return super().set_default_policy_version(policy_arn, version_id)

    def tag_policy(self, policy_arn: str, tags: list[dict[str, str]]) -> None:
        self._check_own(policy_arn)
        super().tag_policy(policy_arn, tags)

    def delete_policy(self, policy_arn: str) -> None:
        policy = self._check_own(policy_arn)
        if policy.attachment_count or self._bounds(policy_arn):
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            raise DeleteConflictException(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy."
            )
        super().delete_policy(policy_arn)

    def _check_own(self, policy_arn: str) -> ManagedPolicy:
        """The policy. Raises `AccessDenied` for one of AWS's, which customers cannot change."""
        policy = self.get_policy(policy_arn)
        if isinstance(policy, AWSManagedPolicy):
            raise IAMException("AccessDenied", f"Policy {policy_arn} is managed by AWS and cannot be changed.")
        return policy

    def _bounds(self, arn: str) -> bool:
        return any(role.permissions_boundary_arn == arn for role in self.roles.values()) or any(
            user_boundary(user) == arn for user in self.users.values()
        )


def user_boundary(user: User) -> str | None:
    boundary = vars(user).get("permissions_boundary")
    return boundary["PermissionsBoundaryArn"] if boundary else None
