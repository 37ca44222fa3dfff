"""What an account gets from the profiles of the OUs above it.

`profiles/<environment>.yaml` has settings by OU path; `/` is the root. They are inherited downward: those of the root,
then those of each OU on the path, then the account's own file. The keys of a map such as `tags` are merged, anything
else is replaced, and `null` takes away what is inherited.

Parts are joined in any order with the same result: what takes something away remembers that it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.errors import ConfigError
from shared.layers import ROOT, StackId
from shared.settings.base import parse
from shared.settings.fields import unit_or_root
from shared.units import ROOT_UNIT, from_root
from shared.yaml_files import EngineLoader, parsed, text_of
from stacks.accounts.config import Profile

_SETTING = re.compile(r"\baccounts:\w+(?:\.[\w-]+)*")
"""How a message names a setting of an account."""

_LEVELS = {"tags": 1, "alternateContacts": 1, "roleActions": 1, "roles": 2, "budget": 1}
"""The maps that are merged, and how many levels of them: roles by name, and then by the keys of a role."""

KEYS = tuple(field.alias or name for name, field in Profile.model_fields.items())
"""What a profile may have."""


@dataclass(frozen=True)
class Source:
    """Where a value is set: in a profile, or in the account's own file, which has no `unit` in front."""

    file: str
    unit: str | None = None

    def __str__(self) -> str:
        return self.file if self.unit is None else f"{self.file} {self.unit}"


@dataclass(frozen=True)
class _Value:
    value: Any
    source: Source


@dataclass(frozen=True)
class _Map:
    """`whole` replaces what is inherited, and only that is left of a `null`, which is not `there`."""

    parts: Mapping[str, Part] = field(default_factory=dict)
    whole: bool = False
    there: bool = True


Part = _Value | _Map
NOTHING = _Map()
"""What is joined with anything changes nothing."""


def part(value: Any, source: Source, levels: int | None = None) -> Part:
    """The settings `value`, as a part that can be joined with those above and below it.

    `levels` is how many levels of maps are merged; unless given, `value` has the settings by key.
    """
    if value is None:
        return _Map(whole=True, there=False)
    if levels == 0 or not isinstance(value, Mapping):
        return _Value(value, source)
    below = {key: _LEVELS.get(key, 0) if levels is None else levels - 1 for key in value}
    return _Map({key: part(inner, source, below[key]) for key, inner in value.items()})


def join(upper: Part, lower: Part) -> Part:
    """Both parts as one: what the lower one says goes."""
    if isinstance(lower, _Value) or lower.whole:
        return lower
    if isinstance(upper, _Value):
        return _Map(lower.parts, whole=True)
    parts = {**upper.parts}
    for key, inner in lower.parts.items():
        parts[key] = join(parts[key], inner) if key in parts else inner
    return _Map(parts, upper.whole, upper.there or lower.there)


def plain(found: Part) -> Any:
    """The settings of a part, without what was taken away."""
    if isinstance(found, _Value):
        return found.value
    return {key: plain(inner) for key, inner in found.parts.items() if _is_there(inner)}


def sources(found: Part, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Source]]:
    """The path of each value of a part, such as `("tags", "Owner")`, and where it is set."""
    if isinstance(found, _Value):
        yield above, found.source
        return
    for key, inner in found.parts.items():
        yield from sources(inner, (*above, key))


def _is_there(found: Part) -> bool:
    return isinstance(found, _Value) or found.there


@dataclass(frozen=True)
class Effective:
    """The settings of one account by key, and where each value is set; one that is set nowhere is the default."""

    values: Mapping[str, Any]
    sources: Mapping[tuple[str, ...], Source]

    def named(self, *path: str) -> str:
        """`, from …` for a value of a profile, for messages that name the account's file; else nothing."""
        source = next((each for at, each in self.sources.items() if at[: len(path)] == path), None)
        return f", from {source}" if source and source.unit else ""

    def explained(self, problem: str) -> str:
        """The problem, with where each setting is from that it names and that is in a profile."""
        return _SETTING.sub(lambda found: found[0] + self._whence(found[0].partition(":")[2].split(".")), problem)

    def _whence(self, path: Sequence[str]) -> str:
        """As `named`, also of what is inside of a value that is set as a whole."""
        whole = next((at for at in self.sources if at == tuple(path[: len(at)])), tuple(path))
        return self.named(*whole)


@dataclass(frozen=True)
class Profiles:
    """The profiles of an environment. `file` is the path that messages show."""

    file: str
    by_unit: Mapping[str, Mapping[str, Any]]

    def over(self, unit: str) -> list[str]:
        """The root and the OUs on the path of `unit` that have a profile, from the top."""
        return [each for each in from_root(unit) if each in self.by_unit]

    def effective(self, own: Mapping[str, Any], file: str) -> Effective:
        """What an account gets whose own `file` has the keys `own`.

        Keys that no profile may have stay as they are, wrong ones too.
        """
        unit = own.get("organizationalUnit")
        found: Part = NOTHING
        for each in self.over(unit.strip() if isinstance(unit, str) else ROOT_UNIT):
            found = join(found, part(self.by_unit[each], Source(self.file, each)))
        found = join(found, part({key: own[key] for key in own if key in KEYS}, Source(file)))
        others = {key: value for key, value in own.items() if key not in KEYS}
        theirs: dict[tuple[str, ...], Source] = {(key,): Source(file) for key in others}
        return Effective({**others, **plain(found)}, {**theirs, **dict(sources(found))})


def profiles_file(environment: str, root: Path = ROOT) -> Path:
    """The file with the profiles of an environment, which need not exist."""
    return StackId("accounts", environment).folder(root) / "profiles" / f"{environment}.yaml"


def read_profiles(environment: str, root: Path = ROOT) -> Profiles:
    """The profiles of an environment. Raises `ConfigError` with all that is wrong in the file, but for OUs that do not
    exist."""
    file = profiles_file(environment, root)
    label = f"stacks/accounts/profiles/{file.name}"
    # Looked for first: a file that is opened and not there would be nothing that can be compared before a run.
    if not file.is_file():
        return Profiles(label, {})
    document = parsed(text_of(file, label), label, EngineLoader)
    if document is None:
        return Profiles(label, {})
    if not isinstance(document, dict):
        raise ConfigError([f"{label}: it is {document!r}; allowed: a mapping of OU paths, or / for the root"])
    problems: list[str] = []
    by_unit = {}
    for unit, given in document.items():
        try:
            by_unit[_unit(unit, label)] = _profile(unit, given, label)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return Profiles(label, by_unit)


def _unit(unit: Any, label: str) -> str:
    try:
        if not isinstance(unit, str):
            raise ValueError("not text; in quotes it is")
        return unit_or_root(unit)
    except ValueError as error:
        raise ConfigError([f"{label}: {unit!r} is no OU path: {error}; or / for the root"]) from None


def _profile(unit: str, given: Any, label: str) -> Mapping[str, Any]:
    """The profile of one OU, checked on its own."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ConfigError([f"{label}: {unit} is {given!r}; allowed: a mapping with keys of {', '.join(sorted(KEYS))}"])
    parse(Profile, unit, plain(part(given, Source(label, unit))), label)
    return given
