"""The commits that the stacks were deployed from, for `--affected=deployed`."""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from pulumi.automation import CommandResult, StackNotFoundError
from pulumi.automation.errors import create_command_error

from automation.backend.history import Deployment, last_deployment
from automation.backend.state_files import folder_of
from automation.capacity import default_parallel
from automation.environments import environment
from automation.processes import Processes
from automation.stacks import engine_error
from engine.install import get_engine
from shared.errors import UsageError
from shared.layers import StackId


def last_deployments(stacks: Sequence[StackId], root: Path) -> dict[StackId, Deployment]:
    """The last deployment of each of `stacks`, which are of one environment. Raises `UsageError`.

    An engine is only needed, and got if there is none, where the backend is no folder.
    """
    name = stacks[0].environment
    where = environment(name, root)
    backend = where.backend_url
    if folder_of(backend):
        return {stack: last_deployment(stack, backend, lambda _stack, _command: None) for stack in stacks}
    # Not to standard output, where a script reads the result.
    engine = get_engine(root, partial(print, file=sys.stderr, flush=True))
    variables = where.variables(engine)
    processes = Processes()

    def ask(stack: StackId, command: list[str]) -> str | None:
        words = [engine.command.command, "--non-interactive", *command]
        code, out, error = processes.run(words, str(stack.folder(root)), variables, None)
        if code == 0:
            return out
        if isinstance(create_command_error(CommandResult(stdout=out, stderr=error, code=code)), StackNotFoundError):
            return None
        raise UsageError(
            f"the state backend of environment {name!r} cannot be read: {engine_error(error)}\n"
            f"`invoke doctor --env {name}` says what is missing"
        )

    with ThreadPoolExecutor(default_parallel()) as pool:
        found = pool.map(lambda stack: last_deployment(stack, backend, ask), stacks)
        return dict(zip(stacks, found, strict=True))
