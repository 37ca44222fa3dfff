"""The commits that the stacks were deployed from, for `--affected=deployed`."""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from pulumi.automation import CommandError, StackNotFoundError

from automation.backend.history import Deployment, last_deployment
from automation.backend.state_files import folder_of
from automation.capacity import default_parallel
from automation.environments import environment
from automation.processes import EngineCommand, Processes
from automation.stacks import unreadable
from engine.install import get_engine
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
    command = EngineCommand(engine.command, Processes())

    def ask(stack: StackId, words: list[str]) -> str | None:
        try:
            return command.run(words, str(stack.folder(root)), variables).stdout
        except StackNotFoundError:
            return None
        except CommandError as error:
            raise unreadable(name, error) from None

    with ThreadPoolExecutor(default_parallel()) as pool:
        found = pool.map(lambda stack: last_deployment(stack, backend, ask), stacks)
        return dict(zip(stacks, found, strict=True))
