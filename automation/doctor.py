"""`invoke doctor`: what this project would run with, and what to do about each part that is missing."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from automation import caller
from automation.aws import AwsFailed
from automation.environments import environment
from automation.inventory.doctor import undeclared_stacks
from automation.management_account import KEY
from engine import checks
from engine.checks import Check
from engine.install import find_engine
from shared.errors import ConfigError, LayerError
from shared.layers import ROOT, SANDBOX, StackId, discover
from shared.settings.checks import counted


def diagnose(name: str = SANDBOX, root: Path = ROOT) -> list[Check]:
    """Check everything that a run of the environment `name` needs. Nothing is changed, installed or started.

    AWS calls and engine commands have a time limit of a few seconds. The result contains no secrets.
    """
    passed_over: list[str] = []
    engine = find_engine(root, passed_over.append)
    found = [checks.release(ROOT), checks.python(), checks.sdk()]
    found += [checks.found_engine(engine, passed_over), checks.language_host(engine)]
    if engine is None:
        found.append(checks.go())
    where = environment(name, root)
    found += where.checks(engine)
    try:
        stacks = discover(name, root)
    except LayerError as error:
        return [*found, Check("configuration", False, str(error), "create the file that is missing")]
    labels = ", ".join(stack.label for stack in stacks)
    found.append(Check("configuration", True, f"{counted(len(stacks), 'stack')}: {labels}"))
    if not where.disposable:
        found.append(_bound(stacks, root))
    return found + (undeclared_stacks(where, engine, stacks, root) if engine else [])


def show(console: Console, found: Sequence[Check]) -> None:
    """Print a line for each check, and below it what to do if it is not ok."""
    width = max(len(check.name) for check in found)
    for check in found:
        console.print(f"{'ok     ' if check.ok else 'missing'}  {check.name:<{width}}  {check.what}", markup=False)
        if not check.ok:
            console.print(f"{'':9}{'':{width}}  → {check.remedy}", markup=False)


def _bound(stacks: list[StackId], root: Path) -> Check:
    """Whether the files name one management account, and the credentials of a run are that account's."""
    name = "management account"
    try:
        problem = caller.refusal(stacks, root, attempts=1)
    except ConfigError as error:
        return Check(name, False, "; ".join(error.problems), "correct the files")
    except AwsFailed as error:
        return Check(name, False, str(error), "see AWS credentials, above")
    if problem:
        return Check(name, False, problem, "sign in there before any command that works on the environment")
    return Check(name, True, f"the credentials of a run are its, as {KEY} says in every file")
