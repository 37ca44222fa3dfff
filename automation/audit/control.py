"""What a control is, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from automation.audit.facts import Facts
from automation.aws import AwsFailed


class State(StrEnum):
    """What became of a control. One that could not be decided has not passed; `REVIEW` is for people to read."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REVIEW = "review"


@dataclass(frozen=True)
class Verdict:
    """The state of a control, what was found, and how each finding is fixed."""

    state: State
    what: str
    fixes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Control:
    """One line of the audit. `page` is where AWS says it. `check` raises `AwsFailed` for what AWS does not answer."""

    id: str
    title: str
    page: str
    check: Callable[[Facts], Verdict]

    def decide(self, facts: Facts) -> Verdict:
        """The verdict; `UNKNOWN` with AWS's reason where AWS cannot be asked."""
        try:
            return self.check(facts)
        except AwsFailed as error:
            return Verdict(State.UNKNOWN, reason(error))


def reason(error: AwsFailed) -> str:
    """What AWS said, without the hint at `invoke doctor` that a whole command would end with."""
    return str(error).partition("; whose credentials these are")[0]


def passed(what: str) -> Verdict:
    """The control holds."""
    return Verdict(State.OK, what)


def judged(found: Iterable[str], good: str, fixes: Iterable[str], unasked: Iterable[str] = ()) -> Verdict:
    """Failed if anything was found; else unknown if something could not be asked; else passed, with `good`."""
    wrong, unknown = list(found), list(unasked)
    if wrong:
        return Verdict(State.FAILED, "; ".join([*wrong, *unknown]), tuple(dict.fromkeys(fixes)))
    return Verdict(State.UNKNOWN, "; ".join(unknown)) if unknown else passed(good)
