"""The file of each organization policy: its document as it is, and what it is attached to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from automation.adoption.files import Draft
from automation.adoption.snapshot import FoundPolicy
from automation.adoption.texts import Lines
from automation.schemas.lines import schema_line
from shared.organization_policies.types import POLICY_TYPES
from shared.policy_files import FOLDER, PolicyFile


def policy_draft(
    environment: str, policy: FoundPolicy, name: str, targets: list[str], *, may_break: bool = False
) -> Draft:
    """The file `name` of a policy. Raises `ValueError` if its content is no JSON object, or has one key twice."""
    keys = _keys(policy, name, targets, may_break=may_break)
    lines = Lines(
        f"Policy {policy.id}, written by `invoke adopt --env {environment}`: edit it, it is not written again."
    )
    for key, value in keys.items():
        why = ["It denies what this project does in accounts: see whether the access role should be exempt."]
        lines.add(key, value, *(why if key == "mayBreakDeployment" else []))
    path = FOLDER / environment / f"{name}.yaml"
    return Draft(path, schema_line(path.as_posix()) + lines.text())


def as_json(draft: Draft, policy: FoundPolicy, name: str, targets: list[str], *, may_break: bool) -> Draft:
    """The same file as JSON, for what is another value in YAML."""
    text = json.dumps(_keys(policy, name, targets, may_break=may_break), indent=2, ensure_ascii=False)
    return Draft(draft.path.with_suffix(".json"), text + "\n")


def reads_as(file: Path, policy: FoundPolicy) -> bool:
    """Whether this project reads the document in `file` as AWS has it."""
    return bool(PolicyFile(file, file.name).read().get("content") == _content(policy))


def _keys(policy: FoundPolicy, name: str, targets: list[str], *, may_break: bool) -> dict[str, Any]:
    keys: dict[str, Any] = {"type": POLICY_TYPES[policy.type].key}
    if policy.name != name:
        keys["name"] = policy.name
    keys["description"] = policy.description
    if policy.tags:
        keys["tags"] = dict(policy.tags)
    keys["targets"] = targets
    if may_break:
        keys["mayBreakDeployment"] = True
    keys["content"] = _content(policy)
    return keys


def _content(policy: FoundPolicy) -> Mapping[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("its document has a key twice")
        return dict(pairs)

    found = json.loads(policy.content, object_pairs_hook=once)
    if not isinstance(found, dict):
        raise ValueError("its document is no JSON object")
    return found
