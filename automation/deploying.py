"""The work of a deployment on one stack."""

from dataclasses import replace
from functools import partial

from automation.approval.plans import Approved
from automation.events import Problem, Record
from automation.imports import resume
from automation.inventory import closed
from automation.operate import Work
from automation.removals import units, users
from automation.runs import Run
from automation.skipping.judge import judge
from automation.stacks import StackFailed, Stacks, Watch
from shared.layers import StackId


def deploying(run: Run, approved: Approved | None = None, *, import_existing: bool = False) -> Work:
    """Deploy, clean up after earlier runs, and remember the inputs of the deployment.

    A stack whose deployment would not be the `approved` one is left as it is. With `import_existing`, what AWS refuses
    to make because it is there is imported.
    """
    progress = partial(run.console.print, markup=False)

    def work(stacks: Stacks, stack: StackId, watch: Watch) -> Record:
        closed.refuse(run, stack)
        if approved:
            _refuse_another(run, stack, approved)
        elif units.concerns(run, stack) or users.concerns(run, stack):
            _judge_first(run, stack)
        units.unprotect(run, stack)
        users.strip(run, stack)
        run.ledger.begin(stack)
        stacks.programs.deployed(stack, run.states.resources(stack))
        refresh = approved is not None and approved.refreshes(stack)
        record = resume.deploy(
            stacks, run.environment, progress, stack, watch, refresh=refresh, import_existing=import_existing
        )
        seen = stacks.programs.seen(stack)
        reads, unknown = (
            judge(seen, stack, run.environment, run.sources, stacks.programs.engine_folder) if seen else (None, [])
        )
        if unknown:
            progress(
                f"{stack.label}: its program read what is none of its inputs, so it will be run each time: "
                + ", ".join(unknown)
            )
        if always := run.ledger.always(stack):
            progress(f"{stack.label}: it will be run each time, because of {', '.join(always)}")
        run.ledger.end(stack, None if record.pending else reads, unknown)
        return record

    return work


def _judge_first(run: Run, stack: StackId, *, refresh: bool = False) -> Record:
    """Preview what is about to be deployed, because something is changed before the program is run.

    Raises `StackFailed` if the program fails or breaks a rule.
    """

    def unseen(_record: Record, _change: object) -> None:
        pass

    state = units.unprotected(run, stack)
    try:
        if state is None:
            return run.engine.preview(stack, unseen, refresh=refresh)
        return run.engine.preview_new(stack, unseen, state, refresh=refresh)
    except StackFailed as error:
        raise StackFailed(error.problems) from None  # nothing of what it counted was done


def _refuse_another(run: Run, stack: StackId, approved: Approved) -> None:
    """Raise `StackFailed`, before the stack is changed, if its deployment would not be the approved one."""
    found = approved.differences(stack, _judge_first(run, stack, refresh=True))
    if found:
        problems = [Problem(f"this is not what was approved: {text}") for text in found]
        raise StackFailed([*problems[:-1], replace(problems[-1], remedy=approved.again())])
