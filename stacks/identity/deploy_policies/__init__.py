"""What the deploy roles may do: a document for each layer and kind of role, and how it is made ready for AWS.

The documents are generated (`make permissions`) and hold placeholders: `<account>`, `<organization>`, and
`<access-role>`, which stands for each access role in turn.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from shared.errors import DocumentError
from shared.policy_documents.documents import MAX_MANAGED_POLICY, Document, render, render_iam_policy
from shared.policy_documents.iam import document

FOLDER = Path(__file__).parent

POLICIES_A_ROLE = 10
"""Managed policies that may be attached to one role.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def read(layer: str, kind: str) -> Document:
    """The document of a layer's role, with its placeholders. `kind` is `deploy` or `preview`."""
    found: Document = json.loads((FOLDER / f"{layer}.{kind}.json").read_text())
    return found


def filled(statements: Sequence[Document], values: Mapping[str, Sequence[str]]) -> Document:
    """The statements with the values of their placeholders. One with several values multiplies what it is in."""
    found = []
    for statement in statements:
        resources = statement["Resource"]
        each = [resources] if isinstance(resources, str) else resources
        expanded = [text for resource in each for text in _expanded(resource, values)]
        made = {**statement, "Resource": expanded[0] if len(expanded) == 1 else expanded}
        if "Condition" in statement:
            made["Condition"] = json.loads(next(_expanded(json.dumps(statement["Condition"]), values)))
        found.append(made)
    return document(*found)


def packed(name: str, statements: Sequence[Document], longest: Mapping[str, Sequence[str]]) -> list[list[Document]]:
    """The statements, in their order, in as few managed policies as AWS's limit allows (first fit).

    `longest` are the longest values of the placeholders. Raises `DocumentError` for a statement that is too large, or
    for more policies than a role may have.
    """
    policies: list[list[Document]] = []
    for statement in statements:
        render_iam_policy(name, filled([statement], longest))
        room = next((policy for policy in policies if _fits([*policy, statement], longest)), None)
        if room is None:
            policies.append([statement])
        else:
            room.append(statement)
    if len(policies) > POLICIES_A_ROLE:
        raise DocumentError(f"{name!r} needs {len(policies)} policies; AWS allows {POLICIES_A_ROLE} a role")
    return policies


def _fits(statements: Sequence[Document], longest: Mapping[str, Sequence[str]]) -> bool:
    return len(render(filled(statements, longest))) <= MAX_MANAGED_POLICY


def _expanded(text: str, values: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name, several in values.items():
        if f"<{name}>" in text:
            for value in several:
                yield from _expanded(text.replace(f"<{name}>", value), values)
            return
    yield text
