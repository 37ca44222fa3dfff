"""What a Python file means: its code without comments, formatting and positions."""

import ast
import hashlib
from contextlib import suppress


def meaning(content: bytes) -> str:
    """The digest of a Python file's syntax tree, which has its docstrings; of its bytes if it cannot be parsed."""
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        content = ast.dump(ast.parse(content)).encode(errors="surrogatepass")
    return hashlib.sha256(content).hexdigest()
