"""Service-specific credentials: the passwords that users have for Git repositories, keyspaces and models.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ServiceSpecificCredential.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.iam.exceptions import IAMException, NoSuchEntity
from moto.iam.models import IAMBackend as MotoIAMBackend
from moto.iam.utils import random_alphanumeric, random_resource_id

from sandbox.emulator.iam.quotas import check_quota
from sandbox.emulator.settings import now

BEDROCK = "bedrock.amazonaws.com"
SERVICES = (BEDROCK, "cassandra.amazonaws.com", "codecommit.amazonaws.com")
PER_SERVICE = 2
"""How many a user has for each service."""


@dataclass(frozen=True)
class ServiceCredential:
    """`created` is in seconds since the epoch."""

    id: str
    user_name: str
    service: str
    service_user: str
    password: str
    created: float
    active: bool = True
    days: int | None = None
    """After how many days it expires; None for never."""

    def describe(self, with_secret: bool = False) -> dict[str, Any]:
        made = datetime.fromtimestamp(self.created, UTC)
        found: dict[str, Any] = {
            "ServiceSpecificCredentialId": self.id,
            "UserName": self.user_name,
            "ServiceName": self.service,
            "Status": "Active" if self.active else "Inactive",
            "CreateDate": made,
        }
        if self.days is not None:
            found["ExpirationDate"] = made + timedelta(days=self.days)
        user, secret = (
            ("ServiceCredentialAlias", "ServiceCredentialSecret")
            if self.service == BEDROCK
            else ("ServiceUserName", "ServicePassword")
        )
        return {**found, user: self.service_user, **({secret: self.password} if with_secret else {})}


class ServiceCredentialsBackend(MotoIAMBackend):
    """The part of `IAMBackend` that is about service-specific credentials."""

    # Of the class, for what an older version saved; never changed in place.
    service_credentials: Mapping[str, ServiceCredential] = {}

    def credentials_of(self, user_name: str, service: str | None = None) -> list[ServiceCredential]:
        """The credentials of a user, for one service or all. Raises `NoSuchEntity` if there is no such user."""
        user = self.get_user(user_name)
        found = [each for each in self.service_credentials.values() if each.user_name == user.name]
        return [each for each in found if service in (None, each.service)]

    def create_service_credential(self, user_name: str, service: str, days: int | None = None) -> ServiceCredential:
        number = len(self.credentials_of(user_name, service)) + 1
        if service not in SERVICES:
            # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html
            raise IAMException("NotSupportedService", f"The service {service} has no service-specific credentials.")
        check_quota("ServiceSpecificCredentialsPerUser", number, PER_SERVICE)
        credential = ServiceCredential(
            f"ACCA{random_resource_id(17).upper()}",
            user_name,
            service,
            f"{user_name}{f'+{number - 1}' if number > 1 else ''}-at-{self.account_id}",
            random_alphanumeric(44),
            now(),
            days=days,
        )
        self._keep(credential)
        return credential

    def service_credential(self, id_: str, user_name: str) -> ServiceCredential:
        """A credential of a user. Raises `NoSuchEntity`."""
        for credential in self.credentials_of(user_name):
            if credential.id == id_:
                return credential
        raise NoSuchEntity(f"The Service Specific Credential with id {id_} cannot be found.")

    def update_service_credential(self, id_: str, user_name: str, active: bool) -> None:
        self._keep(replace(self.service_credential(id_, user_name), active=active))

    def reset_service_credential(self, id_: str, user_name: str) -> ServiceCredential:
        changed = replace(self.service_credential(id_, user_name), password=random_alphanumeric(44))
        self._keep(changed)
        return changed

    def delete_service_credential(self, id_: str, user_name: str) -> None:
        gone = self.service_credential(id_, user_name)
        self.service_credentials = {key: each for key, each in self.service_credentials.items() if each is not gone}

    def rename_owner(self, old: str, new: str) -> None:
        """The user has another name."""
        for credential in [each for each in self.service_credentials.values() if each.user_name == old]:
            self._keep(replace(credential, user_name=new))

    def _keep(self, credential: ServiceCredential) -> None:
        self.service_credentials = {**self.service_credentials, credential.id: credential}
