"""Sessions: moto's backend of STS, which here keeps whose they are and when they end."""

import time
from dataclasses import dataclass, field
from typing import cast

from moto.sts.models import STSBackend as MotoSTSBackend
from moto.sts.models import sts_backends


@dataclass
class Session:
    """Temporary credentials, and whose they are.

    `principal_id` is the id of the user or role, not its name: one that is deleted and made again is another one. Times
    are in seconds since the epoch.
    """

    access_key_id: str
    secret_access_key: str
    session_token: str
    account_id: str
    principal_id: str
    issued: float
    expires: float
    name: str | None = None
    """The role session name; None for the session of a user."""
    mfa_since: float | None = None
    policies: list[str] = field(default_factory=list)
    policy_arns: list[str] = field(default_factory=list)
    provider: str | None = None
    """The ARN of the identity provider whose token opened the session."""
    # What follows has a default of its class, for sessions that an older version saved.
    tags: tuple[tuple[str, str], ...] = ()
    """The session tags: keys and values."""
    transitive: tuple[str, ...] = ()
    """The keys of those tags that the next role of a chain inherits."""
    source_identity: str | None = None
    assumed_root: bool = False
    """Whether it is a privileged session of a member account's root user; `policy_arns` has its task policy."""


class STSBackend(MotoSTSBackend):
    """STS of one account."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.sessions: dict[str, Session] = {}

    def add(self, session: Session) -> None:
        """Keep the session, and drop those that ended over an hour ago."""
        limit = time.time() - 3600
        self.sessions = {key: kept for key, kept in self.sessions.items() if kept.expires > limit}
        self.sessions[session.access_key_id] = session


def sts_backend(account_id: str) -> STSBackend:
    """STS of the account, made when it is first asked for."""
    return cast(STSBackend, sts_backends[account_id]["aws"])
