"""What a rule judges: a resource as a program declares it, and what is known about its stack."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from shared.layers import LAYERS

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for what only a deployment can tell. The engine's own sign for it, which the SDK has as `rpc.UNKNOWN`."""


class Hidden(str):
    """A secret. It is judged like any other text, and shown to nobody."""

    __slots__ = ()


@dataclass(frozen=True)
class Planned:
    """A resource. `provider` has the inputs of its explicit provider; it is empty for the default provider."""

    type: str
    name: str
    urn: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    protect: bool = False
    provider: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


@dataclass(frozen=True)
class Regions:
    """The regions that the organization allows: those that are in each of `limits`, lists of names or of patterns such
    as `eu-*`. `sources` say what says so."""

    limits: tuple[tuple[str, ...], ...]
    sources: tuple[str, ...] = ()

    def allow(self, region: str) -> bool:
        """Whether a region is allowed."""
        return all(any(fnmatchcase(region, pattern) for pattern in each) for each in self.limits)

    @property
    def allowed(self) -> tuple[str, ...]:
        """All that are allowed, of what the lists name."""
        return tuple(each for each in dict.fromkeys(text for each in self.limits for text in each) if self.allow(each))


@dataclass(frozen=True)
class Context:
    """What is known about the stack.

    `config` is its configuration as the engine has it: full key → text. `outputs` are the outputs of the layers that it
    has read so far. `secrets` are the secret values of its configuration. `regions` are the regions that the
    organization allows the account's OU; None if it allows all.
    """

    project: str
    stack: str
    config: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    regions: Regions | None = None

    @property
    def environment(self) -> str:
        """The environment, such as `prod`."""
        return self.stack.partition(".")[0]

    @property
    def in_account(self) -> bool:
        """Whether the stack is a member account."""
        return self.project in LAYERS and LAYERS[self.project].per_account

    @property
    def unit(self) -> str | None:
        """The OU of the member account."""
        return self.config.get("accounts:organizationalUnit") if self.in_account else None

    @property
    def account(self) -> str | None:
        """The name of the member account in AWS."""
        return self.config.get("accounts:name") if self.in_account else None

    @property
    def file(self) -> str:
        """The stack's configuration file, as messages show it."""
        return f"stacks/{self.project}/Pulumi.{self.stack}.yaml"


@dataclass(frozen=True)
class Finding:
    """What a rule objects to: the property, its value, and what is allowed. No value: it is not set."""

    where: str
    value: Any
    allowed: str


def declared(
    type_: str,
    name: str,
    urn: str,
    properties: Mapping[str, Any],
    *,
    protect: bool,
    provider: Mapping[str, Any] | None = None,
) -> Planned:
    """A resource as the engine is told of it. The lists and maps of a provider are JSON there."""
    own = _from_json(properties) if type_.startswith("pulumi:providers:") else properties
    return Planned(type_, name, urn, own, protect, _from_json(provider or {}))


def _from_json(properties: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(properties)
    for name, value in properties.items():
        if isinstance(value, str) and value[:1] in ("[", "{"):
            with suppress(ValueError):
                found[name] = json.loads(value)
    return found


def is_unknown(value: Any) -> bool:
    """Whether the value is unknown as a whole, or text with something unknown in it."""
    return isinstance(value, str) and UNKNOWN in value


def listed(value: Any) -> list[Any]:
    """`value` as a list: IAM and AWS take one element for a list of one."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def texts(value: Any) -> Iterable[str]:
    """Every text in a value, keys of maps excluded."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)
