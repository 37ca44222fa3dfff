"""Policy documents as plain data, and IAM's limits on them, checked before AWS is called."""

import json
from typing import Any

from shared.errors import DocumentError

Document = dict[str, Any]

MAX_MANAGED_POLICY = 6144
MAX_TRUST_POLICY = 2048
"""Maximum number of characters in a managed policy and in a role's trust policy, not counting white space.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def render(document: Document) -> str:
    """The document as JSON without white space, with the keys in their order. Equal documents give equal text."""
    return json.dumps(document, separators=(",", ":"))


def render_iam_policy(name: str, document: Document) -> str:
    """The JSON of a managed policy. Raises `DocumentError` when it is too large."""
    return render_within(name, "managed policy", document, MAX_MANAGED_POLICY)


def render_trust_policy(name: str, document: Document) -> str:
    """The JSON of a role's trust policy. Raises `DocumentError` when it is too large."""
    return render_within(name, "trust policy", document, MAX_TRUST_POLICY)


def render_within(name: str, kind: str, document: Document, limit: int) -> str:
    """The document as JSON. Raises `DocumentError` when it has more than `limit` characters."""
    text = render(document)
    if len(text) > limit:
        raise DocumentError(f"{kind} {name!r} has {len(text)} characters; AWS allows {limit}")
    return text
