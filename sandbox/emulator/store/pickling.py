"""The emulated AWS's objects as bytes and back, as pickles. Only classes of moto and of this package are loaded.

An organization grows with its accounts, so each part of it is pickled on its own, and the parts refer to each other by
id. A policy is pickled without its targets, since each target knows what is attached to it: otherwise a policy that is
attached to every account would grow with their number.
"""

import copyreg
import io
import pickle
from collections.abc import Callable, Mapping
from typing import Any

from moto.iam.models import AWSManagedPolicy
from moto.organizations.models import (
    FakeAccount,
    FakeDelegatedAdministrator,
    FakeOrganizationalUnit,
    FakePolicy,
)

from sandbox.emulator.iam.aws_managed_policies import aws_policy
from sandbox.emulator.organizations.models import OrganizationsBackend, PendingAccount

PARTS = (FakeAccount, FakeDelegatedAdministrator, FakeOrganizationalUnit, FakePolicy, PendingAccount)
"""The parts of an organization."""

COMPARED = (OrganizationsBackend, *PARTS)
"""Classes whose attributes are plain values, or lists, dictionaries and sets of them: to compare the attributes is
enough to see a change."""

_SAFE = frozenset(
    {
        ("builtins", "dict"),
        ("builtins", "frozenset"),
        ("builtins", "set"),
        ("collections", "OrderedDict"),
        ("collections", "defaultdict"),
        ("copyreg", "_reconstructor"),
        ("builtins", "object"),
        ("datetime", "datetime"),
        ("datetime", "timezone"),
        ("datetime", "timedelta"),
        ("re", "_compile"),
    }
)


RENAMED = {
    ("moto.account.models", "AccountBackend"): ("sandbox.emulator.account.models", "AccountBackend"),
    ("sandbox.emulator.backup", "VaultBackend"): ("sandbox.emulator.backup.models", "BackupBackend"),
    ("sandbox.emulator.callers", "Session"): ("sandbox.emulator.sts.models", "Session"),
    ("sandbox.emulator.callers", "SessionBackend"): ("sandbox.emulator.sts.models", "STSBackend"),
    ("sandbox.emulator.ebs", "EncryptionBackend"): ("sandbox.emulator.ec2.models", "EC2Backend"),
    ("sandbox.emulator.iam", "IdentityBackend"): ("sandbox.emulator.iam.models", "IAMBackend"),
    ("sandbox.emulator.organization_attachments", "Policy"): ("sandbox.emulator.organizations.policies", "Policy"),
    ("sandbox.emulator.organizations", "CompanyBackend"): (
        "sandbox.emulator.organizations.models",
        "OrganizationsBackend",
    ),
    ("sandbox.emulator.organizations", "PendingAccount"): ("sandbox.emulator.organizations.models", "PendingAccount"),
    ("sandbox.emulator.pickling", "restore_aws_policy"): ("sandbox.emulator.store.pickling", "restore_aws_policy"),
}
"""What the saved state of an older version calls a class, and what it is called now."""


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, root: object):
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._root = root

    def persistent_id(self, obj: Any) -> str | None:
        return part_id(obj) if isinstance(obj, PARTS) and obj is not self._root else None

    def reducer_override(self, obj: Any) -> Any:
        # The ARN is enough for an AWS managed policy: its text is not saved for every account.
        if isinstance(obj, AWSManagedPolicy):
            return restore_aws_policy, (obj.arn, obj.account_id, obj.attachment_count)
        if isinstance(obj, FakePolicy):
            return vars(copyreg)["__newobj__"], (type(obj),), {**vars(obj), "attachments": []}
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, part: Callable[[str], Any]):
        super().__init__(io.BytesIO(data))
        self._part = part

    def persistent_load(self, pid: Any) -> Any:
        return self._part(pid)

    def find_class(self, module: str, name: str) -> Any:
        module, name = RENAMED.get((module, name), (module, name))
        if (module, name) in _SAFE:
            return super().find_class(module, name)
        if module.startswith(("moto.", "sandbox.emulator.")):
            found = super().find_class(module, name)
            # Only what those modules define, not what they import.
            if found is restore_aws_policy or (isinstance(found, type) and found.__module__ == module):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not part of the emulated AWS")


def restore_aws_policy(arn: str, account_id: str, attachment_count: int) -> AWSManagedPolicy:
    """An AWS managed policy of an account, made from what was saved of it."""
    policy = aws_policy(arn, account_id)
    policy.attachment_count = attachment_count
    return policy


def part_id(part: Any) -> str:
    """The id by which the other parts of an organization refer to one of `PARTS`."""
    return f"admin-{part.account.id}" if isinstance(part, FakeDelegatedAdministrator) else str(part.id)


def parts_of(backend: Any) -> dict[str, Any]:
    """What is pickled on its own, by id: the `PARTS` of an organization; other backends have none."""
    if not isinstance(backend, OrganizationsBackend):
        return {}
    parts: list[Any] = [*backend.policies, *backend.ou, *backend.accounts, *backend.requests]
    return {part.id: part for part in parts} | {part_id(admin): admin for admin in backend.admins}


def dump(root: Any) -> bytes:
    """A backend without its parts, or a part without the others."""
    body = io.BytesIO()
    _Pickler(body, root).dump(root)
    return body.getvalue()


def load(contents: Mapping[str, bytes]) -> Any:
    """A backend with its parts, from what `dump` made of them: the parts by id, the backend itself under "".

    Content that `dump` did not make raises `pickle.UnpicklingError` or any other error.
    """
    parts: dict[str, Any] = {}

    def part(name: str) -> Any:
        if name not in parts:
            if name not in contents:
                raise pickle.UnpicklingError(f"{name} is missing")
            parts[name] = _Unpickler(contents[name], part).load()
        return parts[name]

    backend = part("")
    if isinstance(backend, OrganizationsBackend):
        for target in backend.targets():
            for policy in target.attached_policies:
                policy.attachments.append(target)
    return backend
