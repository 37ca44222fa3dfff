"""`python -m engine` gets the engine: `make engine`."""

import sys

from engine.install import get_engine
from shared.errors import EngineError
from shared.layers import ROOT


def main() -> int:
    """Get the engine, for `make engine`; returns the exit code."""
    try:
        engine = get_engine(ROOT, lambda line: print(line, flush=True))
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"engine: pulumi {engine.version} at {engine.command.command} ({engine.source})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
