"""Which services may work in the organization's accounts, and which accounts administer them."""

from typing import Any

from moto.organizations.exceptions import AccountNotFoundException, AccountNotRegisteredException
from moto.organizations.models import FakeDelegatedAdministrator, FakeServiceAccess

from sandbox.emulator.organizations.account_life import AccountLifeBackend
from sandbox.emulator.organizations.exceptions import constraint_violation, invalid_input
from sandbox.emulator.organizations.integrated_services import DELEGATED, TRUSTED
from shared.organization_policies.types import POLICY_TYPES


def know_all_services() -> None:
    """From now on moto accepts every service that AWS lists."""
    FakeDelegatedAdministrator.SUPPORTED_SERVICES = sorted(DELEGATED)
    FakeServiceAccess.TRUSTED_SERVICES = sorted(TRUSTED)


class DelegationBackend(AccountLifeBackend):
    """The part of `OrganizationsBackend` that is about services."""

    def enable_aws_service_access(self, **kwargs: str) -> None:
        self.require_all_features()
        super().enable_aws_service_access(**kwargs)

    def disable_aws_service_access(self, **kwargs: str) -> None:
        for kind, policy_type in POLICY_TYPES.items():
            needed = policy_type.trusted_first and policy_type.trusted_service == kwargs["ServicePrincipal"]
            if needed and self.enabled(kind):
                raise constraint_violation(
                    "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE",
                    f"You attempted to disable service access before you disabled the policy type {kind}. To complete "
                    "this operation, you must first disable the policy type.",
                )
        super().disable_aws_service_access(**kwargs)

    def register_delegated_administrator(self, **kwargs: str) -> None:
        """https://docs.aws.amazon.com/organizations/latest/APIReference/API_RegisterDelegatedAdministrator.html"""
        self.require_all_features()
        _check(kwargs["ServicePrincipal"])
        if kwargs["AccountId"] == self.account_id:
            raise constraint_violation(
                "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
                "You cannot register master account/yourself as delegated administrator for your organization.",
            )
        if self.get_account_by_id(kwargs["AccountId"]).state != "ACTIVE":
            raise constraint_violation(
                "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
                "You cannot register a suspended account as a delegated administrator.",
            )
        if not self.trusts(kwargs["ServicePrincipal"]):
            raise constraint_violation(
                "SERVICE_ACCESS_NOT_ENABLED",
                "You attempted to register a delegated administrator before you enabled service access. Call the "
                "EnableAWSServiceAccess API first.",
            )
        super().register_delegated_administrator(**kwargs)

    def list_delegated_administrators(self, **kwargs: str) -> dict[str, Any]:
        if kwargs.get("ServicePrincipal"):
            _check(kwargs["ServicePrincipal"])
        return super().list_delegated_administrators(**kwargs)

    def list_delegated_services_for_account(self, **kwargs: str) -> dict[str, Any]:
        self._member(kwargs["AccountId"])
        return super().list_delegated_services_for_account(**kwargs)

    def deregister_delegated_administrator(self, **kwargs: str) -> None:
        _check(kwargs["ServicePrincipal"])
        self._member(kwargs["AccountId"])
        admin = next((admin for admin in self.admins if admin.account.id == kwargs["AccountId"]), None)
        if admin is None or kwargs["ServicePrincipal"] not in admin.services:
            raise AccountNotRegisteredException
        super().deregister_delegated_administrator(**kwargs)

    def _member(self, account_id: str) -> None:
        if not any(account.id == account_id for account in self.accounts):
            raise AccountNotFoundException


def _check(principal: str) -> None:
    if principal not in DELEGATED:
        raise invalid_input("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal.")
