"""Text on a terminal: lines end between words, and never inside of a command that the reader is to copy.

A terminal itself breaks a long line anywhere. Words that are longer than a line, such as ARNs, are left to it: what is
marked and copied then is whole.
"""

import re
from collections.abc import Iterator

from rich.text import Text

from shared.layers import LAYERS

_INDENT = "  "
_NARROWEST = 30

_COLUMN = re.compile(r"(?<=\S) {2,}(?=\S)")
"""What is between two columns of a line."""

_PROGRAMS = re.compile(
    r"(?<![\w./-])(?:(?:invoke|pulumi) [a-z-]"
    r"|aws [a-z0-9-]+ [a-z-]"
    r"|make (?:sandbox|install|engine|pack|check|test|clean|distclean|schemas)\b"
    r"|git (?:clone|fetch|checkout|config|merge) "
    r"|cd [\w./]+ &&)"
)
"""How a command begins. `make` and `git` are words of English, too."""

_ARGUMENT = re.compile(r"""[-'"$<]|.*[/:=*{\d]|[A-Z_]+\Z|(?:&&|\||>)\Z""")
"""A word that belongs to the command before it, and not to the sentence after that."""


def wrapped(text: str, width: int) -> list[str]:
    """One line of text in lines of `width` characters, the further ones indented: below the last column if it has
    some."""
    return [start + text[begin:end] for start, begin, end in _lines(text, width)]


def fitted(text: str, width: int) -> str:
    """Text of any number of lines in lines of `width` characters."""
    return "\n".join(line for each in text.split("\n") for line in wrapped(each, width))


def fitted_text(text: Text, width: int) -> Text:
    """`fitted`, with the text's styles."""
    lines = [
        Text.assemble(start, line[begin:end])
        for line in text.split("\n", allow_blank=True)
        for start, begin, end in _lines(line.plain, width)
    ]
    return Text("\n").join(lines)


def _lines(text: str, width: int) -> Iterator[tuple[str, int, int]]:
    """What each line begins with, and the part of the text that follows."""
    if len(text) <= width:
        yield "", 0, len(text)
        return
    indent = text[: len(text) - len(text.lstrip())]
    columns = [each.end() for each in _COLUMN.finditer(text, 0, width // 2)]
    further = " " * columns[-1] if columns else indent + _INDENT
    start, begin, end = "", 0, len(indent)
    room = max(width, _NARROWEST)
    for first, last in _units(text):
        if len(start) + last - begin > room and end > begin + (0 if start else len(indent)):
            yield start, begin, end
            start, begin = further, first
        end = last
    yield start, begin, end


def _units(text: str) -> Iterator[tuple[int, int]]:
    """Where each word, or each whole command, begins and ends."""
    position = 0
    words = [(each.start(), each.end()) for each in re.finditer(r"\S+", text)]
    whole = [*_quoted(text), *_commands(text)]
    for first, last in words:
        if first < position:
            continue
        inside = [end for begin, end in whole if begin < last and first < end]
        while inside and max(inside) > last:
            last = next(end for _, end in words if end >= max(inside))  # with the comma after it
            inside = [end for begin, end in whole if begin < last and first < end]
        yield first, last
        position = last


def _quoted(text: str) -> Iterator[tuple[int, int]]:
    return ((each.start(), each.end()) for each in re.finditer(r"`[^`]+`", text))


def _commands(text: str) -> Iterator[tuple[int, int]]:
    """The commands that stand in a sentence as they are."""
    for found in _PROGRAMS.finditer(text):
        words = list(re.finditer(r"""(?:'[^']*'|"[^"]*"|[^ '"])+""", text[found.start() :]))
        program = words[0][0]
        end, after_option = words[0].end(), False
        for number, word in enumerate(words[1:], 1):
            bare = word[0].rstrip(",;:.)")
            known = number <= (2 if program in ("aws", "pulumi") else 1)
            if not (known or after_option or bare in LAYERS or _ARGUMENT.match(bare)):
                break
            end = word.start() + len(bare)
            if bare != word[0]:
                break
            after_option = bare == "&&" or (bare.startswith("-") and "=" not in bare)
        yield found.start(), found.start() + end
