"""The operations on many stacks: deploy, preview, refresh, drift and destroy. Each returns its exit code."""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from automation import guards
from automation.approval import plans
from automation.approval.schema import PlanFile
from automation.asking import answer
from automation.backend import resources
from automation.deploying import deploying
from automation.environment_lock import exclusive, to_create
from automation.events import Record
from automation.events import total as counted
from automation.imports.attempts import Attempts
from automation.inventory import closed, comparison
from automation.inventory.comparison import Inventory
from automation.operate import Operation, Work, operate
from automation.paths import short
from automation.plan import Plan
from automation.removals import units, users
from automation.reporting import differences
from automation.results import RunResult, StackResult, Wording, exit_code
from automation.runs import Run, existing
from automation.stacks import Stacks, Watch
from shared import planned_outputs
from shared.errors import UsageError
from shared.layers import StackId, graph

DRIFT_EXIT = 2
"""The exit code of `drift` when something differs, so that a scheduled job can tell it from an error."""

DEPLOY = Wording("deploy", "deploying", "deployed")
PREVIEW = Wording("preview", "previewing", "would change", change="would be ")
REFRESH = Wording("refresh", "refreshing", "state updated", change="in the state: ")
COMPARE = Wording("drift", "comparing", "differs", change="would be ")
DESTROY = Wording("destroy", "destroying", "destroyed")


@exclusive()
def deploy(
    run: Run,
    chosen: Sequence[StackId],
    *,
    force: bool = False,
    yes: bool,
    interactive: bool,
    diff: bool = False,
    plan: PlanFile | None = None,
    import_existing: bool = False,
) -> int:
    """Deploy the chosen stacks. Stacks that have not changed since their last deployment are skipped unless `force`.
    With `diff`, every value that changes is shown. With an approved `plan`, exactly that is deployed, and nobody asked.
    With `import_existing`, what AWS refuses to make because it is there is imported, where its id follows from its
    name: the state of its stack was lost.

    Outside the sandbox, a preview is shown and the user must confirm it, unless `yes`.
    """
    if plan and import_existing:
        raise UsageError("--plan and --import-existing are given; allowed: one of them, a plan has no imports in it")
    guards.before(run, chosen, "deploy")
    approved = plans.Approved(run, plan, chosen) if plan else None
    if not run.environment.disposable and not yes and not approved:
        if not interactive:
            raise UsageError(f"deploying to {run.environment.name!r} without a terminal to ask on needs --yes")
        code = previewed(run, chosen, force=force, diff=diff, goes_on=True).exit_code
        if code or answer(f"Deploy this to {run.environment.name}? [y/N] ") not in {"y", "yes"}:
            return code or 1
    create = to_create(run, chosen)
    again = force or approved is not None
    work = deploying(run, approved, import_existing=import_existing)
    return operate(run, chosen, Operation(work, DEPLOY, create=create, again=again, diff=diff)).exit_code


def preview(
    run: Run, chosen: Sequence[StackId], *, force: bool = False, diff: bool = False, file: Path | None = None
) -> int:
    """Show what deploying the chosen stacks would change, even if nothing is deployed yet. Changes nothing.

    The plan for an approval is written to `file`; then what AWS has is looked at, too.
    """
    return previewed(run, chosen, force=force, diff=diff, file=file).exit_code


def previewed(
    run: Run,
    chosen: Sequence[StackId],
    *,
    force: bool = False,
    diff: bool = False,
    file: Path | None = None,
    goes_on: bool = False,
) -> RunResult:
    """As `preview`, with all that was found. With `goes_on`, the preview is a part of another command."""
    guards.before(run, chosen, "preview")
    before = plans.inputs_of(run, chosen) if file else None
    work, plan = previewing(run, refresh=file is not None)
    operation = Operation(
        work,
        PREVIEW,
        locks=False,
        again=force,
        reasons=plan.reasons,
        diff=diff,
        details=partial(_say_what_is_added, run),
        goes_on=goes_on,
        carried=("--plan", str(short(file, Path.cwd()))) if file else ("--force",) if force else (),
    )
    found = operate(run, chosen, operation)
    if file and before:
        plans.write(file, before, found)
    return found


def _say_what_is_added(run: Run, found: RunResult) -> None:
    total = counted(result.counts for result in found.stacks)
    if not found.exit_code and total.unchanged and total.created == total.changes > 0:
        run.console.print(f"Nothing that exists would change; {total.created} resources would be added.")


@exclusive()
def refresh(run: Run, chosen: Sequence[StackId]) -> int:
    """Update the state of the chosen stacks to what is in AWS now."""
    guards.before(run, chosen, "refresh")
    there = existing(run)

    def work(stacks: Stacks, stack: StackId, watch: Watch) -> Record:
        closed.refuse(run, stack)
        return stacks.refresh(stack, watch) if stack in there else Record()

    return operate(run, chosen, Operation(work, REFRESH)).exit_code


def drift(run: Run, chosen: Sequence[StackId], *, diff: bool = False) -> int:
    """Compare the chosen stacks with AWS and with their programs; returns 2 if anything differs. Changes nothing.

    With the org stack, the whole organization is compared with all states, too.
    """
    guards.before(run, chosen, "drift")
    inventory = comparison.compare(run, chosen)
    work, _plan = previewing(run, refresh=True)
    code = partial(_drift_code, inventory)
    foreign = inventory.foreign if inventory and not inventory.failure else None
    details = partial(_show_differences, run, inventory)
    operation = Operation(work, COMPARE, locks=False, code=code, foreign=foreign, diff=diff, details=details)
    return operate(run, chosen, operation).exit_code


def _show_differences(run: Run, inventory: Inventory | None, found: RunResult) -> None:
    differences.show(run.console, found)
    if inventory:
        comparison.show(run.console, inventory)


def previewing(run: Run, *, refresh: bool, kind: type[Plan] = Plan) -> tuple[Work, Plan]:
    """The work of a preview, in which each stack reads what its upstream stacks will export."""
    there = existing(run)
    plan = kind(run.logs / "planned", there, run.engine.outputs)
    # The programs have the environment variables of this process.
    os.environ[planned_outputs.VARIABLE] = str(plan.folder)

    def work(stacks: Stacks, stack: StackId, watch: Watch) -> Record:
        if refresh and (found := closed.as_drift(run, stack)):
            return found
        closed.refuse(run, stack)
        plan.prepare(stack)
        known = stack in there
        state = units.unprotected(run, stack) if known else None
        if known and state is None:
            record = stacks.preview(stack, watch, refresh=refresh)
        else:
            record = stacks.preview_new(stack, watch, state, refresh=refresh and known)
        plan.add(stack, record)
        return record

    return work, plan


def _drift_code(inventory: Inventory | None, results: Iterable[StackResult]) -> int:
    results = list(results)
    failed = exit_code(results) or int(bool(inventory and inventory.failure))
    differs = any(each.record.drift or each.record.changes for each in results)
    return failed or DRIFT_EXIT * bool(differs or (inventory and inventory.foreign))


@exclusive(destroys=True)
def destroy(
    run: Run,
    chosen: Sequence[StackId],
    *,
    include_protected: bool,
    confirm: str | None,
    yes: bool,
    interactive: bool,
) -> int:
    """Delete all resources of the chosen stacks, downstream stacks first.

    Protected resources are deleted only with `include_protected` and the environment's name, given as `confirm` or
    typed. Without protected resources `yes` is enough. Otherwise nothing is changed.
    Raises `UsageError`, also when a stack that is not chosen still reads a chosen one.
    """
    guards.before(run, chosen, "destroy")
    states = _states(run)
    _refuse_in_use(run, chosen, {stack for stack, state in states.items() if resources.held(state)})
    guarded = {stack: resources.protected(states[stack]) for stack in chosen if stack in states}
    guarded = {stack: found for stack, found in guarded.items() if found}
    if guarded and not include_protected:
        names = "\n".join(f"  {stack.label}: {r}" for stack, found in guarded.items() for r in found)
        raise UsageError(
            f"nothing was destroyed: these resources are protected\n{names}\nTo destroy them too: --include-protected"
        )
    if not _confirmed(run, chosen, bool(guarded), confirm=confirm, yes=yes, interactive=interactive):
        raise UsageError("nothing was destroyed: that is not the environment's name")

    def work(stacks: Stacks, stack: StackId, watch: Watch) -> Record:
        if resources.is_empty(states.get(stack, {})):
            return Record()
        if len(resources.held(states[stack])) > 1:  # else only the account is left, and can be on its way out
            closed.refuse(run, stack)
        if stack in guarded:
            stacks.unprotect(stack)
        users.strip(run, stack)
        record = stacks.destroy(stack, watch)
        # The resources that earlier runs had begun to create are deleted too.
        Attempts(run.environment.attempts, stack).clear()
        return record

    return operate(run, chosen, Operation(work, DESTROY, backwards=True)).exit_code


def _states(run: Run) -> dict[StackId, dict[str, Any]]:
    """The state of every stack of the environment that exists in the backend."""
    there = sorted(existing(run))
    with ThreadPoolExecutor(run.parallel) as pool:
        return {stack: state or {} for stack, state in zip(there, pool.map(run.engine.export, there), strict=True)}


def _refuse_in_use(run: Run, chosen: Sequence[StackId], in_use: set[StackId]) -> None:
    left = sorted(
        stack.label
        for stack, reads in graph(run.stacks).items()
        if stack in in_use and stack not in chosen and reads & set(chosen)
    )
    if left:
        raise UsageError(
            f"nothing was destroyed: these stacks read what you chose and still have resources: {', '.join(left)}; "
            "destroy them first, or all with destroy-all"
        )


def _confirmed(
    run: Run, chosen: Sequence[StackId], guarded: bool, *, confirm: str | None, yes: bool, interactive: bool
) -> bool:
    if confirm is not None:
        return confirm == run.environment.name
    if yes and not guarded:
        return True
    if not interactive:
        raise UsageError(
            "nothing was destroyed: without a terminal to ask on, "
            + ("protected resources need" if guarded else "destroying needs --yes or")
            + f" --confirm {run.environment.name}"
        )
    names = ", ".join(stack.label for stack in chosen)
    run.console.print(f"This deletes everything in {names} of environment {run.environment.name}.", markup=False)
    return answer(f"Type the environment's name to go on ({run.environment.name}): ") == run.environment.name
