"""The regions that the organization's service control policies allow the accounts of an OU.

Read are `policies:serviceControl` of the environment and its policy files, with the policies of the library that these
use: what a policy says counts, not its name. A policy is about regions if it denies all actions, or all but some, by
`aws:RequestedRegion`. It may leave out some principals, such as the access role, and nothing else.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_general.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from policy_pack.planned import Regions, listed
from shared.errors import ConfigError
from shared.policy_files import PolicyFile, policy_files
from shared.units import from_root

ALLOWED_REGIONS = "library/service-control/allowed-regions"
"""The policy of the library that `policies:serviceControl.<OU>.allowedRegions` fills."""

_REGION = "aws:requestedregion"
_PRINCIPAL = "aws:principalarn"
_ONLY = re.compile(r"(?:StringNotEquals|StringNotEqualsIgnoreCase|StringNotLike)(?:IfExists)?")
_PLACE = re.compile(r"\$\{([A-Za-z][A-Za-z0-9_-]*)\}")


@dataclass(frozen=True)
class _Policy:
    """The statements of a policy, and the values of its parameters. `source` is where messages say it is."""

    source: str
    statements: list[Any]
    values: Mapping[str, Any]


def allowed_regions(root: Path, environment: str, unit: str | None, account: str | None = None) -> Regions | None:
    """What is allowed in an OU, or in the account of that name in it; None if all regions are.

    As with service control policies, what the root, each OU above and the account have must allow a region too. A file
    that cannot be read allows all: the run of the policies layer reports it.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
    """
    if unit is None:
        return None
    levels = from_root(unit)
    policies = [*_short(root, environment, levels), *_files(root, environment, levels, account)]
    limits = [(tuple(found), each.source) for each in policies for found in _regions(each)]
    if not limits:
        return None
    return Regions(tuple(patterns for patterns, _source in limits), tuple(dict.fromkeys(each for _, each in limits)))


def _short(root: Path, environment: str, levels: list[str]) -> Iterator[_Policy]:
    """The short form in the stack's file."""
    file = f"stacks/policies/Pulumi.{environment}.yaml"
    try:
        document = yaml.safe_load((root / file).read_text())
    except (OSError, yaml.YAMLError):
        return
    controls = _map(_map(_map(document).get("config")).get("policies:serviceControl"))
    for level in levels:
        if found := _map(controls.get(level)).get("allowedRegions"):
            statements, _ = _library(root, ALLOWED_REGIONS)
            yield _Policy(f"policies:serviceControl in {file}", statements, {"regions": found})


def _files(root: Path, environment: str, levels: list[str], account: str | None) -> Iterator[_Policy]:
    """The policy files that are attached to one of the levels, or to the account by its name."""
    for file in policy_files(environment, root):
        found = _read(file)
        targets = listed(found.get("targets"))
        if not any(each in levels or (account and each == {"account": account}) for each in targets):
            continue
        given = _map(found.get("parameters"))
        for path in listed(found.get("use")):
            statements, defaults = _library(root, str(path))
            yield _Policy(file.label, statements, {**defaults, **given})
        if found.get("type") == "service-control":
            yield _Policy(file.label, _statements(found), {})


def _library(root: Path, path: str) -> tuple[list[Any], Mapping[str, Any]]:
    """The statements of a service control policy of the library, and what its parameters are unless given."""
    if not path.startswith("library/service-control/"):
        return [], {}
    file = root / "stacks" / "policies" / f"{path}.yaml"
    found = _read(PolicyFile(file, file.name))
    defaults = {name: _map(each).get("default") for name, each in _map(found.get("parameters")).items()}
    return _statements(found), defaults


def _read(file: PolicyFile) -> dict[str, Any]:
    try:
        return file.read()
    except ConfigError:
        return {}


def _statements(found: Mapping[str, Any]) -> list[Any]:
    return listed(found.get("statements") or _map(found.get("content")).get("Statement"))


def _regions(policy: _Policy) -> Iterator[list[str]]:
    """The regions, or patterns of them, outside of which a statement denies."""
    for each in policy.statements:
        statement = _map(each)
        whole = "NotAction" in statement or "*" in listed(statement.get("Action"))
        if statement.get("Effect") != "Deny" or not whole or listed(statement.get("Resource")) != ["*"]:
            continue
        lines = [
            (str(operator), str(key).lower(), values)
            for operator, keys in _map(statement.get("Condition")).items()
            for key, values in _map(keys).items()
        ]
        about = [values for operator, key, values in lines if key == _REGION and _ONLY.fullmatch(operator)]
        if len(about) == 1 and all(key in (_REGION, _PRINCIPAL) for _operator, key, _values in lines):
            yield [text for value in listed(about[0]) for text in _filled(str(value), policy.values)]


def _filled(text: str, values: Mapping[str, Any]) -> list[str]:
    place = _PLACE.fullmatch(text)
    return [str(each) for each in listed(values.get(place[1]))] if place else [text]


def _map(value: Any) -> dict[str, Any]:
    if isinstance(value, str):  # `pulumi config set` without --path writes JSON
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}
