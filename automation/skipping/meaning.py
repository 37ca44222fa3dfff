"""What a Python module means: its code without comments, formatting and line numbers."""

import ast
import hashlib
from contextlib import suppress


def meaning(content: bytes) -> str:
    """The digest of what the module with this content means; of the content itself if it cannot be parsed.

    Texts that describe functions and classes belong to the meaning, because a program can read them.
    """
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        content = ast.dump(ast.parse(content)).encode(errors="surrogatepass")
    return hashlib.sha256(content).hexdigest()
