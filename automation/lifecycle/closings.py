"""What AWS's quota makes worth remembering: which accounts were closed when, and which wait for their turn.

AWS counts the accounts that were closed within 30 days and tells nobody when. So the file stacks/closing.<env>.yaml
has it, for everybody who works with the repository.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from automation.runs import Run
from shared.errors import ConfigError
from shared.layers import StackId

COUNTED = timedelta(days=30)
"""How long AWS counts a closed account."""

_HEAD = (
    "# Written by `invoke close-account NAME`; commit it. AWS counts the accounts that were closed within 30 days.\n"
)


@dataclass
class Closings:
    """`closed` has the time by account id, `waiting` the time since when by the account's name here."""

    file: Path
    closed: dict[str, datetime] = field(default_factory=dict)
    waiting: dict[str, datetime] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path, environment: str) -> Closings:
        """What the environment's file has; empty if there is none. Raises `ConfigError`."""
        file = root / "stacks" / f"closing.{environment}.yaml"
        try:
            document = yaml.safe_load(file.read_text()) or {}
            return cls(file, _times(document.get("closed")), _times(document.get("waiting")))
        except FileNotFoundError:
            return cls(file)
        except (yaml.YAMLError, ValueError, AttributeError, TypeError):
            raise ConfigError(
                [
                    f"{file.relative_to(root)} cannot be read; allowed: closed and waiting, each a mapping of an "
                    "account to a time such as 2026-11-25T05:04:31+00:00, or no such file"
                ]
            ) from None

    def wait(self, name: str, now: datetime) -> None:
        """The account `name` waits until AWS closes accounts again."""
        self.waiting.setdefault(name, now)
        self._write(now)

    def ask(self, account_id: str, now: datetime) -> None:
        """AWS is about to be asked to close the account."""
        self.closed[account_id] = now
        self._write(now)

    def refused(self, account_id: str, earlier: datetime | None, now: datetime) -> None:
        """AWS does not close the account, which it had closed `earlier`, if it had."""
        self.closed.pop(account_id, None)
        if earlier:
            self.closed[account_id] = earlier
        self._write(now)

    def close(self, name: str, account_id: str, now: datetime) -> None:
        """AWS closes the account."""
        self.closed.setdefault(account_id, now)
        self.waiting.pop(name, None)
        self._write(now)

    def rename(self, old: str, new: str, now: datetime) -> None:
        """The account that waits, if it does, has another name here."""
        if old in self.waiting:
            self.waiting[new] = self.waiting.pop(old)
            self._write(now)

    def drop(self, name: str, now: datetime) -> None:
        """The account, if it waited, waits no longer."""
        if self.waiting.pop(name, None):
            self._write(now)

    def counted(self, now: datetime) -> dict[str, datetime]:
        """Those that AWS counts."""
        return {key: time for key, time in self.closed.items() if time + COUNTED > now}

    def next_slot(self, now: datetime) -> datetime | None:
        """When AWS stops counting the one that was closed first; None if none that it counts is known."""
        counted = self.counted(now).values()
        return min(counted) + COUNTED if counted else None

    def _write(self, now: datetime) -> None:
        content = {"closed": _texts(self.counted(now)), "waiting": _texts(self.waiting)}
        content = {key: times for key, times in content.items() if times}
        if not content:
            self.file.unlink(missing_ok=True)
            return
        new = self.file.with_name(f"{self.file.name}.new")
        new.write_text(_HEAD + yaml.safe_dump(content, sort_keys=True))
        new.replace(self.file)


def remind(run: Run, _chosen: Sequence[StackId], doing: str) -> None:
    """A guard that refuses nothing: it names the accounts that wait to be closed, which no run does by itself."""
    if doing != "deploy":
        return
    for name in Closings.read(run.engine.root, run.environment.name).waiting:
        stack = StackId("accounts", run.environment.name, name)
        if stack in run.stacks:
            run.console.print(f"{stack.label} waits to be closed; go on with: {command(stack)}", markup=False)


def command(stack: StackId) -> str:
    """The command that closes the account."""
    return f"invoke close-account {stack.account} --env {stack.environment}"


def _times(value: Any) -> dict[str, datetime]:
    times = {str(key): datetime.fromisoformat(str(time)) for key, time in (value or {}).items()}
    return {key: time if time.tzinfo else time.replace(tzinfo=UTC) for key, time in times.items()}


def _texts(times: dict[str, datetime]) -> dict[str, str]:
    return {key: time.isoformat(timespec="seconds") for key, time in times.items()}
