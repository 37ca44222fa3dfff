"""The base class of the configuration models, and the error text for a wrong value."""

import json
import re
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from shared.errors import ConfigError
from shared.suggestions import did_you_mean, nearest


class Settings(BaseModel):
    """A part of the configuration. YAML keys are camelCase, unknown keys are errors, and the values are read-only."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        # Pydantic's own text would show the value, which may be a secret; `_describe` adds it only where that is safe.
        hide_input_in_errors=True,
    )


S = TypeVar("S", bound=Settings)


def parse(
    model: type[S],
    namespace: str,
    raw: Mapping[str, Any],
    file: str,
    secret_keys: frozenset[str] = frozenset(),
) -> S:
    """Read `raw`, the keys of one namespace without its prefix, as a `model`.

    `file` is the path that messages show. The values of `secret_keys` never appear in a message.
    Raises `ConfigError` with one line per problem.
    """
    try:
        return model.model_validate(dict(raw), by_alias=True, by_name=False)
    except ValidationError as error:
        raise ConfigError(_describe(error, model, namespace, file, secret_keys)) from None


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong, with the path of its key; for values that are in no file."""
    item = error.errors(include_url=False, include_context=True, include_input=True)[0]
    where = ".".join(map(str, item["loc"]))
    return f"{where}: {_message(item)}" if where else _message(item)


def nullable(model: type[Settings], key: str) -> bool:
    """Whether `null` is an allowed value of `key`."""
    return type(None) in getattr(getattr(_field(model, key), "annotation", None), "__args__", ())


def is_text(model: type[Settings], key: str) -> bool:
    """Whether every value of `key` but `null` is text."""
    annotation = getattr(_field(model, key), "annotation", None)
    kinds = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    plain = {get_args(each)[0] if get_origin(each) is Annotated else each for each in kinds}
    return plain - {type(None)} == {str}


def _describe(
    error: ValidationError,
    model: type[Settings],
    namespace: str,
    file: str,
    secret_keys: frozenset[str],
) -> list[str]:
    problems = []
    items = error.errors(include_url=False, include_context=True, include_input=True)
    # A key that is spelled wrong is one mistake, not an unknown key and a missing one.
    meant = {
        (*item["loc"][:-1], nearest(item["loc"][-1], _allowed_keys(model, item["loc"]), _ALIKE))
        for item in items
        if item["type"] == "extra_forbidden"
    }
    for item in items:
        location = [str(part) for part in item["loc"]]
        key = f"{namespace}:{'.'.join(location)}" if location else namespace
        shown = "(secret)" if location and location[0] in secret_keys else _shown(item["input"])
        message = _message(item)
        if item["type"] == "extra_forbidden":
            known = _allowed_keys(model, item["loc"])
            near = nearest(item["loc"][-1], known, _ALIKE)
            suggested = f"did you mean {near}? " if near else ""
            problems.append(f"{file}: unknown key {key} (value {shown}); {suggested}allowed keys: {', '.join(known)}")
        elif item["type"] == "missing":
            if item["loc"] in meant:
                continue
            problems.append(f"{file}: {key} is missing; {_purpose(model, item['loc'])}")
        elif location:
            problems.append(f"{file}: {key} is {shown}: {message}")
        else:
            problems.append(f"{file}: {message}")
    return problems


_ALIKE = 0.7
"""Keys and words of a model are short: less alike is another one."""

_TYPES = {
    "bool": "true or false, without quotes",
    "string": "text; a number or a date is text in quotes",
    "int": "a whole number, without quotes",
    "float": "a number, without quotes",
    "decimal": "a number, without quotes",
    "list": "a list",
    "dict": "a mapping of keys to values",
    "model": "a mapping of keys to values",
    "date": "a date, such as 2026-11-28",
}
"""The first word of pydantic's name of an error → what is allowed.
https://docs.pydantic.dev/latest/errors/validation_errors/"""

_LIMITS = {
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "at least {min_length} characters",
    "string_pattern_mismatch": "text of the form {pattern}",
    "too_long": "a list of {max_length} or fewer",
    "too_short": "a list of {min_length} or more",
}


def _message(item: Any) -> str:
    """What is wrong, in this project's words."""
    given = item.get("ctx", {})
    if item["type"] in ("value_error", "assertion_error"):
        return str(item["msg"]).partition(", ")[2]
    if item["type"] == "literal_error":
        allowed = given["expected"].replace("'", "").replace("True", "true")
        words = re.findall(r"'([^']*)'", given["expected"])
        return f"allowed: {allowed}{did_you_mean(nearest(item['input'], words, _ALIKE))}"
    if item["type"] in _LIMITS:
        return f"allowed: {_LIMITS[item['type']].format(**given)}"
    kind, _, rest = str(item["type"]).partition("_")
    if rest in ("type", "parsing", "from_float", "attributes_type") and kind in _TYPES:
        return f"allowed: {_TYPES[kind]}"
    if found := re.fullmatch(r"Input should be (.+)", item["msg"]):
        return f"allowed: {found[1]}"
    return str(item["msg"])


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return repr(text if len(text) <= 200 else text[:200] + "…")


def _nested(field: Any) -> type[Settings] | None:
    """The first settings class in an annotation such as `dict[str, TagRule]` or `Backup | None`."""
    pending = [getattr(field, "annotation", None)]
    while pending:
        annotation = pending.pop()
        if isinstance(annotation, type) and issubclass(annotation, Settings):
            return annotation
        pending += getattr(annotation, "__args__", ())
    return None


def _field(model: type[Settings], step: int | str) -> Any:
    return next((field for name, field in model.model_fields.items() if step in (field.alias, name)), None)


def _model_at(model: type[Settings], location: tuple[int | str, ...]) -> type[Settings]:
    """The settings class at `location`. List indexes and mapping keys do not lead to another class."""
    for step in location:
        model = _nested(_field(model, step)) or model
    return model


def _allowed_keys(model: type[Settings], location: tuple[int | str, ...]) -> list[str]:
    return sorted(field.alias or name for name, field in _model_at(model, location[:-1]).model_fields.items())


def _purpose(model: type[Settings], location: tuple[int | str, ...]) -> str:
    field = _field(_model_at(model, location[:-1]), location[-1])
    return f"it is required: {field.description}" if field and field.description else "it is required"
