"""The policies of the library, and the policy files of an environment, read and checked by their form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from shared.errors import ConfigError
from shared.layers import ROOT as REPOSITORY
from shared.organization_policies.limits import MAX_DESCRIPTION, MAX_NAME
from shared.organization_policies.types import RESOURCE_CONTROL_POLICY, SERVICE_CONTROL_POLICY
from shared.policy_files import LIBRARY, TYPES, PolicyFile, policy_files, type_of
from shared.settings.base import Settings, parse
from shared.settings.fields import Switch, Tags, unit_or_root
from shared.units import ROOT_UNIT
from stacks.policies import parameters
from stacks.policies.parameters import ACCOUNT_ID, Parameter

_LIBRARY = Path(__file__).parent / "library"
_HERE = "stacks/policies"

CONTROL = (SERVICE_CONTROL_POLICY, RESOURCE_CONTROL_POLICY)
"""The types whose policies are statements as in IAM."""


def _statements(value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError("allowed: a list of statements")
    return value


Statements = Annotated[list[dict[str, Any]], BeforeValidator(_statements), Field(min_length=1)]
Description = Annotated[str, Field(max_length=MAX_DESCRIPTION)]
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]


def _content(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError("the policy is no object; allowed: a mapping, in the syntax of its type")
    return value


Content = Annotated[dict[str, Any], BeforeValidator(_content)]


class LibraryPolicy(Settings):
    """One of this project's policies, as `library/<type>/<name>.yaml` has it.

    `statements` are those of a service control policy, which are put together with others as far as they fit.
    """

    type: str
    name: Name
    description: Description
    parameters: dict[str, Parameter] = Field(default={})
    content: Content | None = Field(default=None)
    statements: Statements | None = Field(default=None)

    @model_validator(mode="after")
    def _one_of_both(self) -> LibraryPolicy:
        if (self.content is None) == (self.statements is None):
            raise ValueError("content and statements: allowed: one of them")
        if self.statements is not None and TYPES.get(self.type) != SERVICE_CONTROL_POLICY:
            raise ValueError("statements are allowed with type: service-control only")
        return self


class AccountTarget(Settings):
    """An account as a target, by its id or by its name in AWS."""

    account: parameters.Account


def _target(value: Any) -> str | AccountTarget:
    if isinstance(value, AccountTarget):
        return value
    if isinstance(value, dict) and set(value) == {"account"} and isinstance(value["account"], str):
        return AccountTarget(account=parameters.account(value["account"]))
    if not isinstance(value, str):
        raise ValueError("allowed: / for the root, an OU path, an account's id in quotes, or {account: NAME}")
    return value if ACCOUNT_ID.match(value) else unit_or_root(value)


Target = Annotated[str | AccountTarget, PlainValidator(_target, json_schema_input_type=str | AccountTarget)]


def _each_once(targets: list[str | AccountTarget]) -> list[str | AccountTarget]:
    texts = [each if isinstance(each, str) else each.account for each in targets]
    twice = sorted({text for text in texts if texts.count(text) > 1})
    if twice:
        raise ValueError(f"listed twice: {', '.join(twice)}; allowed: each once")
    return targets


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Uses = Annotated[list[str], BeforeValidator(_as_list, json_schema_input_type=str | list[str]), Field(min_length=1)]


class OwnPolicy(Settings):
    """A policy file of an environment: content of its own, or one of the library with parameters."""

    type: str | None = Field(default=None, description="the policy type, as a word")
    use: Uses | None = Field(default=None, description="library/TYPE/NAME, or a list of service control policies")
    name: Name | None = Field(default=None, description="what AWS shows; the name of the file unless given")
    description: Description | None = Field(default=None)
    parameters: dict[str, Any] = Field(default={}, description="by name")
    content: Content | None = Field(default=None)
    statements: Statements | None = Field(default=None)
    may_break_deployment: Switch = Field(
        default=False, description="true: it may deny what this project does, in OUs whose accounts nobody deploys"
    )
    targets: Annotated[list[Target], AfterValidator(_each_once)] = Field(
        description="/ for the root, OU paths, account ids in quotes, {account: NAME}; [] for nothing"
    )
    tags: Tags = Field(default={}, description="tags of the policy itself")

    @model_validator(mode="after")
    def _one_source(self) -> OwnPolicy:
        given = [key for key in ("use", "content", "statements") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"{' and '.join(given) or 'no content'}; allowed: one of use, content, statements")
        if given != ["use"] and self.parameters:
            raise ValueError("parameters are allowed with use only: content in place needs none")
        if given == ["statements"] and TYPES.get(self.type or "") != SERVICE_CONTROL_POLICY:
            raise ValueError("statements are allowed with type: service-control only")
        return self


@dataclass(frozen=True)
class Loaded:
    """A policy file of an environment with the library's policies that it uses, by their path in the library."""

    file: PolicyFile
    type: str
    own: OwnPolicy
    used: Mapping[str, LibraryPolicy]

    @property
    def label(self) -> str:
        return self.file.label

    @property
    def name(self) -> str:
        """What AWS shows."""
        return self.own.name or self.file.name

    @property
    def description(self) -> str:
        """The file's own, or that of what it uses."""
        if self.own.description is not None:
            return self.own.description
        return next((each.description for each in self.used.values()), f"From {self.file.path.name}")

    @property
    def declared(self) -> dict[str, Parameter]:
        """The parameters of all that it uses. Those of one name are one parameter."""
        return {name: each for policy in self.used.values() for name, each in policy.parameters.items()}

    @property
    def packed(self) -> bool:
        """Whether its statements are put into as few policies as possible."""
        return self.own.statements is not None or any(each.statements is not None for each in self.used.values())


@cache
def library(path: str) -> LibraryPolicy:
    """A policy of the library by its path, such as `library/backup/monthly`.

    Raises `ConfigError`, also for a path that is not there: then with what is.
    """
    found = LIBRARY.match(path)
    file = _LIBRARY / found["type"] / f"{found['name']}.yaml" if found else None
    if file is None or not file.is_file():
        raise ConfigError([f"{path!r} is not there; allowed: {', '.join(library_paths())}"])
    label = f"{_HERE}/{path}.yaml"
    raw = PolicyFile(file, label).read()
    policy = parse(LibraryPolicy, "policy", raw, label)
    if found and policy.type != found["type"]:
        raise ConfigError([f"{label}: type is {policy.type!r}; allowed: that of its folder, {found['type']}"])
    return policy


def library_paths() -> list[str]:
    """The paths of all policies of the library."""
    return sorted(f"library/{file.parent.name}/{file.stem}" for file in _LIBRARY.glob("*/*.yaml"))


def library_vaults() -> set[str]:
    """The vaults that the library's backup policies write into by default."""
    given = [each for path in library_paths() for each in library(path).parameters.values()]
    return {each.default for each in given if each.type == "vault" and each.default}


def load(environment: str, root: Path = REPOSITORY) -> tuple[list[Loaded], list[str]]:
    """The policy files of an environment that can be read, and what is wrong with the others."""
    found, wrong = [], []
    for file in policy_files(environment, root):
        try:
            found.append(_load(file))
        except ConfigError as error:
            wrong += error.problems
    return found, wrong


def _load(file: PolicyFile) -> Loaded:
    raw = file.read()
    type_ = type_of(file, raw)
    try:
        own = parse(OwnPolicy, "policy", raw, file.label)
    except ConfigError as error:
        # The keys of these files have no namespace.
        raise ConfigError([each.replace("policy:", "") for each in error.problems]) from None
    wrong, used = [], {}
    for path in own.use or []:
        try:
            used[path] = library(path)
        except ConfigError as error:
            wrong += [each if each.startswith(_HERE) else f"{file.label}: use: {each}" for each in error.problems]
    loaded = Loaded(file, type_, own, used)
    if len({TYPES[each.type] for each in used.values()} | {type_}) > 1:
        wrong.append(f"{file.label}: use names policies of several types; allowed: those of one type")
    elif len(used) > 1 and not all(each.statements for each in used.values()):
        wrong.append(f"{file.label}: use is a list; allowed: a list of service control policies, or one policy")
    if own.type is not None and own.use and TYPES.get(own.type) != type_:
        wrong.append(f"{file.label}: type is {own.type!r}; allowed: that of what it uses, or none")
    if len(own.use or []) != len(used) and not wrong:
        wrong.append(f"{file.label}: use names a policy twice; allowed: each once")
    if not wrong:
        wrong += parameters.problems(file.label, loaded.declared, own.parameters)
    if wrong:
        raise ConfigError(wrong)
    return loaded


Kind = Literal["root", "unit", "account"]


def kind_of(target: str | AccountTarget) -> Kind:
    """What a target is."""
    if isinstance(target, AccountTarget) or ACCOUNT_ID.match(target):
        return "account"
    return "root" if target == ROOT_UNIT else "unit"
