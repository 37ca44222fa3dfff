"""Reads the YAML files of this repository: what is wrong with one is one error, with the line and the place in it."""

import re
from pathlib import Path
from typing import Any

import yaml

from shared.errors import ConfigError

_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Five times as fast as the other, and there may be hundreds of accounts."""

_HINTS = {
    "mapping values are not allowed in this context": "a value that has ': ' in it is put in quotes, and a key is "
    "indented like those beside it",
    "found character that cannot start any token": "lines are indented with spaces, not with tabs, and a value that "
    "begins with @, ` or % is put in quotes",
    "found a tab character that violates indentation": "lines are indented with spaces, not with tabs",
    "found undefined alias": "a value that begins with * is put in quotes",
    "did not find expected alphabetic or numeric character": "a value that begins with * or & is put in quotes",
    "could not find expected ':'": "each line of a mapping is KEY: VALUE",
    "could not determine a constructor for the tag": "a value that begins with ! is put in quotes",
}
"""The parser's words → what a user does."""


class OnceLoader(_FAST):  # type: ignore[misc]
    """Refuses a key that is there twice, as the engine does; YAML's usual parsers keep the last one."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """See above."""
        first: dict[Any, int] = {}
        for key, _value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None or key.tag == "tag:yaml.org,2002:merge":
                continue
            if name in first:
                problem = f"the key {name!r} is there twice, in line {first[name]} too"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            first[name] = key.start_mark.line + 1
        return super().construct_mapping(node, deep)


class EngineLoader(OnceLoader):
    """Reads a stack's file as the engine does, which knows `true` and `false` and takes `no` and `on` for text."""

    yaml_implicit_resolvers: dict[str, Any] = {  # noqa: RUF012 - the parser's own attribute
        first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:bool"]
        for first, resolvers in _FAST.yaml_implicit_resolvers.items()
    }


class Dumper(yaml.SafeDumper):
    """Writes a file that the engine reads as `EngineLoader` does."""


EngineLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")
)
for _kind in (EngineLoader, Dumper):
    # Digits that begin with 0 are a number to the engine even if they are not octal, such as an account's id.
    _kind.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"0[0-9_]*[89][0-9_]*\Z"), ["0"])
    # A number to the engine also without a dot in it, such as 1e3.
    _kind.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?[eE][-+]?[0-9]+\Z"),
        list("-+0123456789"),
    )


def text_of(file: Path, label: str) -> str:
    """The text of a file; `label` is its path as messages show it. Raises `ConfigError`."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise ConfigError([f"{label}: there is no such file"]) from None
    except IsADirectoryError:
        raise ConfigError([f"{label}: a folder; allowed: a file"]) from None
    except OSError as error:
        raise ConfigError([f"{label}: cannot be read: {error.strerror}"]) from None
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        wrong = f"{label}:{line}: not UTF-8: the byte 0x{content[error.start]:02x}; allowed: a file saved as UTF-8"
        raise ConfigError([wrong]) from None


def parsed(text: str, label: str, loader: type[Any] = OnceLoader) -> Any:
    """What a YAML text says. Raises `ConfigError` with the line, its place, and the line itself."""
    try:
        return yaml.load(text, loader)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        raise _refused(text, label, error) from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        code = error.character if isinstance(error.character, int) else ord(error.character)
        raise ConfigError([f"{label}:{line}: not YAML: the control character 0x{code:02x}"]) from None
    except (ValueError, yaml.YAMLError) as error:  # a date that is none, such as 2026-02-31
        raise ConfigError([f"{label}: not YAML: {' '.join(str(error).split())}; in quotes it is text"]) from None


def _refused(text: str, label: str, error: yaml.MarkedYAMLError) -> ConfigError:
    # A quote that is never closed is told where it begins.
    ends = "unexpected end of stream" in (error.problem or "")
    mark = (error.context_mark if ends else None) or error.problem_mark or error.context_mark
    problem = error.problem or "it ends too early"
    hint = next((f"; {hint}" for words, hint in _HINTS.items() if problem.startswith(words)), "")
    if mark is None:
        return ConfigError([f"{label}: not YAML: {problem}{hint}"])
    lines = text.splitlines() or [""]
    number = min(mark.line, len(lines) - 1)
    column = mark.column if number == mark.line else len(lines[number])
    shown = lines[number].replace("\t", " ")
    where = f"{label}:{number + 1}:{column + 1}"
    return ConfigError([f"{where}: not YAML: {problem}{hint}\n    {shown}\n    {' ' * column}^"])
