"""Requests: who may make which, and those that moto does not have."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from moto.organizations.exceptions import AWSOrganizationsNotInUseException
from moto.organizations.models import OrganizationsBackend as MotoOrganizationsBackend
from moto.organizations.models import organizations_backends
from moto.organizations.responses import OrganizationsResponse as MotoOrganizationsResponse

from sandbox.emulator.organizations.exceptions import client_error, invalid_input
from sandbox.emulator.organizations.models import OrganizationsBackend, organization_of

T = TypeVar("T")

PAGE = 20
"""The most entries that one answer lists."""

FOR_MEMBERS = frozenset({"DescribeOrganization", "DescribeEffectivePolicy"})
"""What a member account may ask; a delegated administrator may also list and describe."""


class OrganizationsResponse(MotoOrganizationsResponse):
    @property
    def organizations_backend(self) -> MotoOrganizationsBackend:
        return organization_of(self.current_account) or organizations_backends[self.current_account]["aws"]

    @property
    def organization(self) -> OrganizationsBackend:
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
        organization = self.organization
        if self.current_account == organization.account_id or action in FOR_MEMBERS:
            return
        delegated = any(admin.account.id == self.current_account for admin in organization.admins)
        if not (delegated and action.startswith(("Describe", "List"))):
            raise client_error("AccessDeniedException", "You don't have permissions to access this resource.")

    def create_account(self) -> str:
        fault = self.normalized_request.environ.get("sandbox.account_fault")
        return json.dumps(self.organization.create_account(**self.request_params, fault=fault))

    def close_account(self) -> str:
        fault = self.normalized_request.environ.get("sandbox.account_fault")
        self.organization.close_account(**self.request_params, fault=fault)
        return "{}"

    def list_accounts(self) -> str:
        return self._page("Accounts", self.organization.accounts, self.organization.describe)

    def list_accounts_for_parent(self) -> str:
        parent = self.organization.validate_parent_id(self._get_param("ParentId"))
        found = [account for account in self.organization.accounts if account.parent_id == parent]
        return self._page("Accounts", found, self.organization.describe)

    def _page(self, name: str, found: Sequence[T], describe: Callable[[T], Any]) -> str:
        """One page of what was found: as many as asked for, and 20 at most.

        https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
        """
        size, token = self._get_param("MaxResults", PAGE), str(self._get_param("NextToken") or "0")
        for wrong, reason in ((size < 1, "MIN_VALUE_EXCEEDED"), (size > PAGE, "MAX_VALUE_EXCEEDED")):
            if wrong:
                raise invalid_input(reason, f"MaxResults is {size}; it must be a number from 1 to {PAGE}.")
        if not token.isdigit():
            raise invalid_input("INVALID_PAGINATION_TOKEN", "NextToken is not one of a previous answer.")
        end = int(token) + size
        more = {"NextToken": str(end)} if len(found) > end else {}
        return json.dumps({name: [describe(one) for one in found[int(token) : end]], **more})

    def describe_effective_policy(self) -> str:
        target_id = self._get_param("TargetId") or self.current_account
        if target_id != self.current_account != self.organization.account_id:
            raise client_error("AccessDeniedException", "You don't have permissions to access this resource.")
        return json.dumps(self.organization.describe_effective_policy(self._get_param("PolicyType"), target_id))
