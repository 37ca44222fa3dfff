"""The requests to Organizations: who may make which, and those that moto does not have."""

from __future__ import annotations

import json

from moto.organizations.exceptions import AWSOrganizationsNotInUseException
from moto.organizations.models import OrganizationsBackend, organizations_backends
from moto.organizations.responses import OrganizationsResponse

from sandbox.emulator.organization_attachments import refusal
from sandbox.emulator.organizations import CompanyBackend, organization_of

FOR_MEMBERS = frozenset({"DescribeOrganization", "DescribeEffectivePolicy"})
"""What a member account may ask; a delegated administrator may also list and describe."""


class CompanyResponse(OrganizationsResponse):
    """Organizations' requests."""

    @property
    def organizations_backend(self) -> OrganizationsBackend:
        return organization_of(self.current_account) or organizations_backends[self.current_account]["aws"]

    @property
    def company(self) -> CompanyBackend:
        """The organization of the caller. Raises `AWSOrganizationsNotInUseException` if it is in none."""
        organization = organization_of(self.current_account)
        if organization is None:
            raise AWSOrganizationsNotInUseException
        return organization

    def check_caller(self) -> None:
        """Raise what AWS answers to an account that may not make this request.

        https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html says of each
        operation who can call it.
        """
        action = self._get_action()
        if action == "CreateOrganization":
            return
        organization = self.company
        if self.current_account == organization.account_id or action in FOR_MEMBERS:
            return
        delegated = any(admin.account.id == self.current_account for admin in organization.admins)
        if not (delegated and action.startswith(("Describe", "List"))):
            raise refusal("AccessDeniedException", "You don't have permissions to access this resource.")

    def create_account(self) -> str:
        fault = self.normalized_request.environ.get("sandbox.account_fault")
        return json.dumps(self.company.create_account(**self.request_params, fault=fault))

    def describe_effective_policy(self) -> str:
        """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeEffectivePolicy.html"""
        target_id = self._get_param("TargetId") or self.current_account
        if target_id != self.current_account != self.company.account_id:
            raise refusal("AccessDeniedException", "You don't have permissions to access this resource.")
        return json.dumps(self.company.describe_effective_policy(self._get_param("PolicyType"), target_id))
