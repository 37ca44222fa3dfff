"""What IAM checks in the parameters of a request: lengths, characters, numbers and words, as its API model has them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from botocore.model import ListShape, Shape, StructureShape
from moto.core.utils import get_service_model
from moto.iam.exceptions import InvalidInput, ValidationError

NAME = r"[\w+=,.@-]+"
"""The pattern of nearly all names, for which AWS has a message of its own."""


ASCII = r"!-/:-@\[-`{-~"
"""The symbols and the punctuation of ASCII, in a class of a pattern."""


def check_constraints(operation: str, parameters: Mapping[str, Any]) -> None:
    """Raise `ValidationError` for a value that IAM's API model refuses, `InvalidInput` for a tag of AWS's own."""
    found = violations("iam", operation, parameters)
    if found:
        if len(found) == 1 and found[0].startswith("The specified"):
            raise ValidationError(found[0])
        raise ValidationError(detected(found))
    for tag in parameters.get("Tags", ()):
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html: nobody but AWS makes them.
        if tag.get("Key", "").lower().startswith("aws:"):
            raise InvalidInput(f"The tag key {tag['Key']} begins with aws:, which is reserved for AWS.")


def violations(service: str, operation: str, parameters: Mapping[str, Any]) -> list[str]:
    """What a service's API model does not take, in AWS's words. `service` is botocore's name of the service."""
    shape = get_service_model(service).operation_model(operation).input_shape
    return [] if shape is None else list(_violations(parameters, shape, ""))


def detected(found: Sequence[str]) -> str:
    """The message of AWS about violations."""
    return f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: {'; '.join(found)}"


def _violations(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            if value.get(name) is not None:
                inner = name[0].lower() + name[1:]
                yield from _violations(value[name], member, f"{path}.{inner}" if path else inner)
        return
    failed = _failed(value, shape)
    if failed is not None:
        if shape.metadata.get("pattern") == NAME and failed.startswith("Member must satisfy regular"):
            allowed = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
            yield f"The specified value for {path} is invalid. {allowed}"
        else:
            shown = "Value" if shape.metadata.get("sensitive") or isinstance(shape, ListShape) else f"Value '{value}'"
            yield f"{shown} at '{path}' failed to satisfy constraint: {failed}"
    if isinstance(shape, ListShape):
        for number, item in enumerate(value, 1):
            yield from _violations(item, shape.member, f"{path}.{number}.member")


def _failed(value: Any, shape: Shape) -> str | None:
    """The constraint of a value that does not hold, in AWS's words."""
    limits = shape.metadata
    sized = isinstance(value, (str, Sequence))
    if not sized and not isinstance(value, int):
        return None
    size, what = (len(value), "length") if sized else (value, "value")
    if size > limits.get("max", size):
        return f"Member must have {what} less than or equal to {limits['max']}"
    if size < limits.get("min", size):
        return f"Member must have {what} greater than or equal to {limits['min']}"
    if value not in limits.get("enum", [value]):
        return f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
    if isinstance(value, str) and "pattern" in limits and not _pattern(limits["pattern"]).fullmatch(value):
        return f"Member must satisfy regular expression pattern: {limits['pattern']}"
    return None


@cache
def _pattern(java: str) -> re.Pattern[str]:
    """A pattern of the model, which is Java's: its \\w is ASCII, unless the pattern speaks of all letters."""
    # In Java a flag may stand in the middle, for what follows.
    java = re.sub(r"\(\?i\)([^()|]+)", r"(?i:\1)", java)
    if r"\p{" not in java:
        return re.compile(java, re.ASCII)
    # Symbols and punctuation beyond ASCII are left out: AWS takes them.
    for mark, python in (
        (r"\p{L}", r"\w"),
        (r"\p{N}", ""),
        (r"\p{M}", ""),
        (r"\p{Z}", r"\s"),
        (r"\p{P}", ""),
        (r"\p{S}", ASCII),
    ):
        java = java.replace(mark, python)
    return re.compile(java)
