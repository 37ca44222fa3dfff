"""The emulated AWS's objects as bytes and back: pickles of which only moto's and this package's classes are made.

What is large when there are many accounts is cut up: the parts of an organization are pickled each on
their own, and refer to each other by id. A policy's targets are not written down, as each target says
what is attached to it; otherwise a policy that is attached to every account would grow with their number.
"""

from __future__ import annotations

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

from sandbox.emulator.aws_policies import aws_policy
from sandbox.emulator.organizations import CompanyBackend, PendingAccount

PARTS = (FakeAccount, FakeDelegatedAdministrator, FakeOrganizationalUnit, FakePolicy, PendingAccount)
"""The parts of an organization."""

COMPARED = (CompanyBackend, *PARTS)
"""What changes only in its attributes themselves, or in the lists, dictionaries and sets that they are."""

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


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        # An AWS managed policy is known by its ARN: its text is not saved for every account.
        if isinstance(obj, AWSManagedPolicy):
            return restore_aws_policy, (obj.arn, obj.account_id, obj.attachment_count)
        if isinstance(obj, FakePolicy):
            return vars(copyreg)["__newobj__"], (type(obj),), {**vars(obj), "attachments": []}
        return NotImplemented


class _PartPickler(_Pickler):
    def __init__(self, file: io.BytesIO, root: object):
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._root = root

    def persistent_id(self, obj: Any) -> str | None:
        return part_id(obj) if isinstance(obj, PARTS) and obj is not self._root else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, part: Callable[[str], Any]):
        super().__init__(io.BytesIO(data))
        self._part = part

    def persistent_load(self, pid: Any) -> Any:
        return self._part(pid)

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _SAFE:
            return super().find_class(module, name)
        if module.startswith(("moto.", "sandbox.emulator.")):
            found = super().find_class(module, name)
            # Not what those modules import.
            if found is restore_aws_policy or (isinstance(found, type) and found.__module__ == module):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not part of the emulated AWS")


def restore_aws_policy(arn: str, account_id: str, attachment_count: int) -> AWSManagedPolicy:
    """An AWS managed policy as it was in an account."""
    policy = aws_policy(arn, account_id)
    policy.attachment_count = attachment_count
    return policy


def part_id(part: Any) -> str:
    """The id by which the other parts of an organization refer to one of `PARTS`."""
    return f"admin-{part.account.id}" if isinstance(part, FakeDelegatedAdministrator) else str(part.id)


def parts_of(backend: Any) -> dict[str, Any]:
    """What of a backend is pickled on its own, by id; of an organization its `PARTS`, of others nothing."""
    if not isinstance(backend, CompanyBackend):
        return {}
    parts = [*backend.policies, *backend.ou, *backend.accounts, *backend.requests, *backend.admins]
    return {part_id(part): part for part in parts}


def dump(root: Any) -> bytes:
    """A backend without its parts, or a part without the others."""
    body = io.BytesIO()
    if isinstance(root, COMPARED):
        _PartPickler(body, root).dump(root)
    else:
        _Pickler(body, protocol=pickle.HIGHEST_PROTOCOL).dump(root)
    return body.getvalue()


def load(contents: Mapping[str, bytes]) -> Any:
    """A backend with its parts, from what `dump` made of them: the parts by id, the backend itself as "".

    Raises `pickle.UnpicklingError` or whatever else comes of content that `dump` did not make.
    """
    parts: dict[str, Any] = {}

    def part(name: str) -> Any:
        if name not in parts:
            if name not in contents:
                raise pickle.UnpicklingError(f"{name} is missing")
            parts[name] = _Unpickler(contents[name], part).load()
        return parts[name]

    backend = part("")
    if isinstance(backend, CompanyBackend):
        for target in backend.targets():
            for policy in target.attached_policies:
                policy.attachments.append(target)
    return backend
