"""`invoke import NAME ID`: brings one thing that exists in AWS, and what belongs to it, into the state of a stack.

What the user names is checked in AWS, then imported and previewed in a scratch backend, and only then imported. AWS is
only read. A run that was killed can be repeated: what is in the state already is left out.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from automation import guards
from automation.asking import answer
from automation.environment_lock import exclusive
from automation.events import Record
from automation.imports.engine_file import Key
from automation.imports.existing import attached, find, with_companions
from automation.imports.identities import POLICY
from automation.imports.trial import Result, Trial
from automation.operate import Operation, operate
from automation.results import Wording
from automation.runs import Run, existing
from automation.stacks import Stacks, Watch
from shared.errors import UsageError
from shared.layers import StackId


@exclusive()
def import_existing(
    run: Run, chosen: Sequence[StackId], name: str, identity: str, *, yes: bool, interactive: bool
) -> int:
    """Import the resource `name` of the one chosen stack, whose id in AWS is `identity`; returns the exit code.

    Outside the sandbox the user must confirm it, unless `yes`. Raises `shared.errors.UserError`; then nothing is
    changed.
    """
    if len(chosen) != 1:
        raise UsageError(f"NAME stands for {len(chosen)} stacks; allowed: one, such as {chosen[0].label}")
    guards.before(run, chosen, "refresh")
    (stack,) = chosen
    try:
        trial = Trial(run, stack)
        key = find(trial.planned, name, identity)
        ids = trial.new(with_companions(trial.planned, key, identity))
        if ids:
            result = trial.result(ids)
        if key.type == POLICY:
            planned = result.planned if ids else trial.planned
            more = trial.new(attached(planned, identity))
            if more:
                ids |= more
                result = trial.result(ids)
    finally:
        run.engine.programs.stop()
    if not ids:
        run.console.print(f"{key.type} {key.name} is in the state of {stack.label} already: {identity}", markup=False)
        return 0
    _show(run, stack, ids, result)
    if not _agreed(run, yes=yes, interactive=interactive):
        return 1
    return _import(run, stack, result)


def _show(run: Run, stack: StackId, ids: Mapping[Key, str], result: Result) -> None:
    say = partial(run.console.print, markup=False)
    say(f"AWS has, and the state of {stack.label} gets:")
    for key, identity in ids.items():
        say(f"  {key.type} {key.name}: {identity}")
    changes = [change for change in result.changes if Key.of(change.resource) in ids]
    say("The next deployment would change of it:" if changes else "The next deployment would change nothing of it.")
    for change in changes:
        say(f"  {change.what} {change.resource}: {', '.join(change.properties)}")


def _agreed(run: Run, *, yes: bool, interactive: bool) -> bool:
    if yes or run.environment.disposable:
        return True
    if not interactive:
        raise UsageError(
            f"nothing was imported: importing into {run.environment.name!r} without a terminal to ask on needs --yes"
        )
    return answer(f"Import this into {run.environment.name}? [y/N] ") in {"y", "yes"}


def _import(run: Run, stack: StackId, result: Result) -> int:
    wording = Wording("import", "importing", "imported", change="in the state: ")

    def work(stacks: Stacks, stack: StackId, watch: Watch) -> Record:
        return stacks.import_resources(stack, watch, result.file, protect=result.protect)

    return operate(run, [stack], Operation(work, wording, create={stack} - existing(run))).exit_code
