"""The policies of an organization: how they are made, and what they are attached to."""

import re
from collections.abc import Mapping
from typing import Any, cast

from moto.organizations import utils
from moto.organizations.exceptions import (
    AWSOrganizationsNotInUseException,
    DuplicatePolicyException,
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

from sandbox.emulator.organizations.exceptions import client_error, constraint_violation, invalid_input
from shared.organization_policies.limits import LIMITS, MAX_DESCRIPTION, MAX_NAME
from shared.organization_policies.syntax import MalformedPolicy, check_content
from shared.organization_policies.types import (
    POLICY_TYPES,
    RESOURCE_CONTROL_POLICY,
    SERVICE_CONTROL_POLICY,
    TAG_POLICY,
)
from shared.policy_evaluation.statements import Document, parsed

DEFAULT_POLICIES = {
    SERVICE_CONTROL_POLICY: utils.DEFAULT_SCP_POLICY_ID,
    RESOURCE_CONTROL_POLICY: utils.DEFAULT_RCP_POLICY_ID,
}
"""The policies that AWS attaches to the root, every OU and every account once their type is enabled."""

Target = FakeAccount | FakeOrganizationalUnit


def know_all_policy_types() -> None:
    """From now on moto accepts every policy type that AWS has."""
    FakeRoot.SUPPORTED_POLICY_TYPES = FakePolicy.SUPPORTED_POLICY_TYPES = list(POLICY_TYPES)


class Policy(FakePolicy):
    """A policy of the organization; moto makes those of four types alone."""

    def __init__(self, organization: FakeOrganization, **kwargs: Any):
        kind = kwargs.get("Type", "")
        super().__init__(organization, **{**kwargs, "Type": TAG_POLICY if kind in POLICY_TYPES else kind})
        self.type = kind
        self._arn_format = f"arn:{{0}}:organizations::{{1}}:policy/{{2}}/{kind.lower()}/{{3}}"


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
        self._require_policies()
        wanted = POLICY_TYPES.get(kwargs["PolicyType"])
        if wanted and wanted.trusted_first and not self.trusts(str(wanted.trusted_service)):
            raise constraint_violation(
                "SERVICE_ACCESS_NOT_ENABLED",
                "You attempted to enable a policy type before you enabled service access. Call the "
                "EnableAWSServiceAccess API first.",
            )
        answer = super().enable_policy_type(**kwargs)
        for target in self.targets():
            self.attach_defaults(target, kwargs["PolicyType"])
        return answer

    def _require_policies(self) -> None:
        """Raise what AWS answers in an organization that shares its bills alone."""
        if self.organization.feature_set != "ALL":
            raise client_error(
                "PolicyTypeNotAvailableForOrganizationException",
                "You can't use the specified policy type with the feature set currently enabled for this organization.",
            )

    def trusts(self, principal: str) -> bool:
        """Whether the service has trusted access."""
        return any(service["ServicePrincipal"] == principal for service in self.services)

    def disable_policy_type(self, **kwargs: str) -> dict[str, Any]:
        answer = super().disable_policy_type(**kwargs)
        for target in self.targets():
            self.drop_attachments(target, kwargs["PolicyType"])
        return answer

    def create_policy(self, **kwargs: Any) -> dict[str, Any]:
        self._require_policies()
        policy = Policy(self.organization, **kwargs)
        _check_lengths(kwargs)
        _check(policy.type, kwargs["Content"])
        self._refuse_policy_name(kwargs["Name"])
        if len([other for other in self.policies if other.type == policy.type and not other.aws_managed]) >= (
            LIMITS[policy.type].max_policies
        ):
            raise constraint_violation(
                "POLICY_NUMBER_LIMIT_EXCEEDED",
                "You have exceeded the number of policies of this type that you can have in an organization.",
            )
        self.policies.append(policy)
        return policy.describe()

    def update_policy(self, **kwargs: Any) -> dict[str, Any]:
        policy = self.get_policy_by_id(kwargs["PolicyId"])
        _refuse_immutable(policy)
        _check_lengths(kwargs)
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
        if len(attached) >= LIMITS[policy.type].max_attached:
            raise constraint_violation(
                "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
                "You have exceeded the maximum number of policies of this type that can be attached to a target.",
            )
        super().attach_policy(**kwargs)

    def detach_policy(self, **kwargs: str) -> None:
        policy, target = self.get_policy_by_id(kwargs["PolicyId"]), self.target(kwargs["TargetId"])
        if policy not in target.attached_policies:
            raise client_error(
                "PolicyNotAttachedException",
                "The policy isn't attached to the specified target in the specified root.",
            )
        if policy.id == utils.DEFAULT_RCP_POLICY_ID:
            raise invalid_input("NON_DETACHABLE_POLICY", "You can't detach this AWS Managed Policy.")
        attached = [other for other in target.attached_policies if other.type == policy.type]
        if len(attached) <= LIMITS[policy.type].min_attached:
            raise constraint_violation(
                "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
                "You cannot remove the last policy of this type from a target.",
            )
        super().detach_policy(**kwargs)

    def service_control(self, account_id: str) -> list[list[Document]]:
        """The service control policies of each level above and at an account; none for the management account."""
        if account_id == self.account_id or not self.enabled(SERVICE_CONTROL_POLICY):
            return []
        return self.documents(self.get_account_by_id(account_id), SERVICE_CONTROL_POLICY)

    def resource_control(self, account_id: str) -> list[list[Document]]:
        """The resource control policies above and at an account, as `service_control`."""
        if account_id == self.account_id or not self.enabled(RESOURCE_CONTROL_POLICY):
            return []
        return self.documents(self.get_account_by_id(account_id), RESOURCE_CONTROL_POLICY)

    def account_path(self, account_id: str) -> str:
        """As the condition keys that end in `OrgPaths` have it: the organization and what is above the account."""
        levels = self.path(self.get_account_by_id(account_id))[:-1]
        return "/".join([self.organization.id, *(str(level.id) for level in levels), ""])

    def documents(self, target: Target, policy_type: str) -> list[list[Document]]:
        """The policies of a type, of each level from the root down to the target."""
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
    maximum = LIMITS[policy_type].max_characters
    if len(content) > maximum:
        raise constraint_violation(
            "POLICY_CONTENT_LIMIT_EXCEEDED", f"You have exceeded the maximum policy size of {maximum} characters."
        )
    try:
        check_content(policy_type, content)
    except MalformedPolicy:
        raise client_error(
            "MalformedPolicyDocumentException",
            "The provided policy document does not meet the requirements of the specified policy type.",
        ) from None


def _check_lengths(given: Mapping[str, Any]) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html"""
    for what, longest in (("Name", MAX_NAME), ("Description", MAX_DESCRIPTION)):
        if len(given.get(what) or "") > longest:
            raise invalid_input(
                "MAX_LENGTH_EXCEEDED", f"You provided a {what} that is longer than {longest} characters."
            )


def _refuse_immutable(policy: FakePolicy) -> None:
    if policy.aws_managed:
        raise client_error("InvalidInputException", "You specified a policy that can't be changed.", "IMMUTABLE_POLICY")
