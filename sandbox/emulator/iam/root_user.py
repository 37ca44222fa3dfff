"""Access keys of root users. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user_manage_add-key.html"""

from dataclasses import dataclass, replace

from moto.iam.exceptions import NoSuchEntity
from moto.iam.models import IAMBackend as MotoIAMBackend
from moto.iam.utils import generate_access_key_id_from_account_id, random_alphanumeric

from sandbox.emulator.iam.quotas import check_quota
from sandbox.emulator.settings import now

KEYS = 2


@dataclass(frozen=True)
class RootKey:
    """An access key. `created` is in seconds since the epoch."""

    id: str
    secret: str
    created: float
    active: bool = True


class RootUserBackend(MotoIAMBackend):
    """The part of `IAMBackend` that is about the root user."""

    # Of the class, for what an older version saved.
    root_password: bool = True
    """Whether the root user has a password."""
    root_keys: tuple[RootKey, ...] = ()

    def create_root_key(self) -> RootKey:
        check_quota("AccessKeysPerUser", len(self.root_keys) + 1, KEYS)
        id_ = generate_access_key_id_from_account_id(self.account_id, prefix="AKIA", total_length=20)
        key = RootKey(id_, random_alphanumeric(40), now())
        self.root_keys = (*self.root_keys, key)
        return key

    def root_key(self, key_id: str) -> RootKey:
        """A key of the root user. Raises `NoSuchEntity`."""
        for key in self.root_keys:
            if key.id == key_id:
                return key
        raise NoSuchEntity(f"The Access Key with id {key_id} cannot be found.")

    def update_root_key(self, key_id: str, active: bool) -> None:
        changed = replace(self.root_key(key_id), active=active)
        self.root_keys = tuple(changed if key.id == key_id else key for key in self.root_keys)

    def delete_root_key(self, key_id: str) -> None:
        gone = self.root_key(key_id)
        self.root_keys = tuple(key for key in self.root_keys if key is not gone)
