"""`invoke validate`: checks all configuration of an environment, without an engine and without AWS."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from automation.configuration import check
from automation.positions import located
from automation.reporting.display import make_console
from shared.errors import ConfigError, LayerError
from shared.layers import ROOT, discover, environments
from shared.settings.checks import counted

_PROBLEM = re.compile(r"(?P<file>stacks/[\w./@+-]+):(?:(?P<line>\d+):)?(?:(?P<column>\d+):)? (?P<text>.*)", re.DOTALL)


def problems_of(environment: str, root: Path = ROOT) -> list[str]:
    """What is wrong with the files of an environment; each problem names the file, and the line where there is one."""
    try:
        check(discover(environment, root), root)
    except ConfigError as error:
        return located(error.problems, root)
    except LayerError as error:
        return [str(error)]
    return []


def validate(environment: str | None, *, as_json: bool = False, root: Path = ROOT) -> int:
    """Print what is wrong in an environment, or in all that there are; the exit code is 1 if anything is."""
    names = [environment] if environment else environments(root)
    found = {name: problems_of(name, root) for name in names}
    if as_json:
        print(json.dumps({"environments": {name: [_parts(each) for each in found[name]] for name in names}}, indent=2))
    else:
        show(make_console(), found, root)
    return int(any(found.values()))


def show(console: Console, found: Mapping[str, Sequence[str]], root: Path = ROOT) -> None:
    """Print the problems of each environment, or that it has none."""
    for name, problems in found.items():
        text = (
            "\n".join(problems)
            or f"{name}: {counted(len(discover(name, root)), 'stack file')} and what they refer to are right"
        )
        console.print(text, markup=False)


def _parts(problem: str) -> dict[str, Any]:
    found = _PROBLEM.match(problem)
    if not found:
        return {"file": None, "line": None, "column": None, "message": problem}
    numbers: Sequence[str | None] = (found["line"], found["column"])
    line, column = (int(each) if each else None for each in numbers)
    return {"file": found["file"], "line": line, "column": column, "message": found["text"]}
