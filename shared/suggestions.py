"""What somebody may have meant who wrote a word that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: object, known: Iterable[str], alike: float = 0.65) -> str | None:
    """The one of `known` that is most like `word`; None if none is `alike`, from 0 to 1.
    https://docs.python.org/3/library/difflib.html#difflib.get_close_matches"""
    return next(iter(get_close_matches(str(word), list(known), 1, alike)), None)


def did_you_mean(meant: str | None) -> str:
    """What a message says of it, behind what is wrong; nothing if nothing was meant."""
    return f"; did you mean {meant}?" if meant else ""
