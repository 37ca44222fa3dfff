"""The files of a program, found by the threads of several stacks at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import PathFinder

import pytest

from automation.skipping.sources import Sources
from shared.layers import ROOT


def test_one_thread_at_a_time_drops_what_python_has_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = threading.Lock()
    together: list[str] = []

    def drop() -> None:
        if not inside.acquire(blocking=False):
            together.append(threading.current_thread().name)
            return
        time.sleep(0.001)
        inside.release()

    monkeypatch.setattr(PathFinder, "invalidate_caches", drop)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda layer: Sources(ROOT).of(layer), ["org", "identity", "org", "identity"]))
    assert together == []
    assert found[0] == found[2]
    assert ROOT / "stacks" / "org" / "__main__.py" in found[0]
