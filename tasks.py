"""The daily commands: `invoke --list`. Each is a few lines; what they do is in `automation/`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from shared.layers import SANDBOX, StackId, discover

if TYPE_CHECKING:
    from rich.console import Console

    from automation.runs import Run

# What is only needed once a task runs is imported then: `invoke --list` is quick.

_STACK = "the environment, as in Pulumi.<environment>.yaml"
_ONLY = "only stacks whose name fits, such as 'accounts/dev*'; may be given more than once"
_LAYER = "only stacks of this layer; may be given more than once"
_PARALLEL = "how many stacks at a time; what suits this machine's cores and memory unless given"
_YES = "do not ask"

_SELECT = {"stack": _STACK, "only": _ONLY, "layer": _LAYER, "parallel": _PARALLEL}
_LISTS = ["only", "layer"]


def _plainly(body: Callable[..., int | None]) -> Callable[..., None]:
    """`body` as a task: its result is the exit code, and what the user did wrong is one message, no stack trace."""

    @functools.wraps(body)
    def run(*args: Any, **kwargs: Any) -> None:
        from automation.errors import USER_ERRORS

        try:
            code = body(*args, **kwargs)
        except USER_ERRORS as error:
            raise Exit(str(error), code=1) from None
        if code:
            raise Exit(code=code)

    return run


def _console() -> Console:
    from automation.display import make_console

    return make_console()


def _open(
    stack: str, only: Sequence[str] = (), layer: Sequence[str] = (), name: str | None = None
) -> tuple[Run, list[StackId]]:
    from automation.runs import open_run
    from automation.selection import named, select

    def choose(stacks: Sequence[StackId]) -> list[StackId]:
        return named(stacks, name) if name else select(stacks, only, layer)

    return open_run(stack, choose, _console())


def _parallel(given: str | None = None) -> int:
    # As text: invoke itself shows a stack trace for a number that is none.
    from automation.queue import default_parallel
    from automation.runs import UsageError

    if given is None:
        return default_parallel()
    if not given.isascii() or not given.isdigit() or int(given) < 1:
        raise UsageError(f"--parallel is {given!r}; allowed: a whole number, 1 or more")
    return int(given)


def _interactive() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _on_all(
    operation: Callable[..., int],
    stack: str,
    only: Sequence[str] | None,
    layer: Sequence[str] | None,
    parallel: str | None,
    **options: Any,
) -> int:
    """Do an operation of `automation.operations` to the stacks selected; its exit code."""
    width = _parallel(parallel)
    run, chosen = _open(stack, only or (), layer or ())
    return operation(run, chosen, parallel=width, **options)


@task(iterable=_LISTS, help={**_SELECT, "yes": _YES})
@_plainly
def deploy_all(
    _context: Context,
    stack: str = SANDBOX,
    only: list[str] | None = None,
    layer: list[str] | None = None,
    parallel: str | None = None,
    yes: bool = False,
) -> int:
    """Deploy every stack, each as soon as the stacks it reads are done.

    Outside the sandbox a preview is shown and agreed to first. A stack that fails stops only those that read it.
    Ctrl-C lets the running stacks finish what they are at; run the same again to go on.
    """
    from automation import operations

    return _on_all(operations.deploy, stack, only, layer, parallel, yes=yes, interactive=_interactive())


@task(iterable=_LISTS, help=_SELECT)
@_plainly
def preview_all(
    _context: Context,
    stack: str = SANDBOX,
    only: list[str] | None = None,
    layer: list[str] | None = None,
    parallel: str | None = None,
) -> int:
    """Show what deploy-all would change; works before anything is deployed."""
    from automation import operations

    return _on_all(operations.preview, stack, only, layer, parallel)


@task(iterable=_LISTS, help=_SELECT)
@_plainly
def refresh_all(
    _context: Context,
    stack: str = SANDBOX,
    only: list[str] | None = None,
    layer: list[str] | None = None,
    parallel: str | None = None,
) -> int:
    """Take over into the state what is in AWS now; AWS is not changed."""
    from automation import operations

    return _on_all(operations.refresh, stack, only, layer, parallel)


@task(iterable=_LISTS, help=_SELECT)
@_plainly
def drift(
    _context: Context,
    stack: str = SANDBOX,
    only: list[str] | None = None,
    layer: list[str] | None = None,
    parallel: str | None = None,
) -> int:
    """Compare AWS with the programs and list what differs; exit code 2 if anything does. Changes nothing."""
    from automation import operations

    return _on_all(operations.drift, stack, only, layer, parallel)


_DESTROY = {
    "yes": "do not ask; not enough for protected resources",
    "include_protected": "destroy protected resources, such as accounts, too",
    "confirm": "the environment's name, instead of typing it when asked",
}


@task(iterable=_LISTS, help={**_SELECT, **_DESTROY})
@_plainly
def destroy_all(
    _context: Context,
    stack: str = SANDBOX,
    only: list[str] | None = None,
    layer: list[str] | None = None,
    parallel: str | None = None,
    yes: bool = False,
    include_protected: bool = False,
    confirm: str | None = None,
) -> int:
    """Destroy every stack, accounts first and the organization last.

    Refuses while resources are protected, unless --include-protected is given and the environment's name is typed.
    """
    from automation import operations

    return _on_all(
        operations.destroy,
        stack,
        only,
        layer,
        parallel,
        include_protected=include_protected,
        confirm=confirm,
        yes=yes,
        interactive=_interactive(),
    )


_NAME = {"name": "a layer, such as org, or one account, such as accounts/developer", "stack": _STACK}


@task(help={**_NAME, "yes": _YES})
@_plainly
def up(_context: Context, name: str, stack: str = SANDBOX, yes: bool = False) -> int:
    """Deploy one layer or one account."""
    from automation import operations

    run, chosen = _open(stack, name=name)
    return operations.deploy(run, chosen, parallel=_parallel(), yes=yes, interactive=_interactive())


@task(help=_NAME)
@_plainly
def preview(_context: Context, name: str, stack: str = SANDBOX) -> int:
    """Show what `up` of one layer or one account would change."""
    from automation import operations

    run, chosen = _open(stack, name=name)
    return operations.preview(run, chosen, parallel=_parallel())


@task(help={**_NAME, **_DESTROY})
@_plainly
def destroy(
    _context: Context,
    name: str,
    stack: str = SANDBOX,
    yes: bool = False,
    include_protected: bool = False,
    confirm: str | None = None,
) -> int:
    """Destroy one layer or one account; refuses while another stack still reads it."""
    from automation import operations

    run, chosen = _open(stack, name=name)
    return operations.destroy(
        run,
        chosen,
        parallel=_parallel(),
        include_protected=include_protected,
        confirm=confirm,
        yes=yes,
        interactive=_interactive(),
    )


@task(
    iterable=_LISTS,
    help={
        "stack": _STACK,
        "only": _ONLY,
        "layer": _LAYER,
        "json": "one JSON object, outputs by stack",
        "show_secrets": "secrets as they are, not as [secret]",
    },
)
@_plainly
def outputs(
    _context: Context,
    stack: str = SANDBOX,
    only: list[str] | None = None,
    layer: list[str] | None = None,
    json: bool = False,
    show_secrets: bool = False,
) -> None:
    """Show what the stacks export."""
    from automation import outputs as reading

    run, chosen = _open(stack, only or (), layer or ())
    found = reading.read(run, chosen, parallel=_parallel(), show_secrets=show_secrets)
    if json:
        print(reading.as_json(found))
    else:
        reading.show(run.console, chosen, found)


@task(help={"stack": _STACK})
@_plainly
def access(_context: Context, stack: str = SANDBOX) -> None:
    """Show how to get into each account: its roles, and the console's link that switches to it."""
    from automation import outputs as reading

    run, chosen = _open(stack, layer=["accounts"])
    found = reading.read(run, chosen, parallel=_parallel(), show_secrets=False)
    reading.show_access(run.console, found)


@task(help={"stack": _STACK, "mermaid": "as a Mermaid diagram, for Markdown"})
@_plainly
def graph(_context: Context, stack: str = SANDBOX, mermaid: bool = False) -> None:
    """Show the stacks and what each reads."""
    from automation.graphs import as_mermaid, as_text

    stacks = discover(stack)
    print(as_mermaid(stacks) if mermaid else as_text(stacks))


@task(help={"stack": _STACK})
@_plainly
def doctor(_context: Context, stack: str = SANDBOX) -> int:
    """Say what a run would use, and what to do about what is missing; exit code 1 if something is."""
    from automation.doctor import diagnose

    checks = diagnose(stack)
    width = max(len(check.name) for check in checks)
    for check in checks:
        print(f"{'ok     ' if check.ok else 'missing'}  {check.name:<{width}}  {check.what}")
        if not check.ok:
            print(f"{'':9}{'':{width}}  → {check.remedy}")
    return 0 if all(check.ok for check in checks) else 1


@task(
    iterable=["tag"],
    help={
        "name": "what the account is called here, such as developer: the stack is accounts/developer",
        "email": "the root user's address, which no other AWS account has",
        "ou": "the path of its OU, such as Development",
        "tag": "KEY=VALUE, may be given more than once; the OU's rules say which are needed",
        "display_name": "what AWS calls the account; developer becomes DeveloperAccount unless given",
        "region": "the account's region; the organization's unless given",
        "stack": _STACK,
    },
)
@_plainly
def add_account(
    _context: Context,
    name: str,
    email: str,
    ou: str,
    tag: list[str] | None = None,
    display_name: str | None = None,
    region: str | None = None,
    stack: str = SANDBOX,
) -> None:
    """Write a new account's configuration file; nothing is created before the next deploy."""
    from automation.accounts import add_account as write
    from automation.runs import UsageError

    for each in tag or []:
        if "=" not in each:
            raise UsageError(f"--tag is {each!r}; allowed: KEY=VALUE")
    tags = dict(each.split("=", 1) for each in tag or [])
    file = write(stack, name, email=email, unit=ou, tags=tags, display_name=display_name, region=region)
    print(f"wrote stacks/accounts/{file.name}; next: invoke up accounts/{name} --stack {stack}")


@task
@_plainly
def start(_context: Context) -> None:
    """Start the emulated AWS and get what the sandbox needs: the engine, the AWS provider."""
    from sandbox import lifecycle

    print(f"ready: {lifecycle.start().url}")


@task
@_plainly
def stop(_context: Context) -> None:
    """Stop the emulated AWS; what is in it is kept."""
    from sandbox import lifecycle

    if not lifecycle.stop():
        print("sandbox: it was not running")


@task
@_plainly
def reset(_context: Context) -> None:
    """Stop the emulated AWS and empty it, with the state of the sandbox's stacks."""
    from sandbox import lifecycle

    lifecycle.reset()


@task
@_plainly
def status(_context: Context) -> int:
    """Say what the sandbox is doing; exit code 1 if it is not running."""
    from sandbox import lifecycle

    now = lifecycle.status()
    if now.emulator is None:
        print("not running: invoke sandbox.start")
        return 1
    print(f"running: {now.emulator.url}, process {now.emulator.pid}, {now.accounts} accounts, {now.requests} requests")
    return 0


@task
@_plainly
def env(_context: Context) -> None:
    """Print what gives a shell the sandbox: eval "$(invoke sandbox.env)"."""
    from sandbox import lifecycle

    print(lifecycle.env())


namespace = Collection(
    deploy_all,
    preview_all,
    destroy_all,
    refresh_all,
    drift,
    up,
    preview,
    destroy,
    outputs,
    access,
    graph,
    doctor,
    add_account,
    Collection("sandbox", start, stop, reset, status, env),
)
