"""The environment variables of a program, which tell when they are read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any


class Variables(dict[Any, Any]):
    """The content of `os.environ` and `os.environb`, which tells what is read of it, in whatever way."""

    def __init__(self, data: Any, asked: Callable[[str | None], None], written: Callable[[str], None]) -> None:
        super().__init__(data)
        self._asked, self._write = asked, written

    def __getitem__(self, key: Any) -> Any:
        self._asked(os.fsdecode(key))
        return super().__getitem__(key)

    def __contains__(self, key: Any) -> bool:
        self._asked(os.fsdecode(key))
        return super().__contains__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        self._asked(os.fsdecode(key))
        return super().get(key, default)

    def __iter__(self) -> Iterator[Any]:
        self._asked(None)
        return super().__iter__()

    def __len__(self) -> int:
        self._asked(None)
        return super().__len__()

    def keys(self) -> Any:
        self._asked(None)
        return super().keys()

    def items(self) -> Any:
        self._asked(None)
        return super().items()

    def values(self) -> Any:
        self._asked(None)
        return super().values()

    def copy(self) -> Any:
        self._asked(None)
        return super().copy()

    def __setitem__(self, key: Any, value: Any) -> None:
        self._write(os.fsdecode(key))
        super().__setitem__(key, value)
