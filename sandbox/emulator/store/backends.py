"""The backends of all services: which there are, how they begin, and how all of them are replaced."""

import warnings
from collections.abc import Mapping
from typing import Any

from moto.account.models import account_backends
from moto.backup.models import backup_backends
from moto.core import base_backend
from moto.core.base_backend import BackendDict, BaseBackend
from moto.iam.models import iam_backends
from moto.identitystore.models import identitystore_backends
from moto.organizations.models import organizations_backends
from moto.s3control.models import s3control_backends
from moto.ssoadmin.models import ssoadmin_backends
from moto.sts.models import sts_backends

from sandbox.credentials import ACCESS_KEY_ID, ADMINISTRATOR, MANAGEMENT_ACCOUNT_ID, SECRET_ACCESS_KEY
from sandbox.emulator.account.models import AccountBackend
from sandbox.emulator.backup.models import BackupBackend
from sandbox.emulator.budgets.models import budgets_backends
from sandbox.emulator.ec2.models import ec2_backends
from sandbox.emulator.iam.models import IAMBackend, iam_backend
from sandbox.emulator.iam.trust_policies import know_root_users
from sandbox.emulator.identity_store.models import IdentityStoreBackend
from sandbox.emulator.organizations.delegation import know_all_services
from sandbox.emulator.organizations.models import ACCESS_POLICY, OrganizationsBackend, all_organizations
from sandbox.emulator.organizations.policies import know_all_policy_types
from sandbox.emulator.settings import settings_backends
from sandbox.emulator.sso_admin.models import SSOAdminBackend
from sandbox.emulator.store.dirty_tracking import AccountBackends, BackendKey
from sandbox.emulator.sts.models import STSBackend

BACKENDS: dict[str, BackendDict[Any]] = {
    "account": account_backends,
    "backup": backup_backends,
    "budgets": budgets_backends,
    "ec2": ec2_backends,
    "iam": iam_backends,
    "identitystore": identitystore_backends,
    "organizations": organizations_backends,
    "s3control": s3control_backends,
    "sandbox": settings_backends,
    "sso-admin": ssoadmin_backends,
    "sts": sts_backends,
}
"""By moto's name of the service: what is saved and restored."""


def install() -> None:
    """From now on moto makes this project's backends for every account."""
    # AWS's general errors, as InvalidClientTokenId, are in no service's model, which moto warns of each time.
    warnings.filterwarnings("ignore", message=".*does not match an error shape")
    vars(base_backend)["AccountSpecificBackend"] = AccountBackends
    account_backends.backend = AccountBackend
    backup_backends.backend = BackupBackend
    iam_backends.backend = IAMBackend
    identitystore_backends.backend = IdentityStoreBackend
    organizations_backends.backend = OrganizationsBackend
    ssoadmin_backends.backend = SSOAdminBackend
    sts_backends.backend = STSBackend
    know_all_services()
    know_all_policy_types()
    know_root_users()


def empty() -> None:
    """Drop everything, the management account too."""
    for backends in BACKENDS.values():
        backends.clear()
    organizations_backends.master_accounts.clear()


def seed() -> None:
    """The management account with its administrator, and no organization."""
    identity = iam_backend(MANAGEMENT_ACCOUNT_ID)
    identity.create_user("us-east-1", ADMINISTRATOR)
    identity.attach_user_policy(ACCESS_POLICY, ADMINISTRATOR)
    key = identity.create_access_key(ADMINISTRATOR)
    del identity.access_keys[key.access_key_id]
    key.access_key_id, key.secret_access_key = ACCESS_KEY_ID, SECRET_ACCESS_KEY
    identity.access_keys[ACCESS_KEY_ID] = key


def keys() -> set[BackendKey]:
    """The keys of all backends that were made."""
    return {
        (service, account_id, region)
        for service, backends in BACKENDS.items()
        for account_id, regions in backends.items()
        for region in regions
    }


def find(key: BackendKey) -> BaseBackend | None:
    """The backend, or None: unlike moto, this makes none."""
    service, account_id, region = key
    regions = BACKENDS[service].get(account_id) if service in BACKENDS else None
    return regions.get(region) if regions else None


def replace_all(backends: Mapping[BackendKey, Any]) -> None:
    """Drop everything and put these backends there. Raises `KeyError` for a service that is not known."""
    empty()
    for (service, account_id, region), backend in backends.items():
        BACKENDS[service][account_id][region] = backend
    for organization in all_organizations():
        organization.register_members()
