"""Asks the user in the terminal."""

import sys


def answer(question: str) -> str:
    """What the user types; empty if he does not."""
    try:
        return input(question).strip()
    except (EOFError, KeyboardInterrupt):
        print(file=sys.stderr)
        return ""
