"""Stacks of an environment that are in the backend and have no configuration file: the file was removed or renamed.

No command works on them, because every command begins with the files. So every command names them, and an account that
such a stack manages is not taken over by another stack.
"""

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automation.backend import resources
from automation.runs import Run, listing
from automation.selection.removed import ways
from automation.stack_files import read_raw
from shared.errors import ConfigError, LayerError, UsageError
from shared.layers import LAYERS, StackId, parse_stack
from shared.settings.checks import counted

ACCOUNT = "aws:organizations/account:Account"


@dataclass(frozen=True)
class Account:
    """A member account in a stack's state. Texts that are secret there are None."""

    id: str
    name: str | None
    email: str | None


@dataclass(frozen=True)
class Undeclared:
    """A stack without a file. `held` is the number of its resources, pending ones included."""

    stack: StackId
    held: int
    account: Account | None = None

    def __str__(self) -> str:
        return f"{self.what}: {self.ways}"

    @property
    def what(self) -> str:
        """What was found."""
        count = counted(self.held, "resource")
        return f"the stack {self.stack.label} ({self.stack.name}) has {count} in the state and no file"

    @property
    def ways(self) -> str:
        """What the user can do about it."""
        return ways(self.stack)


def mention(run: Run, chosen: Sequence[StackId]) -> None:
    """Name the undeclared stacks on standard error, for a command whose standard output is for scripts."""
    for each in concerned(undeclared(run), run.stacks, chosen):
        print(each, file=sys.stderr)


def undeclared(run: Run) -> list[Undeclared]:
    """The stacks of the environment that hold something and have no file. Raises `UsageError`."""
    found = []
    for stack in sorted(of_environment(listing(run), run.environment.name) - set(run.stacks)):
        state = run.states.whole(stack)
        held = count(state)
        if held:
            found.append(Undeclared(stack, held, account_in(state)))
    return found


def count(state: Mapping[str, Any]) -> int:
    """How many resources a state holds, pending ones included."""
    return len(resources.held(state)) + len(resources.parts(state)[1])


def account_in(state: Mapping[str, Any]) -> Account | None:
    """The member account that a state has."""
    for each in resources.parts(state)[0]:
        if each.get("type") == ACCOUNT and each.get("id"):
            inputs = each.get("inputs", {})
            name, email = (value if isinstance(value, str) else None for value in map(inputs.get, ("name", "email")))
            return Account(str(each["id"]), name, email)
    return None


def of_environment(names: Iterable[tuple[str, str]], environment: str) -> set[StackId]:
    """The stacks of `environment` among `names`, which are pairs of a project and a stack's name."""
    found = set()
    for project, name in names:
        if project in LAYERS and name.partition(".")[0] == environment:
            try:
                found.add(parse_stack(project, name))
            except LayerError:
                continue  # of another repository with a project of that name
    return found


def guard(run: Run, chosen: Sequence[StackId], doing: str) -> None:
    """Name the undeclared stacks to whoever works on all stacks of their layers, and refuse what would harm them.

    Raises `UsageError` for work on a new stack whose account such a stack manages, and for destroying what it reads.
    """
    if doing == "change":  # a command about the life of one account, which such a stack may have
        return
    found = undeclared(run)
    if doing in ("deploy", "preview", "refresh"):  # an import is a refresh, too
        _refuse_second_stack(run, chosen, found)
    if doing == "destroy":
        _refuse_destroying_under(chosen, found)
    for each in concerned(found, run.stacks, chosen):
        run.tell(str(each))


def concerned(
    found: Iterable[Undeclared], stacks: Collection[StackId], chosen: Collection[StackId]
) -> list[Undeclared]:
    """The ones of layers of which every stack was chosen: who works on one account need not hear of the others."""
    partly = {stack.layer for stack in set(stacks) - set(chosen)}
    return [each for each in found if each.stack.layer not in partly]


def _refuse_destroying_under(chosen: Sequence[StackId], found: Iterable[Undeclared]) -> None:
    using = [each for each in found if set(each.stack.upstream()) & set(chosen)]
    if using:
        raise UsageError(
            "nothing was destroyed: these read what would be destroyed, and no file has them\n"
            + "\n".join(f"  {each}" for each in using)
        )


def _refuse_second_stack(run: Run, chosen: Sequence[StackId], found: Iterable[Undeclared]) -> None:
    managed = [(each.stack, each.account) for each in found if each.account]
    problems = []
    for stack in chosen if managed else ():
        name, email = _names_of(stack, run)
        for old, account in managed:
            if not _same(account, name, email):
                continue
            own = account_in(run.states.whole(stack))
            if own is None:
                problems.append(
                    f"{stack.label} has the account that the stack {old.label} manages ({account.id}): "
                    f"invoke rename-account {old.account} {stack.account} --env {run.environment.name}"
                )
            elif own.id == account.id:
                problems.append(
                    f"{stack.label} and the stack {old.label}, which has no file, both manage account {account.id}: "
                    f"invoke forget-account {old.account} --env {run.environment.name}"
                )
    if problems:
        raise UsageError("nothing was changed:\n" + "\n".join(problems))


def _same(account: Account, name: str | None, email: str | None) -> bool:
    if account.email and email:
        return account.email.lower() == email.lower()
    return account.name is not None and account.name == name


def _names_of(stack: StackId, run: Run) -> tuple[str | None, str | None]:
    """Name and e-mail address in an account's file; None for what is missing or encrypted."""
    if stack.account is None:
        return None, None
    try:
        raw, _secrets = read_raw(stack, run.engine.root)
    except ConfigError:
        return None, None  # the check of the files has reported it
    name, email = (
        value if isinstance(value, str) else None for value in map(raw.get, ("accounts:name", "accounts:email"))
    )
    return name, email
