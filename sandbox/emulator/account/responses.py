"""Requests: moto's alternate contacts; names, primary contacts, primary e-mail addresses and regions.

Only the management account and the service's delegated administrator may name another account than their own.
https://docs.aws.amazon.com/accounts/latest/reference/API_Operations.html
"""

import re
from datetime import UTC, datetime
from typing import Any

from moto.account.responses import AccountResponse as MotoAccountResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.organizations.models import FakeAccount

from sandbox.emulator.account.models import AccountBackend, account_backend
from sandbox.emulator.errors import AwsError
from sandbox.emulator.organizations.account_life import created
from sandbox.emulator.organizations.models import (
    OrganizationsBackend,
    address_is_taken,
    organization_backend,
    organization_of,
)
from sandbox.emulator.regions import ENABLED_BY_DEFAULT, regions

PRINCIPAL = "account.amazonaws.com"
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
CONTACT_REQUIRED = frozenset({"FullName", "AddressLine1", "City", "PostalCode", "CountryCode", "PhoneNumber"})


class AccountResponse(MotoAccountResponse):
    def _get_account_id(self) -> str:
        """The account that the request is about. Who names one, even the own one, acts for the organization:
        https://docs.aws.amazon.com/accounts/latest/reference/API_GetContactInformation.html"""
        account_id = str(self._get_param("AccountId") or "")
        if not account_id:
            own: str = self.current_account
            return own
        if not re.fullmatch(r"\d{12}", account_id):
            raise AwsError("ValidationException", "AccountId is not a 12-digit account ID.")
        organization = organization_of(account_id)
        if organization is None or not self._manages(organization):
            raise self._denied()
        if not organization.trusts(PRINCIPAL):
            raise self._denied("Your organization must first enable trusted access with AWS Account Management.")
        if account_id == organization.account_id:
            raise self._denied(
                "The management account can only be managed using the standalone context from the management account."
            )
        return account_id

    def _denied(self, why: str = "") -> AwsError:
        arn = self.normalized_request.environ["sandbox.caller"].arn
        message = f"User: {arn} is not authorized to perform: account:{self._get_action()}"
        return AwsError("AccessDeniedException", f"{message} ({why})" if why else message, 403)

    def _manages(self, organization: OrganizationsBackend) -> bool:
        delegated = {admin.account.id for admin in organization.admins if PRINCIPAL in admin.services}
        return self.current_account in {organization.account_id, *delegated}

    @property
    def _account(self) -> AccountBackend:
        return account_backend(self._get_account_id())

    # Its name

    def get_account_information(self) -> ActionResult:
        account_id = self._get_account_id()
        organization = organization_of(account_id)
        if organization is None:
            alone = organization_backend(account_id).alone
            if not alone:
                raise AwsError("ResourceNotFoundException", "The sandbox knows no name of this account.", 404)
            return ActionResult(
                {
                    "AccountId": account_id,
                    "AccountName": alone["name"],
                    "AccountCreatedDate": alone["created"],
                    "AccountState": "ACTIVE",
                }
            )
        account = organization.get_account_by_id(account_id)
        # While an account is being closed, this service calls it active: it has no word for that.
        state = "ACTIVE" if account.state == "PENDING_CLOSURE" else account.state
        return ActionResult(
            {
                "AccountId": account_id,
                "AccountName": account.name,
                "AccountCreatedDate": created(account),
                "AccountState": state,
            }
        )

    def put_account_name(self) -> EmptyResult:
        account_id = self._get_account_id()
        organization = organization_of(account_id)
        name = str(self._get_param("AccountName"))
        if organization is not None:
            organization.get_account_by_id(account_id).name = name
        else:
            alone = organization_backend(account_id)
            alone.alone = {**alone.alone, "name": name}
        return EmptyResult()

    # Its primary e-mail address: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-root-user-email.html

    def get_primary_email(self) -> ActionResult:
        return ActionResult({"PrimaryEmail": self._member()[1].email})

    def start_primary_email_update(self) -> ActionResult:
        _organization, account = self._member()
        email = self._email()
        if address_is_taken(email):
            raise AwsError("ConflictException", "The email address is already in use by an AWS account.", 409)
        account_backend(account.id).start_update(email)
        return ActionResult({"Status": "PENDING"})

    def accept_primary_email_update(self) -> ActionResult:
        organization, account = self._member()
        email, own = self._email(), account_backend(account.id)
        update = own.pending_update()
        if update is None or update.email.lower() != email.lower():
            raise AwsError("ResourceNotFoundException", "There is no pending update to this email address.", 404)
        if self._get_param("Otp") != update.code:
            raise AwsError("ValidationException", "The one-time password is not valid.")
        if address_is_taken(email):
            raise AwsError("ConflictException", "The email address is already in use by an AWS account.", 409)
        organization.change_email(account, update.email)
        own.finish_update()
        return ActionResult({"Status": "ACCEPTED"})

    def get_primary_email_update_status(self) -> ActionResult:
        update = account_backend(self._member()[1].id).update
        if update is None:
            raise AwsError("ResourceNotFoundException", "The account has no update of its email address.", 404)
        return ActionResult({"Status": update.status, "UpdatedAt": datetime.fromtimestamp(update.changed, UTC)})

    def _email(self) -> str:
        email = str(self._get_param("PrimaryEmail") or "")
        if not EMAIL.fullmatch(email) or not 5 <= len(email) <= 64:
            raise AwsError("ValidationException", "The email address is not valid.")
        return email

    def _member(self) -> tuple[OrganizationsBackend, FakeAccount]:
        """The member account that the request must name, and its organization:
        https://docs.aws.amazon.com/accounts/latest/reference/API_StartPrimaryEmailUpdate.html"""
        if not self._get_param("AccountId"):
            raise AwsError("ValidationException", "AccountId is not a 12-digit account ID.")
        account_id = self._get_account_id()
        organization = organization_of(account_id)
        if organization is None:
            raise self._denied()
        account = organization.get_account_by_id(account_id)
        if account.state != "ACTIVE":
            raise self._denied(f"The account is {account.state}.")
        return organization, account

    # Its primary contact: https://docs.aws.amazon.com/accounts/latest/reference/API_PutContactInformation.html

    def get_contact_information(self) -> ActionResult:
        return ActionResult({"ContactInformation": self._account.contact})

    def put_contact_information(self) -> EmptyResult:
        contact: dict[str, str] = self._get_param("ContactInformation") or {}
        missing = sorted(CONTACT_REQUIRED - contact.keys())
        if missing:
            raise AwsError("ValidationException", f"The contact has no {', '.join(missing)}.")
        if not re.fullmatch(r"[+][\s0-9()-]+", contact["PhoneNumber"]) or len(contact["CountryCode"]) != 2:
            raise AwsError("ValidationException", "PhoneNumber or CountryCode is not valid.")
        self._account.contact = dict(contact)
        return EmptyResult()

    # Its regions: https://docs.aws.amazon.com/accounts/latest/reference/API_ListRegions.html

    def list_regions(self) -> ActionResult:
        wanted = self._get_param("RegionOptStatusContains") or []
        size, start = int(self._get_param("MaxResults") or 50), str(self._get_param("NextToken") or "")
        if not 1 <= size <= 50:
            raise AwsError("ValidationException", "MaxResults is not a number from 1 to 50.")
        account = self._account
        found = [
            {"RegionName": name, "RegionOptStatus": account.opt_status(name)} for name in regions() if name >= start
        ]
        found = [region for region in found if not wanted or region["RegionOptStatus"] in wanted]
        answer: dict[str, Any] = {"Regions": found[:size]}
        if len(found) > size:
            answer["NextToken"] = found[size]["RegionName"]
        return ActionResult(answer)

    def get_region_opt_status(self) -> ActionResult:
        name = self._region_name()
        return ActionResult({"RegionName": name, "RegionOptStatus": self._account.opt_status(name)})

    def enable_region(self) -> EmptyResult:
        self._account.opted_in.add(self._optional_region())
        return EmptyResult()

    def disable_region(self) -> EmptyResult:
        self._account.opted_in.discard(self._optional_region())
        return EmptyResult()

    def _region_name(self) -> str:
        name = str(self._get_param("RegionName") or "")
        if name not in regions():
            raise AwsError("ValidationException", f"{name} is not a region.")
        return name

    def _optional_region(self) -> str:
        name = self._region_name()
        if name in ENABLED_BY_DEFAULT:
            raise AwsError("ValidationException", f"{name} is enabled by default and stays so.")
        return name
