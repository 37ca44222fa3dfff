"""Makes Pulumi's gRPC messages, which are part of its SDK, importable without the SDK around them.

The SDK's packages import all of it, which takes half of a provider's start; every deployed stack starts one or two.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType


def without_sdk() -> None:
    """Let `pulumi.runtime.proto` be imported alone. For a process in which nothing needs the SDK itself."""
    found = find_spec("pulumi")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("No module named 'pulumi'", name="pulumi")
    folder = Path(found.origin).parent
    for name, path in (("pulumi", folder), ("pulumi.runtime", folder / "runtime")):
        package = ModuleType(name)
        package.__path__ = [str(path)]
        sys.modules.setdefault(name, package)
