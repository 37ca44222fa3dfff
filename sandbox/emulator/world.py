"""All that is in the emulated AWS: which of moto's backends, how they are extended, and how they begin."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from moto.account.models import account_backends
from moto.backup.models import backup_backends
from moto.core import base_backend
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.responses import BaseResponse
from moto.iam.models import iam_backends
from moto.organizations.models import organizations_backends
from moto.s3control.models import s3control_backends
from moto.s3control.responses import S3ControlResponse
from moto.sts.models import sts_backends

from sandbox.credentials import ACCESS_KEY_ID, ADMINISTRATOR, MANAGEMENT_ACCOUNT_ID, SECRET_ACCESS_KEY
from sandbox.emulator.account import ContactResponse
from sandbox.emulator.backup import VaultBackend, VaultResponse
from sandbox.emulator.callers import SessionBackend
from sandbox.emulator.ebs import EncryptionResponse, encryption_backends
from sandbox.emulator.iam import IdentityBackend, identity_backend
from sandbox.emulator.iam_requests import IdentityResponse
from sandbox.emulator.organization_requests import CompanyResponse
from sandbox.emulator.organizations import ACCESS_POLICY, CompanyBackend, companies
from sandbox.emulator.sts import SessionResponse
from sandbox.emulator.uses import AccountBackends, Place

RESPONSES: dict[str, tuple[str, type[BaseResponse]]] = {
    "account": ("account", ContactResponse),
    "backup": ("backup", VaultResponse),
    "ec2": ("ec2", EncryptionResponse),
    "iam": ("iam", IdentityResponse),
    "organizations": ("organizations", CompanyResponse),
    "s3": ("s3control", S3ControlResponse),
    "sts": ("sts", SessionResponse),
}
"""By the name that a service's requests are signed for: botocore's name of the service, and what answers."""

BACKENDS: dict[str, BackendDict[Any]] = {
    "account": account_backends,
    "backup": backup_backends,
    "ec2": encryption_backends,
    "iam": iam_backends,
    "organizations": organizations_backends,
    "s3control": s3control_backends,
    "sts": sts_backends,
}
"""What is saved and restored."""


def install() -> None:
    """Have moto make this project's backends for every account from now on."""
    # AWS's general errors, as InvalidClientTokenId, are in no service's model, which moto warns of each time.
    warnings.filterwarnings("ignore", message=".*does not match an error shape")
    vars(base_backend)["AccountSpecificBackend"] = AccountBackends
    backup_backends.backend = VaultBackend
    iam_backends.backend = IdentityBackend
    organizations_backends.backend = CompanyBackend
    sts_backends.backend = SessionBackend


def empty() -> None:
    """Nothing is there any more, not even the management account."""
    for backends in BACKENDS.values():
        backends.clear()
    organizations_backends.master_accounts.clear()


def seed() -> None:
    """The management account with its administrator, and no organization."""
    identity = identity_backend(MANAGEMENT_ACCOUNT_ID)
    identity.create_user("us-east-1", ADMINISTRATOR)
    identity.attach_user_policy(ACCESS_POLICY, ADMINISTRATOR)
    key = identity.create_access_key(ADMINISTRATOR)
    del identity.access_keys[key.access_key_id]
    key.access_key_id, key.secret_access_key = ACCESS_KEY_ID, SECRET_ACCESS_KEY
    identity.access_keys[ACCESS_KEY_ID] = key


def places() -> set[Place]:
    """Where there are backends."""
    return {
        (service, account_id, region)
        for service, backends in BACKENDS.items()
        for account_id, regions in backends.items()
        for region in regions
    }


def find(place: Place) -> BaseBackend | None:
    """The backend, or None if there is none; none is made."""
    service, account_id, region = place
    regions = BACKENDS[service].get(account_id) if service in BACKENDS else None
    return regions.get(region) if regions else None


def fill(backends: Mapping[Place, Any]) -> None:
    """These backends take the place of all that there is. Raises `KeyError` if one is of no known service."""
    empty()
    for (service, account_id, region), backend in backends.items():
        BACKENDS[service][account_id][region] = backend
    for company in companies():
        company.claim_members()


def account_ids() -> set[str]:
    """The accounts that there are, closed ones and those outside the organization as well."""
    return set(iam_backends)
