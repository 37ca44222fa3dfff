"""`invoke account-request`: the account that an issue asks for, and the comment that answers it."""

from __future__ import annotations

from pathlib import Path

from automation.pull_request.markdown import fence
from automation.vending.request import grant
from automation.vending.rules import read_rules
from shared.errors import ConfigError, UsageError
from shared.layers import ROOT

MARKER = "<!-- account request -->"
"""The first line of the comment, by which it is found to be updated."""

_MOST = 20
"""Errors in a comment. A text may have thousands of lines."""


def answer(environment: str, issue: str, comment: str, root: Path = ROOT) -> int:
    """Write the account's file and the comment, or the comment alone and return 1. Raises `UsageError`."""
    try:
        body = (root / issue).read_bytes().decode(errors="replace")
    except OSError as error:
        raise UsageError(f"--issue is {issue!r}: {error.strerror}; allowed: a file with the text of an issue") from None
    try:
        file = grant(body, read_rules(environment, root), root)
    except ConfigError as error:
        (root / comment).write_text(_refused(error.problems))
        print(error)
        return 1
    (root / comment).write_text(_granted(file.relative_to(root), file.read_text()))
    print(f"wrote {file.relative_to(root)} and {comment}")
    return 0


def _refused(problems: list[str]) -> str:
    more = [f"and {len(problems) - _MOST} more"] if len(problems) > _MOST else []
    return "\n".join(
        [
            MARKER,
            "**This request cannot be met as it is.** Nothing was changed: a pull request that an earlier text of it "
            "has made is as it was. Edit the issue, and it is read again.",
            "",
            *fence([*(f"- {each[:1000]}" for each in problems[:_MOST]), *more]),
            "",
        ]
    )


def _granted(file: Path, text: str) -> str:
    return "\n".join([MARKER, f"This request is one file, `{file}`:", "", *fence(text.splitlines()), ""])
