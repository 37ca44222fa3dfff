"""Which outputs of a layer the programs of another layer use, from their code."""

import ast
from collections.abc import Iterator
from pathlib import Path

from shared.layers import LAYERS, ROOT
from shared.stack_outputs import StackOutputs

_SELECTORS = ("known", "get")
"""The methods of `Upstream` that take a function of the outputs."""


def readers_of(model: type[StackOutputs], root: Path = ROOT) -> dict[str, dict[str, list[str]]]:
    """Output → layer that reads it → the files in which it does."""
    found: dict[str, dict[str, list[str]]] = {}
    for layer in LAYERS.values():
        if model.layer not in layer.reads:
            continue
        for file in sorted((root / "stacks" / layer.name).glob("*.py")):
            for field in sorted(set(_used(ast.parse(file.read_text()), model))):
                name = model.model_fields[field].alias or field
                files = found.setdefault(name, {}).setdefault(layer.name, [])
                files.append(str(file.relative_to(root)))
    return found


def _used(module: ast.Module, model: type[StackOutputs]) -> Iterator[str]:
    """The fields of `model` that a module uses."""
    named = {each: function for function in _functions(module) for each in [function.name]}
    upstream = set(_upstream(module, model.__name__))
    for call in ast.walk(module):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _SELECTORS:
            if not _ends_with(call.func.value, upstream):
                continue
            for selector in call.args:
                yield from _fields(selector, named, model)
    for function in named.values():
        for argument in _arguments(function):
            if argument.annotation is not None and ast.unparse(argument.annotation) == model.__name__:
                yield from _attributes(function, argument.arg, model)


def _functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for each in ast.walk(module):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            yield each


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _upstream(module: ast.Module, name: str) -> Iterator[str]:
    """The variables, parameters and attributes that hold the outputs of a layer."""
    for each in ast.walk(module):
        if isinstance(each, ast.arg | ast.AnnAssign):
            if each.annotation is not None and ast.unparse(each.annotation) == f"Upstream[{name}]":
                yield each.arg if isinstance(each, ast.arg) else ast.unparse(each.target)
        elif isinstance(each, ast.Assign):
            (target,) = each.targets if len(each.targets) == 1 else (ast.Tuple(elts=[]),)
            targets = target.elts if isinstance(target, ast.Tuple) else [target]
            values = each.value.elts if isinstance(each.value, ast.Tuple) else [each.value]
            yield from (
                ast.unparse(variable)
                for variable, value in zip(targets, values, strict=False)
                if ast.unparse(value) == f"await read({name})"
            )


def _ends_with(value: ast.expr, names: set[str]) -> bool:
    """Whether `value` is one of the variables, such as `org`, or an attribute of that name, such as `args.org`."""
    return ast.unparse(value).rpartition(".")[2] in names


def _fields(
    selector: ast.expr, named: dict[str, ast.FunctionDef | ast.AsyncFunctionDef], model: type[StackOutputs]
) -> Iterator[str]:
    if isinstance(selector, ast.Lambda):
        yield from _attributes(selector.body, selector.args.args[0].arg, model)
    elif isinstance(selector, ast.Name) and selector.id in named:
        yield from _attributes(named[selector.id], _arguments(named[selector.id])[0].arg, model)


def _attributes(code: ast.AST, variable: str, model: type[StackOutputs]) -> Iterator[str]:
    for each in ast.walk(code):
        if isinstance(each, ast.Attribute) and ast.unparse(each.value) == variable and each.attr in model.model_fields:
            yield each.attr
