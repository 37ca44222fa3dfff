"""The policies of an organization: what they are attached to, and what an account gets from all of them together."""

import json
import re
from typing import Any, cast

from moto.core.utils import unix_time, utcnow
from moto.organizations import utils
from moto.organizations.exceptions import (
    AWSOrganizationsNotInUseException,
    DuplicatePolicyException,
    InvalidInputException,
    PolicyTypeNotEnabledException,
    TargetNotFoundException,
)
from moto.organizations.models import (
    FakeAccount,
    FakeOrganization,
    FakeOrganizationalUnit,
    FakePolicy,
    FakeRoot,
)
from moto.organizations.models import (
    OrganizationsBackend as MotoOrganizationsBackend,
)

from sandbox.emulator.organizations.effective_policy import effective_policy
from sandbox.emulator.organizations.exceptions import client_error
from sandbox.emulator.organizations.policy_syntax import (
    BACKUP_POLICY,
    MAXIMUM_ATTACHED,
    MAXIMUM_SIZE,
    MINIMUM_ATTACHED,
    RESOURCE_CONTROL_POLICY,
    SERVICE_CONTROL_POLICY,
    TAG_POLICY,
    MalformedPolicy,
    check_content,
)
from sandbox.emulator.policy_evaluation.statements import Document, parsed

DEFAULT_POLICIES = {
    SERVICE_CONTROL_POLICY: utils.DEFAULT_SCP_POLICY_ID,
    RESOURCE_CONTROL_POLICY: utils.DEFAULT_RCP_POLICY_ID,
}
"""The policies that AWS attaches to the root, every OU and every account once their type is enabled."""

BACKUP_POLICY_ARN = "arn:{0}:organizations::{1}:policy/{2}/backup_policy/{3}"

Target = FakeAccount | FakeOrganizationalUnit


class Policy(FakePolicy):
    """A policy of the organization; moto has no backup policies."""

    def __init__(self, organization: FakeOrganization, **kwargs: Any):
        kind = kwargs.get("Type", "")
        super().__init__(organization, **{**kwargs, "Type": TAG_POLICY if kind == BACKUP_POLICY else kind})
        if kind == BACKUP_POLICY:
            self.type = kind
            self._arn_format = BACKUP_POLICY_ARN


class PoliciesBackend(MotoOrganizationsBackend):
    """The part of `OrganizationsBackend` that is about policies."""

    @property
    def organization(self) -> FakeOrganization:
        """The organization. Raises `AWSOrganizationsNotInUseException` if there is none."""
        if self.org is None:
            raise AWSOrganizationsNotInUseException
        return self.org

    def targets(self) -> list[Target]:
        """The root, the OUs and the accounts."""
        return [*self.ou, *self.accounts]

    def target(self, target_id: str) -> Target:
        """The root, OU or account. Raises what AWS answers if there is none."""
        if not re.fullmatch(f"{utils.ROOT_ID_REGEX}|{utils.OU_ID_REGEX}|{utils.ACCOUNT_ID_REGEX}", target_id):
            raise client_error("InvalidInputException", "You specified an invalid value.", "INVALID_PATTERN_TARGET_ID")
        for target in self.targets():
            if target.id == target_id:
                return target
        raise TargetNotFoundException

    def path(self, target: Target) -> list[Target]:
        """The root, the OUs below it, and at last the target itself."""
        parents = {unit.id: unit for unit in self.ou}
        found = [target]
        while found[0].parent_id in parents:
            found.insert(0, parents[found[0].parent_id])
        return found

    def enabled(self, policy_type: str) -> bool:
        """Whether the root has the policy type enabled."""
        root = cast(FakeRoot, self.ou[0])
        return any(entry["Type"] == policy_type for entry in root.policy_types)

    def enable_policy_type(self, **kwargs: str) -> dict[str, Any]:
        answer = super().enable_policy_type(**kwargs)
        for target in self.targets():
            self.attach_defaults(target, kwargs["PolicyType"])
        return answer

    def disable_policy_type(self, **kwargs: str) -> dict[str, Any]:
        answer = super().disable_policy_type(**kwargs)
        for target in self.targets():
            self.drop_attachments(target, kwargs["PolicyType"])
        return answer

    def create_policy(self, **kwargs: Any) -> dict[str, Any]:
        policy = Policy(self.organization, **kwargs)
        _check(policy.type, kwargs["Content"])
        self._refuse_policy_name(kwargs["Name"])
        self.policies.append(policy)
        return policy.describe()

    def update_policy(self, **kwargs: Any) -> dict[str, Any]:
        policy = self.get_policy_by_id(kwargs["PolicyId"])
        _refuse_immutable(policy)
        if kwargs.get("Content") is not None:
            _check(policy.type, kwargs["Content"])
        if kwargs.get("Name", policy.name) != policy.name:
            self._refuse_policy_name(kwargs["Name"])
        return super().update_policy(**kwargs)

    def delete_policy(self, **kwargs: Any) -> None:
        _refuse_immutable(self.get_policy_by_id(kwargs["PolicyId"]))
        super().delete_policy(**kwargs)

    def attach_policy(self, **kwargs: Any) -> None:
        policy, target = self.get_policy_by_id(kwargs["PolicyId"]), self.target(kwargs["TargetId"])
        if not self.enabled(policy.type):
            raise PolicyTypeNotEnabledException
        if policy in target.attached_policies:
            raise client_error(
                "DuplicatePolicyAttachmentException",
                "The selected policy is already attached to the specified target.",
            )
        attached = [other for other in target.attached_policies if other.type == policy.type]
        if len(attached) >= MAXIMUM_ATTACHED.get(policy.type, 5):
            raise client_error(
                "ConstraintViolationException",
                "You have exceeded the maximum number of policies of this type that can be attached to a target.",
                "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            )
        super().attach_policy(**kwargs)

    def detach_policy(self, **kwargs: str) -> None:
        policy, target = self.get_policy_by_id(kwargs["PolicyId"]), self.target(kwargs["TargetId"])
        if policy not in target.attached_policies:
            raise client_error(
                "PolicyNotAttachedException",
                "The policy isn't attached to the specified target in the specified root.",
            )
        attached = [other for other in target.attached_policies if other.type == policy.type]
        if len(attached) <= MINIMUM_ATTACHED.get(policy.type, 0):
            raise client_error(
                "ConstraintViolationException",
                "You cannot remove the last policy of this type from a target.",
                "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            )
        super().detach_policy(**kwargs)

    def describe_effective_policy(self, policy_type: str, target_id: str) -> dict[str, Any]:
        if policy_type not in (TAG_POLICY, BACKUP_POLICY):
            raise InvalidInputException("You specified an invalid value.")
        target = self.target(target_id)
        if not isinstance(target, FakeAccount):
            raise TargetNotFoundException
        levels = self._documents(target, policy_type)
        if not self.enabled(policy_type) or not any(levels):
            raise client_error(
                "EffectivePolicyNotFoundException",
                "If you ran this action on the management account, this policy type is not enabled. If you ran the "
                "action on a member account, the account doesn't have an effective policy of this type. Contact the "
                "administrator of your organization about attaching a policy of this type to the account.",
            )
        return {
            "EffectivePolicy": {
                "PolicyContent": json.dumps(effective_policy(levels), separators=(",", ":")),
                "LastUpdatedTimestamp": unix_time(utcnow()),
                "TargetId": target_id,
                "PolicyType": policy_type,
            }
        }

    def service_control(self, account_id: str) -> list[list[Document]]:
        """The service control policies of each level above and at an account; none for the management account."""
        if account_id == self.account_id or not self.enabled(SERVICE_CONTROL_POLICY):
            return []
        return self._documents(self.get_account_by_id(account_id), SERVICE_CONTROL_POLICY)

    def resource_control(self, account_id: str) -> list[list[Document]]:
        """The resource control policies above and at an account, as `service_control`."""
        if account_id == self.account_id or not self.enabled(RESOURCE_CONTROL_POLICY):
            return []
        return self._documents(self.get_account_by_id(account_id), RESOURCE_CONTROL_POLICY)

    def account_path(self, account_id: str) -> str:
        """As the condition keys that end in `OrgPaths` have it: the organization and what is above the account."""
        levels = self.path(self.get_account_by_id(account_id))[:-1]
        return "/".join([self.organization.id, *(str(level.id) for level in levels), ""])

    def _documents(self, target: Target, policy_type: str) -> list[list[Document]]:
        return [
            [parsed(str(policy.content)) for policy in level.attached_policies if policy.type == policy_type]
            for level in self.path(target)
        ]

    def _refuse_policy_name(self, name: str) -> None:
        if any(policy.name == name for policy in self.policies):
            raise DuplicatePolicyException

    def attach_defaults(self, target: Target, only: str | None = None) -> None:
        """Attach the default policies of the enabled types, or of `only` one type."""
        for policy_type, policy_id in DEFAULT_POLICIES.items():
            if self.enabled(policy_type) and only in (None, policy_type):
                policy = self.get_policy_by_id(policy_id)
                target.attached_policies.append(policy)
                policy.attachments.append(target)

    def drop_attachments(self, target: Target, only: str | None = None) -> None:
        """Take all policies off a target, or those of `only` one type."""
        for policy in [policy for policy in target.attached_policies if only in (None, policy.type)]:
            target.attached_policies.remove(policy)
            policy.attachments.remove(target)


def _check(policy_type: str, content: str) -> None:
    maximum = MAXIMUM_SIZE.get(policy_type)
    if maximum is not None and len(content) > maximum:
        raise client_error(
            "ConstraintViolationException",
            f"You have exceeded the maximum policy size of {maximum} characters.",
            "POLICY_CONTENT_LIMIT_EXCEEDED",
        )
    try:
        check_content(policy_type, content)
    except MalformedPolicy:
        raise client_error(
            "MalformedPolicyDocumentException",
            "The provided policy document does not meet the requirements of the specified policy type.",
        ) from None


def _refuse_immutable(policy: FakePolicy) -> None:
    if policy.aws_managed:
        raise client_error("InvalidInputException", "You specified a policy that can't be changed.", "IMMUTABLE_POLICY")
