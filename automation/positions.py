"""In which line of its file a problem of the configuration is: added where a problem is shown, if the line is known."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from shared.errors import ConfigError
from shared.layers import ROOT
from shared.yaml_files import OnceLoader, text_of

_PROBLEM = re.compile(r"(?P<file>stacks/[\w./@+-]+\.(?:yaml|json)): (?P<rest>.*)", re.DOTALL)
_UNKNOWN = "unknown key "
_ENDS = re.compile(r"[^\w-]|\Z")
"""What follows a key in a problem's text: `accounts:tags` is not in `accounts:tagsOfAll is …`."""


def located(problems: Iterable[str], root: Path = ROOT) -> list[str]:
    """The problems, with `FILE:LINE` instead of `FILE` where the problem begins with a key that is in that file."""

    @cache
    def places(file: str) -> dict[str, int]:
        return dict(_places(root / file, file))

    return [_located(problem, places) for problem in problems]


def _located(problem: str, places: Any) -> str:
    found = _PROBLEM.match(problem)
    if not found:
        return problem
    # The key of an OU in the file of profiles is followed by a colon, as a namespace is: `Workloads:protect`.
    rest = found["rest"].removeprefix(_UNKNOWN).replace(":", ".")
    fitting = [key for key in places(found["file"]) if rest.startswith(key) and _ENDS.match(rest, len(key))]
    if not fitting:
        return problem
    line = places(found["file"])[max(fitting, key=len)]
    return f"{found['file']}:{line}: {found['rest']}"


def _places(file: Path, label: str) -> Iterator[tuple[str, int]]:
    """Each key as messages name it, such as `accounts:tags.Owner`, and its line."""
    try:
        node = yaml.compose(text_of(file, label), OnceLoader)
    except (ConfigError, yaml.YAMLError):
        return
    yield from _keys("", node)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "config":
                yield from _keys("", value)


def _keys(prefix: str, node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    pairs: list[tuple[str, yaml.Node, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        pairs = [(str(key.value), key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        pairs = [(str(number), value, value) for number, value in enumerate(node.value)]
    for name, at, value in pairs:
        whole = f"{prefix}.{name}" if prefix else name
        yield whole.replace(":", "."), at.start_mark.line + 1
        yield from _keys(whole, value)
