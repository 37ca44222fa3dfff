"""Imports the modules of a program's own code from their source, and never from bytecode of before.

Python takes bytecode as valid if the source has the same size and the same second of modification, so after a quick
edit the program that ran would not be the one that was hashed. The compiled code is kept by the content of the
source, in a folder of the run.
"""

import hashlib
import marshal
import os
import sys
from contextlib import suppress
from importlib.abc import PathEntryFinder
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType

from automation.language_host.callers import is_own


def install(kept: Path) -> None:
    """Import modules in folders that are the program's own from source; `kept` is the folder for compiled code."""
    kept.mkdir(exist_ok=True)
    pid = os.getpid()

    class FromSource(SourceFileLoader):
        def get_code(self, fullname: str) -> CodeType:
            path = self.get_filename(fullname)
            source = self.get_data(path)
            file = os.path.join(kept, hashlib.sha256(b"\0".join([source, os.fsencode(path)])).hexdigest())  # noqa: PTH118
            with suppress(OSError, ValueError, EOFError, TypeError), open(file, "rb") as compiled:  # noqa: PTH123
                code = marshal.load(compiled)  # noqa: S302 - written by a program of this run, in its private folder
                if isinstance(code, CodeType):
                    return code
            code = self.source_to_code(source, path)
            with suppress(OSError):
                with open(f"{file}.{pid}", "wb") as compiled:  # noqa: PTH123
                    marshal.dump(code, compiled)
                os.replace(f"{file}.{pid}", file)  # noqa: PTH105
            return code

    finder = FileFinder.path_hook((ExtensionFileLoader, EXTENSION_SUFFIXES), (FromSource, SOURCE_SUFFIXES))

    def hook(path: str) -> PathEntryFinder:
        if not is_own(path):
            raise ImportError
        return finder(path)

    sys.path_hooks.insert(0, hook)
    for path in list(sys.path_importer_cache):
        if is_own(path):
            del sys.path_importer_cache[path]
