"""`invoke validate`: checks all configuration of an environment, without an engine and without AWS."""

import json
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from automation.configuration import check
from automation.positions import located
from automation.reporting.display import make_console
from shared.errors import ConfigError, LayerError
from shared.layers import ROOT, discover, environments

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
        say = partial(make_console().print, markup=False)
        for name in names:
            say("\n".join(found[name]) or f"{name}: {_files(name, root)} and what they refer to are right")
    return int(any(found.values()))


def _files(name: str, root: Path) -> str:
    number = len(discover(name, root))
    return f"{number} stack files" if number > 1 else "1 stack file"


def _parts(problem: str) -> dict[str, Any]:
    found = _PROBLEM.match(problem)
    if not found:
        return {"file": None, "line": None, "column": None, "message": problem}
    numbers: Sequence[str | None] = (found["line"], found["column"])
    line, column = (int(each) if each else None for each in numbers)
    return {"file": found["file"], "line": line, "column": column, "message": found["text"]}
