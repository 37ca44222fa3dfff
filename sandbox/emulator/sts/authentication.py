"""Authentication: from a request's access key and session token to the principal. Signatures are not checked."""

import base64
import time
from collections.abc import Iterator
from typing import Any, cast

from moto.core.base_backend import BackendDict, BaseBackend
from moto.iam.models import Role, User, iam_backends
from moto.iam.utils import ACCOUNT_OFFSET, AWS_ROLE_ALPHABET
from moto.sts.models import sts_backends

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.models import IAMBackend, iam_backend
from sandbox.emulator.organizations.models import account_is_closed
from sandbox.emulator.sts.callers import Caller, RootUser
from sandbox.emulator.sts.models import STSBackend

__all__ = ["Caller", "InvalidCredentials", "authenticate"]


class InvalidCredentials(AwsError):
    """AWS's refusal of an access key or session token."""

    def __init__(self, code: str, message: str):
        super().__init__(code, message, 403)


def authenticate(access_key_id: str, session_token: str | None) -> Caller:
    """The principal that an access key belongs to. Raises `InvalidCredentials`.

    https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
    """
    caller = _session_caller(access_key_id, session_token) or _user_caller(access_key_id, session_token)
    if caller is None or account_is_closed(caller.account_id):
        raise InvalidCredentials("InvalidClientTokenId", "The security token included in the request is invalid.")
    return caller


def _possible(backends: BackendDict[Any], access_key_id: str) -> Iterator[tuple[str, BaseBackend]]:
    """The accounts that an access key may belong to, with their backends; first the one that its id names."""
    try:
        written = 2 * (int.from_bytes(base64.b32decode(access_key_id[4:12]), "big") - ACCOUNT_OFFSET)
    except ValueError:
        written = 0
    account_id = f"{written + (access_key_id[12:13] in AWS_ROLE_ALPHABET[16:]):012d}"
    if account_id in backends:
        yield account_id, backends[account_id]["aws"]
    # The id of the sandbox administrator's key names no account.
    for account_id, _region, backend in backends.iter_backends():
        yield account_id, backend


def _session_caller(access_key_id: str, session_token: str | None) -> Caller | None:
    if not session_token:
        return None
    for account_id, sessions in _possible(sts_backends, access_key_id):
        session = cast(STSBackend, sessions).sessions.get(access_key_id)
        if session is None:
            continue
        if session.session_token != session_token:
            return None
        if session.expires <= time.time():
            raise InvalidCredentials("ExpiredToken", "The security token included in the request is expired")
        if session.assumed_root:
            return Caller(account_id, RootUser(account_id), session)
        backend = iam_backend(account_id)
        entities: list[User | Role] = [*backend.users.values(), *backend.roles.values()]
        for entity in entities:
            if entity.id == session.principal_id:
                return Caller(account_id, entity, session)
    return None


def _user_caller(access_key_id: str, session_token: str | None) -> Caller | None:
    if session_token:
        return None
    for account_id, found in _possible(iam_backends, access_key_id):
        backend = cast(IAMBackend, found)
        key = backend.access_keys.get(access_key_id)
        if key is not None and key.user_name in backend.users and key.status == "Active":
            return Caller(account_id, backend.users[key.user_name])
        if any(each.id == access_key_id and each.active for each in backend.root_keys):
            return Caller(account_id, RootUser(account_id))
    return None
