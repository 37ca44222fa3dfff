"""What an account gets from all policies of a type above it together, and what that lacks."""

import json
from collections.abc import Mapping
from typing import Any

from moto.core.utils import unix_time, utcnow
from moto.organizations.models import FakeAccount

from sandbox.emulator.organizations.exceptions import client_error, invalid_input
from sandbox.emulator.organizations.units import UnitsBackend
from shared.organization_policies.completeness import EffectiveProblem, effective_problems
from shared.organization_policies.inheritance import effective_policy
from shared.organization_policies.types import POLICY_TYPES


class EffectivePoliciesBackend(UnitsBackend):
    """The part of `OrganizationsBackend` that is about effective policies."""

    def describe_effective_policy(self, policy_type: str, target_id: str) -> dict[str, Any]:
        _require_inherited(policy_type)
        target = self.target(target_id)
        if not isinstance(target, FakeAccount):
            raise invalid_input("TARGET_NOT_SUPPORTED", "You can't perform the specified operation on that target.")
        if not self.enabled(policy_type) or not any(self.documents(target, policy_type)):
            raise client_error(
                "EffectivePolicyNotFoundException",
                "If you ran this action on the management account, this policy type is not enabled. If you ran the "
                "action on a member account, the account doesn't have an effective policy of this type. Contact the "
                "administrator of your organization about attaching a policy of this type to the account.",
            )
        return {
            "EffectivePolicy": {
                "PolicyContent": json.dumps(self._effective(target, policy_type), separators=(",", ":")),
                "LastUpdatedTimestamp": unix_time(utcnow()),
                "TargetId": target_id,
                "PolicyType": policy_type,
            }
        }

    def effective_policy_errors(self, policy_type: str, account: FakeAccount) -> list[dict[str, Any]]:
        """https://docs.aws.amazon.com/organizations/latest/APIReference/API_EffectivePolicyValidationError.html

        AWS names the policies that have the wrong element; here those are named that the account gets.
        """
        given = [policy for level in self.path(account) for policy in level.attached_policies]
        policies = [policy.id for policy in given if policy.type == policy_type]
        return [
            {
                "ErrorCode": problem.code,
                "ErrorMessage": problem.message,
                "PathToError": problem.path,
                "ContributingPolicies": policies,
            }
            for problem in self._problems(account, policy_type)
        ]

    def accounts_with_errors(self, policy_type: str) -> list[FakeAccount]:
        """The accounts whose effective policy AWS reports as invalid."""
        self.require_effective(policy_type)
        return [account for account in self.accounts if self._problems(account, policy_type)]

    def require_effective(self, policy_type: str) -> None:
        """Raise what AWS answers unless accounts have effective policies of the type."""
        _require_inherited(policy_type)
        if not self.enabled(policy_type):
            raise client_error("EffectivePolicyNotFoundException", "This policy type is not enabled.")

    def _effective(self, account: FakeAccount, policy_type: str) -> Mapping[str, Any]:
        return effective_policy(self.documents(account, policy_type))

    def _problems(self, account: FakeAccount, policy_type: str) -> list[EffectiveProblem]:
        return effective_problems(policy_type, self._effective(account, policy_type))


def _require_inherited(policy_type: str) -> None:
    if policy_type not in POLICY_TYPES or not POLICY_TYPES[policy_type].inherits:
        raise invalid_input("INVALID_ENUM_POLICY_TYPE", "You specified an invalid policy type string.")
