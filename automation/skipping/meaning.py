"""What a Python file means, without its comments and its formatting."""

import ast
import hashlib


def meaning(content: bytes) -> str:
    """The digest of a Python file's syntax tree, with docstrings and without positions; if it cannot be parsed, of its
    bytes."""
    try:
        tree = ast.dump(ast.parse(content)).encode()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = content
    return hashlib.sha256(tree).hexdigest()
