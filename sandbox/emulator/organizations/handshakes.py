"""Handshakes: accounts are invited into the organization, and asked to let it have all features.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_Handshake.html
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.emulator.organizations.account_life import DAY
from sandbox.emulator.organizations.delegation import DelegationBackend
from sandbox.emulator.organizations.exceptions import client_error, handshake_violation
from sandbox.emulator.settings import now

INVITE, ENABLE_ALL_FEATURES = "INVITE", "ENABLE_ALL_FEATURES"
PENDING = frozenset({"OPEN", "REQUESTED"})

EXPIRES_DAYS = {INVITE: 15, ENABLE_ALL_FEATURES: 90}
KEPT_DAYS = 30
"""How long AWS still shows a handshake that was answered."""


@dataclass(frozen=True)
class Handshake:
    """A request of the organization, to an account or (`account_id` is None) to its own management account."""

    id: str
    action: str
    state: str
    requested: float
    expires: float
    account_id: str | None = None
    address: str | None = None
    """The e-mail address by which the account was invited."""
    notes: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    parent: str | None = None
    answered: float | None = None

    def at(self, time: float) -> "Handshake":
        """The handshake as it is at that time: unanswered ones expire."""
        return replace(self, state="EXPIRED") if self.state in PENDING and time >= self.expires else self

    def shown_at(self, time: float) -> bool:
        return time < (self.answered or self.expires) + KEPT_DAYS * DAY


class HandshakesBackend(DelegationBackend):
    """The part of `OrganizationsBackend` that is about handshakes which this organization has sent."""

    def _reset(self) -> None:
        super()._reset()
        self._handshakes: tuple[Handshake, ...] = ()

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        super().__setstate__({"_handshakes": (), **state})

    def handshakes(self) -> list[Handshake]:
        """Those that AWS still shows, as they are now."""
        time = now()
        return [handshake.at(time) for handshake in self._handshakes if handshake.shown_at(time)]

    def invite(self, account_id: str, address: str | None, notes: str | None, tags: Mapping[str, str]) -> Handshake:
        """Invite an account, by its id or by its address. The account is known to be in no organization, or in
        another one."""
        pending = [handshake for handshake in self.handshakes() if handshake.state in PENDING]
        if any(handshake.action == ENABLE_ALL_FEATURES for handshake in pending):
            raise handshake_violation(
                "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES",
                "You can't issue new invitations to join an organization while it's in the process of enabling all "
                "features.",
            )
        if any(handshake.account_id == account_id for handshake in pending):
            raise client_error("DuplicateHandshakeException", "A handshake with the same action and target exists.")
        return self._send(
            INVITE, "OPEN", account_id=account_id, address=address, notes=notes, tags=tuple(sorted(tags.items()))
        )

    def enable_all_features(self) -> Handshake:
        """Ask every account that was invited; those that were made here need not agree."""
        if self.organization.feature_set == "ALL":
            raise handshake_violation(
                "ORGANIZATION_ALREADY_HAS_ALL_FEATURES", "The organization has already enabled all features."
            )
        if any(each.action == ENABLE_ALL_FEATURES and each.state in PENDING for each in self.handshakes()):
            raise handshake_violation(
                "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION",
                "The organization has already started the process to enable all features.",
            )
        asked = [account.id for account in self.accounts[1:] if account.joined_method == "INVITED"]
        # OPEN: the management account can complete it.
        parent = self._send(ENABLE_ALL_FEATURES, "REQUESTED" if asked else "OPEN")
        for account_id in asked:
            self._send(ENABLE_ALL_FEATURES, "REQUESTED", account_id=account_id, parent=parent.id)
        return parent

    def _send(self, action: str, state: str, **fields: Any) -> Handshake:
        time, id_ = now(), f"h-{secrets.token_hex(16)}"
        made = Handshake(id_, action, state, time, time + EXPIRES_DAYS[action] * DAY, **fields)
        self._handshakes = (*self._handshakes, made)
        return made

    def answer(self, handshake: Handshake, state: str) -> Handshake:
        """Accept, decline or cancel it, and what hangs on it."""
        check_transition(handshake, state)
        if handshake.action == ENABLE_ALL_FEATURES and handshake.parent is None:
            if state == "ACCEPTED":
                self.organization.feature_set = "ALL"
            else:
                asked = [each for each in self.handshakes() if each.parent == handshake.id]
                self._change({each.id: state for each in asked if each.state in PENDING})
        self._change({handshake.id: state})
        if handshake.parent and state == "ACCEPTED":
            siblings = [each for each in self.handshakes() if each.parent == handshake.parent]
            if all(each.state == "ACCEPTED" for each in siblings):
                self._change({handshake.parent: "OPEN"})
        return next(each for each in self.handshakes() if each.id == handshake.id)

    def _change(self, states: Mapping[str, str]) -> None:
        self._handshakes = tuple(
            replace(each, state=states[each.id], answered=None if states[each.id] in PENDING else now())
            if each.id in states
            else each
            for each in self._handshakes
        )

    def describe_handshake(self, handshake: Handshake) -> dict[str, Any]:
        organization, action = self.organization, handshake.action.lower()
        account = [{"Id": handshake.address, "Type": "EMAIL"}] if handshake.address else []
        if not account and handshake.account_id:
            account = [{"Id": handshake.account_id, "Type": "ACCOUNT"}]
        sender = [
            {"Type": "MASTER_EMAIL", "Value": self.accounts[0].email},
            {"Type": "MASTER_NAME", "Value": self.accounts[0].name},
            {"Type": "ORGANIZATION_FEATURE_SET", "Value": organization.feature_set},
        ]
        resources: list[dict[str, Any]] = [{"Type": "ORGANIZATION", "Value": organization.id, "Resources": sender}]
        resources += [{"Type": party["Type"], "Value": party["Id"]} for party in account]
        if handshake.notes:
            resources.append({"Type": "NOTES", "Value": handshake.notes})
        if handshake.parent:
            resources.append({"Type": "PARENT_HANDSHAKE", "Value": handshake.parent})
        return {
            "Id": handshake.id,
            "Arn": f"arn:aws:organizations::{self.account_id}:handshake/{organization.id}/{action}/{handshake.id}",
            "Parties": [{"Id": organization.id, "Type": "ORGANIZATION"}, *account],
            "State": handshake.state,
            "RequestedTimestamp": handshake.requested,
            "ExpirationTimestamp": handshake.expires,
            "Action": handshake.action,
            "Resources": resources,
        }


def check_transition(handshake: Handshake, state: str) -> None:
    """Raise what AWS answers if the handshake cannot get into that state."""
    if handshake.state == state:
        raise client_error("HandshakeAlreadyInStateException", "The specified handshake is already in that state.")
    to_be_completed = handshake.state == "OPEN" or handshake.account_id is not None or state != "ACCEPTED"
    if handshake.state not in PENDING or not to_be_completed:
        raise client_error(
            "InvalidHandshakeTransitionException", "You can't perform the operation on the handshake in its state."
        )
