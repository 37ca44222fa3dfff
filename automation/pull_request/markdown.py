"""The comment of a pull request. What others have written, such as a tag, is text in it and never Markdown or HTML.

https://github.github.com/gfm/#fenced-code-blocks
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from automation.approval.plans import digest_of
from automation.approval.schema import PlanFile, StackPlan
from shared.settings.checks import counted

LIMITS = {"github": 65_536, "gitlab": 1_000_000}
"""What a comment may have. https://docs.gitlab.com/administration/instance_limits/#size-of-comments-and-descriptions-of-issues-merge-requests-and-epics
GitHub's is in its error message, "Body is too long (maximum is 65536 characters)". Here bytes are counted, which are
never fewer."""

_KINDS = ("created", "updated", "replaced", "deleted", "kept")
_RESERVED = 1_500
"""Bytes for what is said of what was cut."""


@dataclass(frozen=True)
class Findings:
    """What a comment says. `invalid` are errors of the files, `access` the decisions that flip, or why they are not
    known. There is no `plan` if the preview did not get that far."""

    environment: str
    invalid: Sequence[str]
    plan: PlanFile | None = None
    access: Sequence[str] = field(default=())


def marker(environment: str) -> str:
    """The first line of the comment, by which it is found to be updated."""
    return f"<!-- plan of {html.escape(environment)} -->"


def markdown(found: Findings, limit: int) -> str:
    """The comment, of at most `limit` bytes of UTF-8."""
    head = [marker(found.environment), f"## Plan for `{_inline(found.environment)}`", "", *_validation(found)]
    if found.plan is None:
        if not found.invalid:
            head += ["", "**There is no plan**: the preview ended before it had one. The log of its job says why."]
        return _cut(head, [], limit)
    plan = found.plan
    foot = ["", f"Plan `{digest_of(plan)}`, made from commit `{_inline(plan.commit or 'unknown')}`.", ""]
    if not plan.stacks:
        return _cut([*head, "", "Nothing is to be deployed."], [], limit, foot)
    parts = [("who may do what", _access(found.access)), *((each.label, _stack(each)) for each in plan.stacks)]
    return _cut([*head, "", *_table(plan)], parts, limit, foot)


def _validation(found: Findings) -> list[str]:
    if not found.invalid:
        return ["**Validation**: every file is as it should be."]
    return ["**Validation failed**: nothing was previewed.", "", *fence(found.invalid)]


def _table(plan: PlanFile) -> list[str]:
    rows = [f"| stack | {' | '.join(_KINDS)} | |", f"| --- |{' ---: |' * len(_KINDS)} --- |"]
    for stack in plan.stacks:
        counts = Counter(each.what for each in stack.changes)
        notes = ["**the preview failed**"] if stack.problems else []
        notes += [f"{len(stack.drift)} changed in AWS"] if stack.drift else []
        notes += [counted(len(stack.warnings), "warning")] if stack.warnings else []
        numbers = " | ".join(str(counts[kind] or "") for kind in _KINDS)
        rows.append(f"| `{_inline(stack.label)}` | {numbers} | {', '.join(notes)} |")
    if plan.unchanged:
        rows += ["", f"Unchanged: {counted(len(plan.unchanged), 'stack')}."]
    return rows


def _stack(stack: StackPlan) -> list[str]:
    lines = [f"error: {each}" for each in stack.problems] + [f"warning: {each}" for each in stack.warnings]
    shown = [*lines, *stack.shown]
    if not shown:
        return []
    opened = " open" if stack.problems else ""
    title = f"<details{opened}><summary>{html.escape(stack.label)}</summary>"
    return ["", title, "", *fence(shown), "", "</details>"]


def _access(lines: Sequence[str]) -> list[str]:
    return ["", "**Who may do what** afterwards", "", *fence(lines)] if lines else []


def fence(lines: Iterable[str]) -> list[str]:
    """The lines as code: no mention, link, image or HTML in it has a meaning."""
    text = [_plain(each) for line in lines for each in line.splitlines() or [""]]
    longest = max((len(run) for line in text for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *text, fence]


def _plain(line: str) -> str:
    """Without what a reader does not see, such as marks that turn the direction of the text.
    https://trojansource.codes/"""
    return "".join(each if each.isprintable() or each == "\t" else f"\\u{ord(each):04x}" for each in line)


def _inline(text: str) -> str:
    return re.sub(r"[^\w./@:+-]", "_", text)


def _cut(head: Sequence[str], parts: Sequence[tuple[str, Sequence[str]]], limit: int, foot: Sequence[str] = ()) -> str:
    """All that fits, and what was left out by name."""
    room = limit - _size([*head, *foot]) - _RESERVED
    kept, left_out = list(head), []
    if room < 0:
        kept, room = _lines_that_fit(head, limit - _size(foot) - _RESERVED), 0
        left_out.append("the rest of the above")
    for name, lines in parts:
        if _size(lines) <= room:
            kept += lines
            room -= _size(lines)
        else:
            left_out.append(name)
    if left_out:
        names = ", ".join(f"`{_inline(each)}`" if " " not in each else each for each in left_out[:20])
        more = f" and {len(left_out) - 20} more" if len(left_out) > 20 else ""
        kept += [
            "",
            f"**Cut**, because a comment may have {limit:,} characters: {names}{more}. The plan has all of it.",
        ]
    return "\n".join([*kept, *foot]).rstrip("\n") + "\n"


def _lines_that_fit(lines: Sequence[str], room: int) -> list[str]:
    kept: list[str] = []
    for line in lines:
        if _size([*kept, line]) > room:
            break
        kept.append(line)
    fences = [line for line in kept if line.startswith("```")]
    return kept + ([fences[0].removesuffix("text")] if len(fences) % 2 else [])


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode(errors="replace")) + 1 for line in lines)
