"""Requests about the users and groups of IAM Identity Center.

https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_Operations.html
"""

import json
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import EmptyResult
from moto.identitystore.responses import IdentityStoreResponse as MotoIdentityStoreResponse

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.constraints import detected, violations
from sandbox.emulator.identity_store.models import IdentityStoreBackend, identity_store_backend, owner_of


class IdentityStoreResponse(MotoIdentityStoreResponse):
    @property
    def identitystore_backend(self) -> IdentityStoreBackend:
        """The identity stores that the caller's account administers."""
        return identity_store_backend(owner_of(self.current_account), self.region)

    @property
    def given(self) -> dict[str, Any]:
        """The parameters of the request."""
        found: dict[str, Any] = self.normalized_request.environ["sandbox.parameters"]
        return found

    def call_action(self) -> TYPE_RESPONSE:
        wrong = violations("identitystore", self._get_action(), self.given)
        if wrong:
            raise AwsError("ValidationException", detected(wrong))
        if self.given["IdentityStoreId"] not in self.identitystore_backend.identity_stores:
            raise AwsError("ResourceNotFoundException", "IDENTITY_STORE not found.")
        status, headers, body = super().call_action()
        # moto names what is not there, as null.
        return status, headers, json.dumps(_without_null(json.loads(body))) if body else body

    def update_group(self) -> EmptyResult:
        self.identitystore_backend.update_group(
            self.given["IdentityStoreId"], self.given["GroupId"], self.given["Operations"]
        )
        return EmptyResult()

    def update_user(self) -> EmptyResult:
        self.identitystore_backend.update_user(
            self.given["IdentityStoreId"], self.given["UserId"], self.given["Operations"]
        )
        return EmptyResult()


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_null(inner) for name, inner in value.items() if inner is not None}
    return [_without_null(inner) for inner in value] if isinstance(value, list) else value
