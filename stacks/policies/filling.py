"""Puts parameters into the content of a policy file.

`${name}` is the value of a parameter. A list makes a list of the text around it, and a key for each of its values;
what only an empty list leaves empty is left out. AWS's own variables, which have a colon (`${aws:PrincipalOrgID}`), and
`$account` stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLACE = re.compile(r"\$\{([A-Za-z][A-Za-z0-9_-]*)\}")

LATER = frozenset({"organizationId"})
"""What stays in place until it is known: AWS gives it."""


class _Left:
    """Stands for what is left out."""


_LEFT_OUT = _Left()


class UnknownPlace(Exception):
    """The content has a place for a parameter that there is not. `path` is where, `name` the parameter."""

    def __init__(self, path: str, name: str) -> None:
        super().__init__(path, name)
        self.path, self.name = path, name


def fill(content: Any, values: Mapping[str, Any]) -> Any:
    """The content with every place filled. Raises `UnknownPlace`."""
    filled = _fill(content, values, "")
    return {} if isinstance(filled, _Left) else filled


def places(content: Any) -> set[str]:
    """The names of all parameters that the content has a place for."""
    return {name for text in _texts(content) for name in _PLACE.findall(text)}


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, str):
        yield node


def _fill(node: Any, values: Mapping[str, Any], path: str) -> Any:
    if isinstance(node, dict):
        made: dict[str, Any] = {}
        for key, value in node.items():
            here = f"{path}.{key}" if path else key
            keys = _expand(key, values, here)
            inner = _fill(value, values, here)
            if not isinstance(inner, _Left):
                made.update(dict.fromkeys([keys] if isinstance(keys, str) else keys, inner))
        return made if made or not node else _LEFT_OUT
    if isinstance(node, list):
        items: list[Any] = []
        for number, value in enumerate(node):
            inner = _fill(value, values, f"{path}.{number}")
            if isinstance(inner, _Left):
                continue
            if isinstance(value, str) and isinstance(inner, list):
                items += inner
            else:
                items.append(inner)
        return items if items or not node else _LEFT_OUT
    if isinstance(node, str):
        found = _expand(node, values, path)
        return _LEFT_OUT if found == [] else found
    return node


def _expand(text: str, values: Mapping[str, Any], path: str) -> str | list[str]:
    """The text with its places filled: a list of texts if one of them is filled with a list."""
    texts = [text]
    is_list = False
    for name in dict.fromkeys(_PLACE.findall(text)):
        if name in LATER:
            continue
        if name not in values:
            raise UnknownPlace(path, name)
        value, place = values[name], f"${{{name}}}"
        if isinstance(value, list):
            is_list = True
            texts = [each.replace(place, one) for each in texts for one in value]
        else:
            texts = [each.replace(place, str(value)) for each in texts]
    return texts if is_list else texts[0]
