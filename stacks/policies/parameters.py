"""The parameters of a policy file: their types, and which values each takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from shared.settings.base import Settings
from shared.settings.fields import IamName, Issuer, RegionName, Switch, TagPattern

ACCOUNT_ID = re.compile(r"[0-9]{12}\Z")
_RESOURCE_TYPE = re.compile(r"[a-z0-9-]+:(?:\*|[A-Za-z][A-Za-z0-9_/-]*)\Z")
_VAULT = re.compile(r"[A-Za-z0-9_-]{2,50}\Z")
_TAG_KEY = re.compile(r"[\w\s_.:/=+@-]{1,128}\Z")
_SCHEDULE = re.compile(r"cron\((?:[0-9A-Za-z*?,/#L-]+ ){5}[0-9A-Za-z*?,/#L-]+\)\Z")
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:\S+\Z")


def resource_type(value: str) -> str:
    """`value`, unchanged. Raises `ValueError` unless it is written as AWS writes types of resources in tag policies."""
    if not _RESOURCE_TYPE.match(value):
        raise ValueError("allowed: a resource type of AWS's list, such as ec2:instance, or ec2:ALL_SUPPORTED")
    return value


def _quoted(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("allowed: text; in quotes, where it is made of digits or is true or false")
    return value


def account(value: str) -> str:
    """`value`, unchanged. Raises `ValueError` unless it is an account's id or may be its name."""
    # https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
    if value.isdecimal() and not ACCOUNT_ID.match(value):
        raise ValueError("allowed: the twelve digits of an account's id, in quotes, or an account's name in AWS")
    if not 1 <= len(value) <= 50:
        raise ValueError("allowed: an account's id in quotes, or its name in AWS of 1 to 50 characters")
    return value


def _matching(pattern: re.Pattern[str], allowed: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.match(value):
            raise ValueError(f"allowed: {allowed}")
        return value

    return AfterValidator(check)


Text = Annotated[str, BeforeValidator(_quoted), Field(min_length=1)]
Account = Annotated[Text, AfterValidator(account)]
ResourceType = Annotated[Text, AfterValidator(resource_type)]

_ONE: dict[str, Any] = {
    "text": Text,
    "number": Annotated[int, Field(strict=True, ge=0)],
    "region": Annotated[RegionName, BeforeValidator(_quoted)],
    "account": Account,
    "role": Annotated[IamName, BeforeValidator(_quoted)],
    "issuer": Annotated[Issuer, BeforeValidator(_quoted)],
    "schedule": Annotated[Text, _matching(_SCHEDULE, "cron(MINUTE HOUR DAY MONTH WEEKDAY YEAR) of AWS, in UTC")],
    "vault": Annotated[Text, _matching(_VAULT, "2 to 50 letters, digits, - and _")],
    "arn": Annotated[Text, _matching(_ARN, "an ARN, such as arn:aws:backup:…")],
    "tag-key": Annotated[Text, _matching(_TAG_KEY, "1 to 128 letters, digits, spaces and _ . : / = + - @")],
    "tag-value": Annotated[TagPattern, BeforeValidator(_quoted)],
    "resource-type": ResourceType,
}

TYPES = (*_ONE, *(f"{kind}s" for kind in _ONE if kind != "number"))
"""The words for types in files. A plural is a list."""

ACCOUNTS = ("account", "accounts")
_ADAPTERS: dict[str, TypeAdapter[Any]] = {}

Value = str | int | list[str]


def _known(value: str) -> str:
    if value not in TYPES:
        raise ValueError(f"no such type; allowed: {', '.join(TYPES)}")
    return value


class Parameter(Settings):
    """A parameter of one of this project's policies. Without a default it must be given."""

    type: Annotated[str, AfterValidator(_known)]
    description: str = Field(min_length=1)
    default: Any = None
    empty_allowed: Switch = Field(default=False, description="whether a list may be empty")

    @model_validator(mode="after")
    def _default_fits(self) -> Parameter:
        if self.default is not None:
            problem = self.problem(self.default)
            if problem:
                raise ValueError(f"the default does not fit the type: {problem}")
        return self

    def problem(self, value: Any) -> str | None:
        """What is wrong with a value; None if nothing is."""
        if value is None:
            return f"allowed: {self.description}"
        several = self.type not in _ONE
        if isinstance(value, list) != several:
            return f"allowed: {'a list of ' if several else 'one '}{self.type}"
        if value == [] and not self.empty_allowed:
            return "allowed: at least one"
        listed = value if several else [value]
        for number, each in enumerate(listed, start=1):
            try:
                _adapter(self.type if self.type in _ONE else self.type[:-1]).validate_python(each)
            except ValidationError as error:
                message = str(error.errors(include_url=False)[0]["msg"]).removeprefix("Value error, ")
                return f"item {number}: {message}" if several else message
            if listed.index(each) < number - 1:
                return f"{each!r} is listed twice; allowed: each once"
        return None


def _adapter(kind: str) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(_ONE[kind])
    return _ADAPTERS[kind]


def problems(file: str, declared: Mapping[str, Parameter], given: Mapping[str, Any]) -> list[str]:
    """What is wrong with the parameters that a file gives: unknown, missing, or of the wrong type."""
    found = []
    for name, value in given.items():
        if name not in declared:
            known = ", ".join(declared) or "none: the policy has no parameters"
            found.append(f"{file}: parameters.{name} is {value!r}: there is no such parameter; allowed: {known}")
        elif problem := declared[name].problem(value):
            found.append(f"{file}: parameters.{name} is {value!r}: {problem}")
    for name, parameter in declared.items():
        if name not in given and parameter.default is None:
            found.append(f"{file}: parameters.{name} is missing; allowed: {parameter.type}: {parameter.description}")
    return found


def values(declared: Mapping[str, Parameter], given: Mapping[str, Any]) -> dict[str, Value]:
    """Every parameter with its value as policies have it: numbers as text, issuers without their scheme."""
    found = {name: given.get(name, parameter.default) for name, parameter in declared.items()}
    return {name: _as_in_policies(declared[name].type, value) for name, value in found.items()}


def _as_in_policies(kind: str, value: Any) -> Value:
    if isinstance(value, list):
        return [str(_as_in_policies(kind.removesuffix("s"), each)) for each in value]
    # The keys of a token in conditions: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    return str(value).removeprefix("https://") if kind == "issuer" else str(value)
