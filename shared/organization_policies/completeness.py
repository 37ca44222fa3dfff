"""What an effective policy lacks: each of the policies merged may be right, and what an account gets still not work.

https://docs.aws.amazon.com/organizations/latest/userguide/invalid-policy-alerts.html. Of a backup plan without regions,
AWS Backup says nothing, and backs nothing up.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.organization_policies.inheritance import ASSIGN
from shared.organization_policies.schema import Group, Node
from shared.organization_policies.syntax import SCHEMAS

KEY_REQUIRED, TOO_FEW, TOO_MANY, CROSS_ATTRIBUTE = (
    "KEY_REQUIRED",
    "ELEMENTS_TOO_FEW",
    "ELEMENTS_TOO_MANY",
    "CROSS_ATTRIBUTE_VALIDATION",
)
"""AWS's codes."""


@dataclass(frozen=True)
class EffectiveProblem:
    """What is wrong at a path of an effective policy."""

    path: str
    code: str
    message: str


def effective_problems(policy_type: str, effective: Mapping[str, Any]) -> list[EffectiveProblem]:
    """What is wrong with an effective policy (`effective_policy`); nothing if no policy says anything.

    Of types whose syntax AWS does not publish, and of types that are not inherited, nothing is known.
    """
    if policy_type not in SCHEMAS or not effective:
        return []
    return list(_problems(effective, SCHEMAS[policy_type], ""))


def _problems(element: Any, node: Node | None, where: str) -> Iterator[EffectiveProblem]:
    if not isinstance(node, Group) or not isinstance(element, Mapping):
        return
    for name, value in element.items():
        # Names are in lower case in an effective policy, so that they cannot be checked any more.
        yield from _problems(value, node.fields.get(name.lower(), node.others), f"{where}/{name}" if where else name)
    for needed in (*node.needs, *(name for name in node.whole if name not in node.needs)):
        if not element.get(needed) and element.get(needed) != []:
            yield EffectiveProblem(where, KEY_REQUIRED, f"'{needed}' is missing")
    if node.most is not None and len(element) > node.most:
        yield EffectiveProblem(where, TOO_MANY, f"{len(element)} elements, and {node.most} are allowed")
    if len(element) < node.least:
        yield EffectiveProblem(where, TOO_FEW, f"{len(element)} elements, and {node.least} are needed")
    problem = node.rule({name: _assigned(value) for name, value in element.items()}) if node.rule else None
    if problem:
        path = "/".join(step for step in (where, problem.path) if step)
        yield EffectiveProblem(path, CROSS_ATTRIBUTE, f"{problem.what}; allowed: {problem.allowed}")


def _assigned(element: Any) -> Any:
    """The element as a policy that assigns all of it."""
    if isinstance(element, Mapping):
        return {name: _assigned(value) for name, value in element.items()}
    return {ASSIGN: element}
