"""YAML as a person would write it: keys in their order, scripts as blocks."""

from collections.abc import Mapping
from typing import Any

import yaml

_WIDTH = 10_000


class _Dumper(yaml.SafeDumper):
    """Lists are indented, nothing is an alias, and a text of several lines is a block."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent lists, too."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Write what occurs twice twice."""
        return True


def _block(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _block)


def text(document: Mapping[str, Any]) -> str:
    """The document as YAML."""
    return yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, width=_WIDTH, allow_unicode=True)
