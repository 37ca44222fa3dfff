"""Requests: who may make which, and those that moto does not have."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from moto.organizations.exceptions import AWSOrganizationsNotInUseException, OrganizationsClientError
from moto.organizations.models import FakePolicy, organizations_backends
from moto.organizations.models import OrganizationsBackend as MotoOrganizationsBackend
from moto.organizations.responses import OrganizationsResponse as MotoOrganizationsResponse

from sandbox.emulator.organizations.exceptions import client_error, handshake_violation, invalid_input
from sandbox.emulator.organizations.handshakes import INVITE, Handshake, check_transition
from sandbox.emulator.organizations.models import (
    OrganizationsBackend,
    PendingAccount,
    all_organizations,
    known_account,
    organization_backend,
    organization_of,
)
from sandbox.emulator.settings import now

T = TypeVar("T")

PAGE = 20
"""The most entries that one answer lists."""

FOR_ANYONE = frozenset(
    {
        "AcceptHandshake",
        "CancelHandshake",
        "CreateOrganization",
        "DeclineHandshake",
        "DescribeHandshake",
        "ListHandshakesForAccount",
    }
)
"""What an account may ask that is in no organization."""

FOR_MEMBERS = frozenset({"DescribeOrganization", "DescribeEffectivePolicy", "LeaveOrganization"})
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
        if action in FOR_ANYONE:
            return
        organization = self.organization
        if self.current_account == organization.account_id or action in FOR_MEMBERS:
            return
        delegated = any(admin.account.id == self.current_account for admin in organization.admins)
        if not (delegated and action.startswith(("Describe", "List"))):
            raise _denied()

    def create_account(self) -> str:
        fault = self.normalized_request.environ.get("sandbox.account_fault")
        return json.dumps(self.organization.create_account(**self.request_params, fault=fault))

    def close_account(self) -> str:
        fault = self.normalized_request.environ.get("sandbox.account_fault")
        self.organization.close_account(**self.request_params, fault=fault)
        return "{}"

    # Lists

    def list_accounts(self) -> str:
        return self._page("Accounts", self.organization.accounts, self.organization.describe)

    def list_accounts_for_parent(self) -> str:
        parent = self.organization.validate_parent_id(self._get_param("ParentId"))
        found = [account for account in self.organization.accounts if account.parent_id == parent]
        return self._page("Accounts", found, self.organization.describe)

    def list_organizational_units_for_parent(self) -> str:
        parent = self.organization.validate_parent_id(self._get_param("ParentId"))
        found = [unit for unit in self.organization.ou if unit.parent_id == parent]
        return self._page("OrganizationalUnits", found, self.organization.describe_unit)

    def list_policies(self) -> str:
        return self._page("Policies", self._of_type(self.organization.policies), _summary)

    def list_policies_for_target(self) -> str:
        target = self.organization.target(self._get_param("TargetId"))
        return self._page("Policies", self._of_type(target.attached_policies), _summary)

    def list_create_account_status(self) -> str:
        found = self.organization.account_requests(self._get_param("States") or [])
        return self._page("CreateAccountStatuses", found, PendingAccount.describe)

    def list_roots(self) -> str:
        return self._list("Roots", self.organization.list_roots)

    def list_parents(self) -> str:
        return self._list("Parents", self.organization.list_parents)

    def list_children(self) -> str:
        return self._list("Children", self.organization.list_children)

    def list_targets_for_policy(self) -> str:
        return self._list("Targets", self.organization.list_targets_for_policy)

    def list_aws_service_access_for_organization(self) -> str:
        return self._list("EnabledServicePrincipals", self.organization.list_aws_service_access_for_organization)

    def list_delegated_administrators(self) -> str:
        return self._list("DelegatedAdministrators", self.organization.list_delegated_administrators)

    def list_delegated_services_for_account(self) -> str:
        return self._list("DelegatedServices", self.organization.list_delegated_services_for_account)

    def _of_type(self, policies: Sequence[FakePolicy]) -> Sequence[FakePolicy]:
        wanted = self._get_param("Filter")
        if not FakePolicy.supported_policy_type(wanted):
            raise invalid_input("INVALID_ENUM_POLICY_TYPE", "You specified an invalid policy type string.")
        return [policy for policy in policies if policy.type == wanted]

    def _list(self, name: str, ask: Callable[..., Mapping[str, Sequence[Any]]]) -> str:
        """One page of what moto lists all at once."""
        wanted = {key: value for key, value in self.request_params.items() if key not in ("MaxResults", "NextToken")}
        return self._page(name, ask(**wanted)[name], lambda found: found)

    def _page(self, name: str, found: Sequence[T], describe: Callable[[T], Any], **beside: Any) -> str:
        """One page of what was found: as many as asked for, and 20 at most; `beside` is in the answer too.

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
        return json.dumps({name: [describe(one) for one in found[int(token) : end]], **beside, **more})

    # Handshakes

    def invite_account_to_organization(self) -> str:
        target, tags = self._get_param("Target"), self._get_param("Tags") or []
        if target["Type"] not in ("ACCOUNT", "EMAIL"):
            raise invalid_input("INVALID_PARTY_TYPE_TARGET", "You specified the wrong type of entity as a party.")
        account_id = known_account(target["Id"])
        if account_id is None:
            # AWS documents no reason of its own for this.
            raise invalid_input("INVALID_PARTY_TYPE_TARGET", "There is no such account that could be invited.")
        if organization_of(account_id) is self.organization:
            raise handshake_violation(
                "ALREADY_IN_AN_ORGANIZATION", "The invited account is already a member of the organization."
            )
        handshake = self.organization.invite(
            account_id,
            target["Id"] if target["Type"] == "EMAIL" else None,
            self._get_param("Notes"),
            {tag["Key"]: tag["Value"] for tag in tags},
        )
        return self._handshake(self.organization, handshake)

    def enable_all_features(self) -> str:
        return self._handshake(self.organization, self.organization.enable_all_features())

    def describe_handshake(self) -> str:
        return self._handshake(*self._wanted_handshake())

    def accept_handshake(self) -> str:
        organization, handshake = self._wanted_handshake()
        self._require(handshake.account_id or organization.account_id)
        check_transition(handshake, "ACCEPTED")
        if handshake.action == INVITE:
            if organization_backend(self.current_account).org:
                raise client_error(
                    "MasterCannotLeaveOrganizationException",
                    "You can't remove a management account from an organization.",
                )
            organization.join(self.current_account, dict(handshake.tags))
        return self._handshake(organization, organization.answer(handshake, "ACCEPTED"))

    def decline_handshake(self) -> str:
        organization, handshake = self._wanted_handshake()
        self._require(handshake.account_id)
        return self._handshake(organization, organization.answer(handshake, "DECLINED"))

    def cancel_handshake(self) -> str:
        organization, handshake = self._wanted_handshake()
        self._require(organization.account_id)
        return self._handshake(organization, organization.answer(handshake, "CANCELED"))

    def list_handshakes_for_organization(self) -> str:
        found = [(self.organization, handshake) for handshake in self.organization.handshakes()]
        return self._handshakes(found)

    def list_handshakes_for_account(self) -> str:
        every = [(each, handshake) for each in all_organizations() if each.org for handshake in each.handshakes()]
        return self._handshakes([found for found in every if found[1].account_id == self.current_account])

    def leave_organization(self) -> str:
        self.organization.release(self.current_account)
        return "{}"

    def _wanted_handshake(self) -> tuple[OrganizationsBackend, Handshake]:
        """The handshake that the request names, and the organization that sent it; only the two parties see it."""
        for organization in all_organizations():
            for handshake in organization.handshakes() if organization.org else ():
                parties = (organization.account_id, handshake.account_id)
                if handshake.id == self._get_param("HandshakeId") and self.current_account in parties:
                    # Looked up anew, which counts as a change.
                    return organization_backend(organization.account_id), handshake
        raise client_error(
            "HandshakeNotFoundException", "We can't find a handshake with the HandshakeId that you specified."
        )

    def _require(self, account_id: str | None) -> None:
        if self.current_account != account_id:
            raise _denied()

    def _handshake(self, organization: OrganizationsBackend, handshake: Handshake) -> str:
        return json.dumps({"Handshake": organization.describe_handshake(handshake)})

    def _handshakes(self, found: Sequence[tuple[OrganizationsBackend, Handshake]]) -> str:
        wanted = self._get_param("Filter") or {}
        if len(wanted) > 1:
            raise invalid_input("MAX_FILTER_LIMIT_EXCEEDED", "You can specify only one filter parameter.")
        chosen = [
            (organization, handshake)
            for organization, handshake in found
            if handshake.action == wanted.get("ActionType", handshake.action)
            and handshake.parent == wanted.get("ParentHandshakeId", handshake.parent)
        ]
        return self._page("Handshakes", chosen, lambda each: each[0].describe_handshake(each[1]))

    # Effective policies

    def describe_effective_policy(self) -> str:
        target_id = self._get_param("TargetId") or self.current_account
        if target_id != self.current_account != self.organization.account_id:
            raise _denied()
        return json.dumps(self.organization.describe_effective_policy(self._get_param("PolicyType"), target_id))

    def list_accounts_with_invalid_effective_policy(self) -> str:
        policy_type = self._get_param("PolicyType")
        found = self.organization.accounts_with_errors(policy_type)
        return self._page("Accounts", found, self.organization.describe, PolicyType=policy_type)

    def list_effective_policy_validation_errors(self) -> str:
        policy_type = self._get_param("PolicyType")
        account = self.organization.get_account_by_id(self._get_param("AccountId"))
        self.organization.require_effective(policy_type)
        return self._page(
            "EffectivePolicyValidationErrors",
            self.organization.effective_policy_errors(policy_type, account),
            lambda found: found,
            AccountId=account.id,
            PolicyType=policy_type,
            Path=self.organization.path_of(account),
            EvaluationTimestamp=now(),
        )


def _summary(policy: FakePolicy) -> dict[str, Any]:
    found: dict[str, Any] = policy.describe()["Policy"]["PolicySummary"]
    return found


def _denied() -> OrganizationsClientError:
    return client_error("AccessDeniedException", "You don't have permissions to access this resource.")
