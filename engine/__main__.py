"""`python -m engine` gets the engine: `make engine`."""

import sys
from functools import partial

from engine import language_host
from engine.install import BUILT, get_engine
from shared.errors import EngineError
from shared.layers import ROOT


def main() -> int:
    """Get the engine, for `make engine`; returns the exit code."""
    progress = partial(print, flush=True)
    try:
        engine = get_engine(ROOT, progress)
        if engine.source == BUILT:
            language_host.renew(ROOT, engine.bin, progress)
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"engine: pulumi {engine.version} at {engine.command.command} ({engine.source})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
