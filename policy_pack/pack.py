"""The rules as policies of Pulumi. Only the pack's own environment has `pulumi_policy`.

https://www.pulumi.com/docs/iac/using-pulumi/crossguard/
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import yaml
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from policy_pack.allowed_regions import allowed_regions
from policy_pack.judging import messages
from policy_pack.planned import UNKNOWN, Context, Planned, Regions, declared
from policy_pack.rules import RULES, Rule
from shared.layers import LAYERS

NAME = "aws-organization"
ROOT = Path(__file__).resolve().parent.parent


def serve() -> None:
    """Serve the policies to the engine, until it ends this process."""
    PolicyPack(NAME, policies(), EnforcementLevel.MANDATORY)


def policies() -> list[Policy]:
    """Every rule that the engine tells enough for."""
    found: list[Policy] = []
    for rule in RULES:
        if rule.in_pack:
            schema = PolicyConfigSchema({name: dict(each) for name, each in rule.options.items()})
            config = schema if rule.options else None
            found.append(ResourceValidationPolicy(rule.name, rule.says, _validate(rule), config_schema=config))
    return found


def _validate(rule: Rule) -> Any:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        planned = _planned(args)
        for message in messages(rule, planned, _context(args.urn), args.get_config() or {}):
            report(f"{planned}: {message}")

    return validate


def _planned(args: ResourceValidationArgs) -> Planned:
    provider = plain(args.provider.props) if args.provider else {}
    properties = plain(args.props)
    protect = bool(args.opts.protect)
    return declared(args.resource_type, args.name, args.urn, properties, protect=protect, provider=provider)


def plain(value: Any) -> Any:
    """A value without the SDK's wrapping, which raises an exception when something unknown is looked at."""
    if isinstance(value, Mapping):
        found = {}
        for key in value:
            try:
                found[key] = plain(value[key])
            except UnknownValueError:
                found[key] = UNKNOWN
        return found
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        items = []
        for number in range(len(value)):  # type: ignore[arg-type]
            try:
                items.append(plain(value[number]))  # type: ignore[index]
            except UnknownValueError:
                items.append(UNKNOWN)
        return items
    return value


def _context(urn: str) -> Context:
    # https://www.pulumi.com/docs/iac/concepts/resources/names/#urns
    stack, project, *_ = [*urn.removeprefix("urn:pulumi:").split("::"), ""]
    context = Context(project, stack, _config(project, stack))
    regions = _regions(context.environment, context.unit, context.account)
    return replace(context, outputs=_outputs(project, context.environment), regions=regions)


@cache
def _regions(environment: str, unit: str | None, account: str | None) -> Regions | None:
    return allowed_regions(ROOT, environment, unit, account)


@cache
def _outputs(project: str, environment: str) -> dict[str, dict[str, Any]]:
    """The outputs of the layers that a layer reads. The engine shows stack references to no policy pack."""
    layers = LAYERS[project].reads if project in LAYERS else ()
    with ThreadPoolExecutor() as pool:
        return dict(zip(layers, pool.map(partial(_deployed, environment), layers), strict=True))


def _deployed(environment: str, layer: str) -> dict[str, Any]:
    """What the layer has exported; empty if it is not deployed."""
    asked = subprocess.run(
        ["pulumi", "stack", "output", "--json", "--stack", environment, "--non-interactive"],
        cwd=ROOT / "stacks" / layer,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return dict(json.loads(asked.stdout))
    except ValueError:
        return {}


def _config(project: str, stack: str) -> dict[str, str]:
    """The plain values of the stack's file. The engine tells a policy pack none of them."""
    try:
        document = yaml.safe_load((ROOT / "stacks" / project / f"Pulumi.{stack}.yaml").read_text())
    except (OSError, yaml.YAMLError):
        return {}
    values = document.get("config") if isinstance(document, dict) else None
    return {
        str(key): value if isinstance(value, str) else json.dumps(value)
        for key, value in (values or {}).items()
        if not (isinstance(value, dict) and "secure" in value)
    }
