"""Faults on demand: the next calls of an action fail, wait or get no answer, or the account they ask for fails."""

import threading
from dataclasses import asdict, dataclass
from typing import Any

CREATION_FAILURES = frozenset(
    {
        "ACCOUNT_LIMIT_EXCEEDED",
        "EMAIL_ALREADY_EXISTS",
        "INVALID_ADDRESS",
        "INVALID_EMAIL",
        "CONCURRENT_ACCOUNT_MODIFICATION",
        "INTERNAL_FAILURE",
        "PENDING_BUSINESS_VALIDATION",
        "UNKNOWN_BUSINESS_VALIDATION",
        "MISSING_PAYMENT_INSTRUMENT",
    }
)
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccountStatus.html"""


class FaultError(Exception):
    """The request is not a list of faults; the message says why."""


@dataclass
class Fault:
    """What happens to the next `times` calls of `service`:`action`.

    With a `code` the call is answered by that error; without one it is only delayed by
    `delay_seconds`. For CreateAccount, a `code` that is a failure reason lets the call succeed and
    the account fail, and `IN_PROGRESS` keeps the account in progress for `delay_seconds`. For CloseAccount,
    `IN_PROGRESS` keeps it PENDING_CLOSURE for as long.

    With `lost` the call is carried out and the connection is then closed without an answer: the caller cannot know
    whether it was.
    """

    service: str
    action: str
    code: str = ""
    message: str = "A fault of the sandbox."
    status: int = 400
    times: int = 1
    delay_seconds: float = 0.0
    lost: bool = False

    @property
    def of_the_account(self) -> dict[str, Any] | None:
        """What happens to the account, if the fault is one of the account and not of the call."""
        if self.action in ("CreateAccount", "CloseAccount") and self.code == "IN_PROGRESS":
            return {"seconds": self.delay_seconds}
        creation = self.action == "CreateAccount" and self.code in CREATION_FAILURES
        return {"failure": self.code} if creation else None


class Faults:
    """The faults that have not happened yet, in the order in which they were given."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, entries: Any) -> list[dict[str, Any]]:
        """Add a JSON list of faults, and return all that have not happened yet. Raises `FaultError`."""
        if not isinstance(entries, list):
            raise FaultError("the body is not a JSON list of faults")
        new = [_fault(entry) for entry in entries]
        with self._lock:
            self._faults += new
            return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, service: str, action: str | None) -> Fault | None:
        """The fault for this call, if there is one; it is counted as one of its `times`."""
        with self._lock:
            for fault in self._faults:
                if (fault.service, fault.action) == (service, action):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return fault
        return None


_FIELDS: dict[str, tuple[Any, str]] = {
    **dict.fromkeys(("service", "action", "code", "message"), (str, "a text")),
    **dict.fromkeys(("status", "times"), (int, "a number")),
    "delay_seconds": (int | float, "a number"),
    "lost": (bool, "true or false"),
}


def _fault(entry: Any) -> Fault:
    if not isinstance(entry, dict) or not {"service", "action"} <= set(entry) <= set(_FIELDS):
        raise FaultError(f"{entry!r}: a fault has service and action, and may have {', '.join(sorted(_FIELDS))}")
    for name, value in entry.items():
        kind, called = _FIELDS[name]
        # To Python, True is a number.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise FaultError(f"{name} is {value!r}; it must be {called}")
    return Fault(**entry)
