"""The files of an environment's own organization policies: where they are, how they are read, which types they need.

The policies layer owns them. The organization layer reads of each file only its type, which it has to turn on before
the policies layer attaches a policy of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from shared.errors import ConfigError
from shared.layers import ROOT
from shared.organization_policies.types import POLICY_TYPES
from shared.yaml_files import OnceLoader, parsed, text_of

FOLDER = Path("stacks/policies/environments")
"""Relative to the root of the repository; in it is a folder for each environment."""

READERS = ("org", "policies")
"""The layers whose programs read the files of their environment."""

SUFFIXES = (".yaml", ".json")

TYPES = {each.key: each.name for each in POLICY_TYPES.values()}
"""The word for a policy type in files → AWS's name."""

LIBRARY = re.compile(r"library/(?P<type>[a-z0-9-]+)/(?P<name>[a-z0-9-]+)\Z")
"""How a file names one of this project's policies."""


class _Loader(OnceLoader):
    """Reads YAML as version 1.2 of its standard says, with fewer surprises in policies.

    In version 1.1, `Version: 2012-10-17` is a date, and the condition operator `Null` is no text. Account ids that
    begin with 0 are text here.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the parser's own attribute

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if not isinstance(name, str):
                raise yaml.constructor.ConstructorError(None, None, f"the key {name!r} is no text", key.start_mark)
        return super().construct_mapping(node, deep)


for _tag, _pattern, _first in (
    ("bool", r"(?:true|false)\Z", "tf"),
    ("null", r"(?:null|~|)\Z", ["n", "~", ""]),
    ("int", r"-?(?:0|[1-9][0-9]*)\Z", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+\Z", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


@dataclass(frozen=True)
class PolicyFile:
    """A policy file. `label` is its path as messages show it, relative to the root of the repository."""

    path: Path
    label: str

    @property
    def name(self) -> str:
        """The name of the file, without its suffix."""
        return self.path.stem

    def read(self) -> dict[str, Any]:
        """What is in the file. Raises `ConfigError`, with the line where there is one."""
        text = text_of(self.path, self.label)
        found = _json(text, self.label) if self.path.suffix == ".json" else parsed(text, self.label, _Loader)
        if not isinstance(found, dict):
            raise ConfigError([f"{self.label}: allowed: a mapping of keys to values"])
        return found


def _json(text: str, label: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the key {name!r} is there twice")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise ConfigError([f"{label}:{error.lineno}:{error.colno}: not JSON: {error.msg}"]) from None
    except ValueError as error:
        raise ConfigError([f"{label}: not JSON: {error}"]) from None


def policy_files(environment: str, root: Path = ROOT) -> list[PolicyFile]:
    """The files of an environment, by name; none if it has no folder."""
    folder = root / FOLDER / environment
    try:
        found = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [
        PolicyFile(path, (FOLDER / environment / path.name).as_posix()) for path in found if path.suffix in SUFFIXES
    ]


def type_of(file: PolicyFile, raw: Mapping[str, Any]) -> str:
    """AWS's name of the policy type that a file needs. Raises `ConfigError`."""
    uses, given = raw.get("use"), raw.get("type")
    if uses is not None:
        first = uses[0] if isinstance(uses, list) and uses else uses
        found = LIBRARY.match(first) if isinstance(first, str) else None
        if found is None:
            raise ConfigError([f"{file.label}: use is {first!r}; allowed: library/TYPE/NAME"])
        key, value = "use", found["type"]
    elif given is None:
        raise ConfigError([f"{file.label}: type is missing; allowed: one of {', '.join(TYPES)}, or use: library/…"])
    else:
        key, value = "type", given
    if not isinstance(value, str) or value not in TYPES:
        raise ConfigError([f"{file.label}: {key} is {value!r}: no such policy type; allowed: {', '.join(TYPES)}"])
    return TYPES[value]


def needed_types(environment: str, root: Path = ROOT) -> dict[str, str]:
    """AWS's name of each policy type that the files of an environment need → the first file that needs it.

    Raises `ConfigError` with all problems.
    """
    problems: list[str] = []
    found: dict[str, str] = {}
    for file, needed in _types(policy_files(environment, root), problems):
        found.setdefault(needed, file.label)
    if problems:
        raise ConfigError(problems)
    return found


def _types(files: list[PolicyFile], problems: list[str]) -> Iterator[tuple[PolicyFile, str]]:
    for file in files:
        try:
            yield file, type_of(file, file.read())
        except ConfigError as error:
            problems += error.problems
