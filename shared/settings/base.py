"""The base class of the configuration models, and the error text for a wrong value."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from shared.errors import ConfigError


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


def nullable(model: type[Settings], key: str) -> bool:
    """Whether `null` is an allowed value of `key`."""
    return type(None) in getattr(getattr(_field(model, key), "annotation", None), "__args__", ())


def _describe(
    error: ValidationError,
    model: type[Settings],
    namespace: str,
    file: str,
    secret_keys: frozenset[str],
) -> list[str]:
    problems = []
    for item in error.errors(include_url=False, include_context=True, include_input=True):
        location = [str(part) for part in item["loc"]]
        key = f"{namespace}:{'.'.join(location)}" if location else namespace
        shown = "(secret)" if location and location[0] in secret_keys else _shown(item["input"])
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            known = ", ".join(_allowed_keys(model, item["loc"]))
            problems.append(f"{file}: unknown key {key} (value {shown}); allowed keys: {known}")
        elif item["type"] == "missing":
            problems.append(f"{file}: {key} is missing; {_purpose(model, item['loc'])}")
        elif location:
            problems.append(f"{file}: {key} is {shown}: {message}")
        else:
            problems.append(f"{file}: {message}")
    return problems


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
