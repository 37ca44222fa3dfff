"""`make reference`: the pages that are made from the code, into docs/. Nobody edits them."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from invoke.parser.argument import Argument
from invoke.tasks import Task

import tasks
from automation.reporting.drawing import as_svg
from automation.schemas.explain import Key, keys
from shared.component import PROJECT
from shared.layers import LAYERS, ROOT, SANDBOX, StackId

FOLDER = "docs/reference"
_MADE = "made from the code by `make reference`"

_MANY = 12
_ACCOUNTS = ("developer", "shared-test")


def documents() -> dict[str, str]:
    """File → its text."""
    pages = {f"settings-{layer}": settings(layer) for layer in LAYERS}
    pages |= {"commands": commands(), "components": components()}
    return {**{f"{FOLDER}/{name}.md": text for name, text in pages.items()}, "docs/stacks.svg": picture() + "\n"}


def main() -> None:
    """Write each file."""
    for name, text in documents().items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(text)
        print(f"wrote {name}")


def picture() -> str:
    """The stacks of the sandbox, and what reads what."""
    stacks = [StackId(name, SANDBOX) for name, layer in LAYERS.items() if not layer.per_account]
    return as_svg([*stacks, *(StackId("accounts", SANDBOX, account) for account in _ACCOUNTS)])


def commands() -> str:
    """Every command: how it is called, what it does, its arguments."""
    lines = [
        "# Commands",
        "",
        f"Every command with all that it takes, {_MADE}. What they are for: [daily life](../daily-life.md) and "
        "[day two](../day-two.md). An option that is a list may be given more than once.",
        "",
    ]
    for name, task in sorted(_tasks()):
        arguments = task.get_arguments()
        lines += [f"## {name}", "", "```text", _usage(name, arguments), "```", ""]
        lines += [_prose(inspect.getdoc(task) or ""), ""]
        if arguments:
            lines += ["| argument | default | meaning |", "| --- | --- | --- |"]
            lines += [f"| {_called(each)} | {_default(each)} | {_cell(each.help or '')} |" for each in arguments]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _tasks() -> Iterator[tuple[str, Task[Any]]]:
    # A copy: a task loses its help when it is asked for its arguments.
    commands = deepcopy(tasks.namespace)
    for name in commands.task_names:
        yield name, commands[name]


def _name(argument: Argument) -> str:
    return str(argument.name).replace("_", "-")


def _usage(name: str, arguments: list[Argument]) -> str:
    given = [_name(each).upper() for each in arguments if each.positional]
    rest = " [options]" if len(given) < len(arguments) else ""
    return " ".join(["invoke", name, *given]) + rest


def _called(argument: Argument) -> str:
    if argument.positional:
        return f"`{_name(argument).upper()}`"
    return f"`--{_name(argument)}`"


def _default(argument: Argument) -> str:
    if argument.positional:
        return "required"
    if argument.kind is list:
        return "a list"
    if argument.default in (None, "") or argument.kind is bool:
        return ""
    return f"`{argument.default}`"


def settings(layer: str) -> str:
    """The keys of a layer's stack files."""
    found = list(keys(layer))
    file = f"stacks/{layer}/Pulumi.<environment>{'.<account>' if LAYERS[layer].per_account else ''}.yaml"
    lines = [
        f"# Settings of {layer}",
        "",
        f"{LAYERS[layer].summary[0].upper()}{LAYERS[layer].summary[1:]}: what `{file}` may say, {_MADE} from the "
        f"[model](../../stacks/{layer}/config.py). `KEY` is a name that you choose, `[]` an item of a list. What "
        f"belongs together, with examples, is in [the layer's own document](../../stacks/{layer}/README.md).",
        "",
    ]
    for first, group in groupby(found, key=lambda key: key.path.partition(".")[0].partition("[")[0]):
        lines += [
            f"## {first.partition(':')[2]}",
            "",
            "| key | type | default | meaning |",
            "| --- | --- | --- | --- |",
        ]
        lines += [_setting(key) for key in group]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _setting(key: Key) -> str:
    default = "required" if key.required else f"`{_cell(key.default)}`" if key.default is not None else ""
    allowed = f" Allowed: {_limited(key.allowed)}." if key.allowed else ""
    meaning = f"{key.meaning}." if key.meaning else ""
    return f"| `{key.path}` | {_cell(key.type)} | {default} | {_cell(meaning)}{allowed} |"


def _limited(allowed: str) -> str:
    """A pattern is code; numbers and words are not. All regions of AWS are no reading matter."""
    if allowed.count(", ") > _MANY:
        return f"one of {allowed.count(', ') + 1}, which `invoke validate` names"
    before, mark, pattern = allowed.partition("what fits ")
    return f"{_cell(before)}{mark}`{_cell(pattern)}`" if mark else _cell(allowed)


def components() -> str:
    """The components of each layer: type token, file, meaning, inputs."""
    lines = [
        "# Components",
        "",
        "The Pulumi [components](https://www.pulumi.com/docs/iac/concepts/resources/components/) of the layers, "
        f"{_MADE}. States, previews and policies name a component by its type token.",
        "",
    ]
    for layer in LAYERS:
        lines += [f"## {layer}", ""]
        classes = _classes(ROOT / "stacks" / layer)
        for node, file in classes.values():
            if found := _read(node, classes):
                lines += _component(found, str(file.relative_to(ROOT)))
    return "\n".join(lines).rstrip() + "\n"


@dataclass(frozen=True)
class _Component:
    name: str
    token: str
    meaning: str
    inputs: Sequence[tuple[str, str, str]]
    """Name, type, meaning."""


def _component(found: _Component, file: str) -> list[str]:
    lines = [f"### {found.name}", "", f"`{PROJECT}:{found.token}`, in [`{file}`](../../{file})", ""]
    lines += [_prose(found.meaning), ""]
    if found.inputs:
        said = any(meaning for _name, _kind, meaning in found.inputs)
        lines += (
            ["| input | type | meaning |", "| --- | --- | --- |"] if said else ["| input | type |", "| --- | --- |"]
        )
        for name, kind, meaning in found.inputs:
            lines.append(f"| `{name}` | `{_cell(kind)}` |" + (f" {_cell(meaning)} |" if said else ""))
        lines.append("")
    return lines


def _classes(folder: Path) -> dict[str, tuple[ast.ClassDef, Path]]:
    """The classes in a folder, by name, with their files."""
    return {
        node.name: (node, file)
        for file in sorted(folder.rglob("*.py"))
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.ClassDef)
    }


def _read(node: ast.ClassDef, classes: Mapping[str, tuple[ast.ClassDef, Path]]) -> _Component | None:
    """The component that a class is; None if it is none, or what several components have in common."""
    if not {"Component", "Policies"} & set(map(ast.unparse, node.bases)):
        return None
    start = next(each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__")
    calls = [each for each in ast.walk(start) if isinstance(each, ast.Call)]
    (token,) = (each.args[0] for each in calls if ast.unparse(each.func) == "super().__init__")
    if not isinstance(token, ast.Constant):
        return None
    kinds = [ast.unparse(each.annotation) for each in start.args.args if each.annotation]
    inputs = [each for kind in kinds if kind in classes for each in _inputs(classes[kind][0])]
    return _Component(node.name, str(token.value), ast.get_docstring(node) or "", inputs)


def _inputs(node: ast.ClassDef) -> Iterator[tuple[str, str, str]]:
    """The fields of a dataclass, each with the text below it, if there is one."""
    for field, below in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign):
            said = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            text = _prose(inspect.cleandoc(str(below.value.value))) if said else ""  # type: ignore[union-attr]
            yield ast.unparse(field.target), ast.unparse(field.annotation), text


def _prose(docstring: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in docstring.split("\n\n"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;") if "`" not in text else text.replace("|", "\\|")


if __name__ == "__main__":
    main()
