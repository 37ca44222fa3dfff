"""The documents of the deploy roles, made of what was recorded and of the table of resources."""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.layers import LAYERS, ROOT
from shared.policy_documents.documents import Document
from shared.policy_documents.iam import allow, document
from tests.deploy_roles.patterns import ADMINISTRATOR, ASSUMED, DENIED, MANAGEMENT, MEMBER, Groups, actions

KINDS = ("deploy", "preview")
ASSUME = "sts:AssumeRole"

Recording = Mapping[str, Mapping[str, Collection[str]]]
"""`org.deploy` and so on → `management` and `member` → the actions that were asked for."""

MEMBER_FILE = ROOT / "stacks" / "accounts" / "preview_policy.json"


def file_of(layer: str, kind: str, root: Path = ROOT) -> Path:
    """The committed document of a role."""
    return root / "stacks" / "identity" / "deploy_policies" / f"{layer}.{kind}.json"


def made(recording: Recording) -> dict[Path, Document]:
    """Every document by its file. Raises `ValueError` for a recorded action that the table does not have."""
    found = {file_of(layer, kind): role_document(layer, kind, recording) for layer in LAYERS for kind in KINDS}
    return {**found, MEMBER_FILE: document(*_statements(MEMBER, set(recording["accounts.preview"]["member"])))}


def role_document(layer: str, kind: str, recording: Recording) -> Document:
    """The document of one role. Who may deploy may preview too."""
    needed = set(recording[f"{layer}.{kind}"]["management"])
    if kind == "deploy":
        needed |= set(recording[f"{layer}.preview"]["management"]) - set(actions(ADMINISTRATOR[layer]))
        needed -= set(actions(ADMINISTRATOR[layer]))
    assumes = ASSUME in needed
    statements = list(_statements(MANAGEMENT[layer], needed - {ASSUME}))
    if assumes:
        only_here = {"StringEquals": {"aws:ResourceOrgID": "<organization>"}}
        statements.append(allow(ASSUME, list(ASSUMED[kind]), only_here))
    return document(*statements, *(DENIED.get(layer, []) if kind == "deploy" else []))


def allowed_actions(policy: Document) -> set[str]:
    """The actions that a document allows."""
    return {
        action
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


def text(policy: Document) -> str:
    """A document as it is committed."""
    return json.dumps(policy, indent=2) + "\n"


def read(file: Path) -> Any:
    """A committed document."""
    return json.loads(file.read_text())


def _statements(groups: Groups, needed: set[str]) -> Iterator[Document]:
    known = {action for names in groups.values() for action in actions(names)}
    if needed - known:
        raise ValueError(
            f"no resources are known for {', '.join(sorted(needed - known))}: tests/deploy_roles/patterns.py"
        )
    for resources, names in groups.items():
        if used := sorted(set(actions(names)) & needed):
            yield allow(used, list(resources))
