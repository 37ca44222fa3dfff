"""What to say at the end of a run, and the commands that fit: by what was done, to what, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from automation.events import CLOSED_ACCOUNT
from automation.queue import Status
from automation.results import RunResult, StackResult
from automation.target import Target


@dataclass(frozen=True)
class Following:
    """`said` is a sentence, or empty. `commands` are for a shell, in their order."""

    said: str = ""
    commands: tuple[str, ...] = ()


def following(run: RunResult, target: Target, carried: tuple[str, ...] = ()) -> Following:
    """What follows a run on `target`. `carried` are options that the next command needs as this one did."""
    missed = sum(result.status is not Status.DONE for result in run.stacks)
    if missed:
        stopped = any(result.status is Status.CANCELLED for result in run.stacks)
        why = "The run was stopped" if stopped else "Not everything got done"
        again = (f"invoke {target.typed}",) if target.typed else ()
        same = "the same command goes on" if stopped else "after mending what is said above, the same command goes on"
        return Following(f"{why}: {missed} of {len(run.stacks)} stacks are open. What was done stays; {same}.", again)
    return _AFTER[run.wording.operation](run, target, carried)


def _deployed(run: RunResult, target: Target, _carried: tuple[str, ...]) -> Following:
    if not _changed(run):
        return Following("Nothing was to be deployed.", (target.command("drift"),))
    accounts = any(result.stack.account for result in run.stacks)
    whole = Target(target.environment)
    return Following("", (target.reading("outputs"), *([whole.command("access")] if accounts else [])))


def _previewed(run: RunResult, target: Target, carried: tuple[str, ...]) -> Following:
    if not _changed(run):
        return Following("Nothing would change.")
    if "--plan" in carried:  # the plan says which stacks
        return Following("", (Target(target.environment).command("deploy-all", None, carried),))
    return Following("", (target.command("deploy-all", "up", carried),))


def _refreshed(run: RunResult, target: Target, _carried: tuple[str, ...]) -> Following:
    if not _changed(run):
        return Following("The states have what AWS has.")
    return Following("", (target.command("preview-all", "preview"),))


def _compared(run: RunResult, target: Target, _carried: tuple[str, ...]) -> Following:
    """A deployment brings back what differs. It needs what AWS has in the state, if that is something else."""
    there = [result for result in run.stacks if _differs(result)]
    stacks = f"{len(run.stacks)} stacks" if len(run.stacks) != 1 else run.stacks[0].stack.label
    if not there:
        return Following(f"No drift: AWS has what the programs say, in {stacks}.")
    what = f"{len(there)} of {stacks}" if len(run.stacks) != 1 else stacks
    said = f"Drift in {what}."
    if not any(map(_can_be_brought_back, there)):
        return Following(said)
    deploy = target.command("deploy-all", "up")
    if not any(result.record.drift for result in there):
        return Following(f"{said} AWS has what the states say: a deployment brings it to the programs.", (deploy,))
    return Following(
        f"{said} To bring AWS back to the programs: record what AWS has, then deploy.",
        (target.command("refresh-all"), deploy),
    )


def _destroyed(run: RunResult, _target: Target, _carried: tuple[str, ...]) -> Following:
    return Following("" if _changed(run) else "Nothing was there to destroy.")


def _imported(_run: RunResult, target: Target, _carried: tuple[str, ...]) -> Following:
    # An adoption goes on by itself.
    return Following("", (target.command("preview-all", "preview"),) if target.name else ())


_AFTER: dict[str, Callable[[RunResult, Target, tuple[str, ...]], Following]] = {
    "deploy": _deployed,
    "preview": _previewed,
    "refresh": _refreshed,
    "drift": _compared,
    "destroy": _destroyed,
    "import": _imported,
}


def _changed(run: RunResult) -> bool:
    return any(result.counts.changes for result in run.stacks)


def _differs(result: StackResult) -> bool:
    return bool(result.record.drift or result.record.changes)


def _can_be_brought_back(result: StackResult) -> bool:
    return bool(result.record.changes or any(each.what != CLOSED_ACCOUNT for each in result.record.drift))
