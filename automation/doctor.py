"""`invoke doctor`: what this project would run with, and what to do about each part that is missing."""

from pathlib import Path

from automation.environments import environment
from automation.inventory.doctor import undeclared_stacks
from engine import checks
from engine.checks import Check
from engine.install import find_engine
from shared.errors import LayerError
from shared.layers import ROOT, SANDBOX, discover


def diagnose(name: str = SANDBOX, root: Path = ROOT) -> list[Check]:
    """Check everything that a run of the environment `name` needs. Nothing is changed, installed or started.

    AWS calls and engine commands have a time limit of a few seconds. The result contains no secrets.
    """
    passed_over: list[str] = []
    engine = find_engine(root, passed_over.append)
    found = [checks.python(), checks.sdk(), checks.found_engine(engine, passed_over), checks.language_host(engine)]
    if engine is None:
        found.append(checks.go())
    found += environment(name, root).checks(engine)
    try:
        stacks = discover(name, root)
    except LayerError as error:
        return [*found, Check("configuration", False, str(error), "create the file that is missing")]
    labels = ", ".join(stack.label for stack in stacks)
    found.append(Check("configuration", True, f"{len(stacks)} stacks: {labels}"))
    return found + (undeclared_stacks(environment(name, root), engine, stacks, root) if engine else [])
