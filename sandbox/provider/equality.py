"""When two values of a property are the same to AWS, even if their text differs."""

from __future__ import annotations

import json
from typing import Any

from sandbox.provider.schema import Kind, Property
from sandbox.provider.wire import Values, has_unknown


def same(item: Property, old: Any, new: Any) -> bool:
    """Whether a change from `old` to `new` would change nothing in AWS. An unknown value is never the same."""
    if has_unknown(old) or has_unknown(new):
        return False
    return bool(_normal(item, old) == _normal(item, new))


def with_defaults(properties: tuple[Property, ...], values: Values) -> Values:
    """`values` with the static default of each property that is not given."""
    defaults = {item.name: item.default for item in properties if item.default is not None}
    return defaults | values


def _normal(item: Property, value: Any) -> Any:
    if value is None:
        value = item.default
    if value is None or value in ("", [], {}) or value is False:
        # To AWS and to the official plugin, 'not set' and 'empty' are the same.
        return None
    if item.kind in (Kind.JSON, Kind.IAM_JSON):
        return _document(value, iam=item.kind is Kind.IAM_JSON)
    if item.kind is Kind.STRINGS:
        return sorted(set(map(str, value)))
    if item.kind is Kind.URL:
        return str(value).removeprefix("https://").rstrip("/")
    return value


def _document(text: Any, *, iam: bool) -> Any:
    if isinstance(text, str):
        try:
            text = json.loads(text)
        except ValueError:
            return text
    return _iam(text) if iam else text


def _iam(value: Any) -> Any:
    """In IAM's grammar a list of one is the same as its element, and the order of a list has no meaning:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    if isinstance(value, dict):
        return {key: _iam(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_iam(item) for item in value]
        return items[0] if len(items) == 1 else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    # IAM gives some scalars back as text: true as "true", an account number as a string.
    return json.dumps(value) if isinstance(value, bool | int) else value
