"""Requests: moto's alternate contacts, and the account's name.

Only the management account may name another account than its own.
https://docs.aws.amazon.com/accounts/latest/reference/API_Operations.html
"""

from moto.account.responses import AccountResponse as MotoAccountResponse
from moto.core.responses import ActionResult, EmptyResult

from sandbox.emulator.errors import AwsError
from sandbox.emulator.organizations.models import organization_of


class AccountResponse(MotoAccountResponse):
    def _get_account_id(self) -> str:
        account_id: str = super()._get_account_id()
        organization = organization_of(account_id)
        managed = organization is not None and organization.account_id == self.current_account
        if account_id != self.current_account and not managed:
            raise AwsError("AccessDeniedException", "User is not authorized to access the requested account.", 403)
        return account_id

    def get_account_information(self) -> ActionResult:
        account_id = self._get_account_id()
        organization = organization_of(account_id)
        if organization is None:
            raise AwsError("ResourceNotFoundException", "The account is in no organization of the sandbox.", 404)
        account = organization.get_account_by_id(account_id)
        return ActionResult(
            {"AccountId": account_id, "AccountName": account.name, "AccountCreatedDate": account.create_time}
        )

    def put_account_name(self) -> EmptyResult:
        account_id = self._get_account_id()
        organization = organization_of(account_id)
        if organization is not None:
            organization.get_account_by_id(account_id).name = self._get_param("AccountName")
        return EmptyResult()
