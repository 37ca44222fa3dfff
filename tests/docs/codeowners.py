"""Who owns a file, by `CODEOWNERS`: the last line whose pattern fits counts.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
Of the patterns it knows those that GitHub and GitLab read alike: `*`, and a path from the root that is a folder with
all that is in it, or files, with `*` for anything but a slash.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Owners:
    """Pattern → owners, in the file's order."""

    lines: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, text: str) -> Owners:
        """Read a file's text. Raises `ValueError` for a pattern that is not known here, or that is there twice."""
        found: dict[str, tuple[str, ...]] = {}
        for words in map(str.split, text.splitlines()):
            if words and not words[0].startswith("#"):
                pattern, *owners = words
                if (pattern != "*" and not re.fullmatch(r"(?:/[\w.*-]+)+/?", pattern)) or "**" in pattern:
                    raise ValueError(f"the pattern {pattern!r}; allowed: *, /FOLDER/ or /PATH from the root")
                if pattern in found:
                    raise ValueError(f"the pattern {pattern!r} is there twice")
                found[pattern] = tuple(owners)
        return cls(found)

    def of(self, file: str) -> tuple[str, ...]:
        """The owners of a file, named by its path from the root."""
        return next((owners for pattern, owners in reversed([*self.lines.items()]) if _fits(pattern, file)), ())


def _fits(pattern: str, file: str) -> bool:
    if pattern == "*":
        return True
    text = re.escape(pattern.strip("/")).replace(r"\*", "[^/]*")
    return re.fullmatch(text + ("/.*" if pattern.endswith("/") else ""), file) is not None
