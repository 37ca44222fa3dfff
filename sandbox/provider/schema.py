"""What an entry of the table consists of: a resource type's properties and its AWS calls."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from sandbox.provider.aws import Aws
from sandbox.provider.errors import CreatedInPart, ProviderError
from sandbox.provider.wire import Values


class Kind(Enum):
    """The type of a property's value; it decides how two values are compared (`sandbox.provider.diff.same`)."""

    STRING = "string"
    BOOL = "boolean"
    INT = "integer"
    DECIMAL = "decimal number"  # as text
    STRINGS = "list of strings"  # a set: neither order nor repetition matters
    TAGS = "map of strings"
    JSON = "JSON document"
    IAM_JSON = "IAM policy document"
    URL = "URL"
    OBJECTS = "list of objects"  # a set too, as the lists in the objects
    OBJECT = "object"


Replaces = bool | Callable[[Any, Any], bool]
"""Whether a change forces replacement; a function decides by the old and the new value."""


@dataclass(frozen=True)
class Property:
    """One property of a resource type.

    `aws` is its name in the AWS API. `output` is set by AWS alone; `computed` is set by AWS when the
    program does not. `kept` is never returned by AWS, so only the Pulumi state knows it.
    `max_length` bounds a generated name.
    """

    name: str
    kind: Kind = Kind.STRING
    aws: str | None = None
    required: bool = False
    output: bool = False
    computed: bool = False
    replaces: Replaces = False
    default: Any = None
    kept: bool = False
    max_length: int | None = None


def out(name: str, aws: str | None = None, kind: Kind = Kind.STRING) -> Property:
    """A property that only AWS sets."""
    return Property(name, kind, aws, output=True)


def auto_named(aws: str, max_length: int, *, replaces: bool = True) -> Property:
    """The `name` of a type whose name is generated when the program gives none, as the official plugin does:
    https://www.pulumi.com/docs/concepts/resources/names/#autonaming
    """
    return Property("name", Kind.STRING, aws, computed=True, replaces=replaces, max_length=max_length)


REGION = Property("region", computed=True, replaces=True)
"""The region of a regional resource; the provider's when the program gives none. See
https://www.pulumi.com/registry/packages/aws/how-to-guides/7-0-migration/
"""

TAGS = (
    Property("tags", Kind.TAGS),
    Property("tagsAll", Kind.TAGS, computed=True),
)
"""`tags` is what the program said, `tagsAll` that merged with the provider's default tags."""


class ResourceType(ABC):
    """One entry of the table. `new` and `old` are property values by their Pulumi names: `new` with the defaults
    filled in, `old` as it is in the state (in an import: empty)."""

    token: str
    label: str
    """What AWS calls it, in error messages."""
    properties: tuple[Property, ...]
    not_supported: ClassVar[frozenset[str]] = frozenset()
    """Properties of the official type that this provider does not know."""
    gone: ClassVar[frozenset[str]] = frozenset()
    """The AWS error codes that say that it does not exist."""
    tag_calls: ClassVar[tuple[str, str, str]]
    """How it is tagged, unless `retag` does it in a way of its own: the service, the noun of its calls `tag_<noun>` and
    `untag_<noun>`, and the parameter that takes what is tagged."""

    @abstractmethod
    def create(self, aws: Aws, new: Values) -> str:
        """Create it and return its id. Raises `CreatedInPart` if it exists but a later step failed."""

    @abstractmethod
    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        """What AWS returns: every property except the `kept` ones; None if it does not exist."""

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:  # noqa: B027
        """Change the properties named in `changed` to `new`; `retag` changes tags. Does nothing here: some types have
        only properties that force replacement or that AWS does not have."""

    @abstractmethod
    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        """Delete it; an error with a code of `gone` counts as done."""

    def retag(self, aws: Aws, id_: str, old: Values, put: dict[str, str], remove: list[str]) -> None:  # noqa: ARG002
        """Set and remove tags, for types that have `tagsAll`."""
        service, noun, parameter = self.tag_calls
        if remove:
            aws.call(service, f"untag_{noun}", **{parameter: id_}, TagKeys=remove)
        if put:
            aws.call(service, f"tag_{noun}", **{parameter: id_}, Tags=tag_list(put))

    @property
    def by_name(self) -> Mapping[str, Property]:
        return {item.name: item for item in self.properties}

    @property
    def taggable(self) -> bool:
        return "tagsAll" in self.by_name

    @property
    def regional(self) -> bool:
        return "region" in self.by_name

    def parse_id(self, id_: str) -> tuple[str, Values]:
        """Split what a user gives to `pulumi import` into the id and the property values in it."""
        return id_, {}

    def describe(self, id_: str) -> str:
        """The label and id, for error messages."""
        return f"{self.label} ({id_})" if id_ else self.label

    def request(self, values: Values, *names: str) -> dict[str, Any]:
        """The AWS parameters for the properties `names`, or for all that have an AWS name."""
        chosen = [self.by_name[name] for name in names] if names else self.properties
        found = {
            item.aws: values[item.name]
            for item in chosen
            if item.aws and not item.output and item.kind is not Kind.TAGS and values.get(item.name) is not None
        }
        if values.get("tagsAll") and not names:
            found["Tags"] = tag_list(values["tagsAll"])
        return found

    def state(self, response: Mapping[str, Any]) -> Values:
        """The properties that are in an AWS response, by their AWS names."""
        found = {item.name: plain(response[item.aws]) for item in self.properties if item.aws and item.aws in response}
        if "Tags" in response and self.taggable:
            found["tagsAll"] = tag_map(response["Tags"])
        return {
            name: json.dumps(value) if self.by_name[name].kind is Kind.IAM_JSON and isinstance(value, dict) else value
            for name, value in found.items()
        }


@contextmanager
def after_creation(id_: str) -> Iterator[None]:
    """Turn an error inside into `CreatedInPart` of the resource `id_`."""
    try:
        yield
    except ProviderError as error:
        raise CreatedInPart(id_, error) from error


def plain(value: Any) -> Any:
    """`value` without the types that only boto3 knows; times as RFC 3339 in UTC."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as most AWS calls take them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def tag_map(tags: list[dict[str, str]]) -> dict[str, str]:
    """Tags as most AWS calls give them, without those that AWS itself sets (`aws:…`)."""
    return {tag["Key"]: tag["Value"] for tag in tags if not tag["Key"].startswith("aws:")}


@dataclass(frozen=True)
class Function:
    """A function (data source) of the provider: its arguments and results by their Pulumi names."""

    token: str
    arguments: frozenset[str]
    results: frozenset[str]
    call: Callable[[Aws, Values], Values]
