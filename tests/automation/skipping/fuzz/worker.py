"""One run over a world's repository, in a process of its own with the world's variables and packages.

`python -m tests.automation.skipping.fuzz.worker ROOT deploy|differs LABEL...` prints one line of JSON, about these
stacks or all.
"""

import json
import sys
from pathlib import Path

from automation import caller, guards, operations
from engine.install import find_engine
from tests.automation.small_repository import Repository


def main() -> None:
    """Deploy if asked to, and say what differs of each stack."""
    root, what, labels = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    engine = find_engine(root)
    assert engine
    repository = Repository(root, engine)
    # These stacks are in no AWS.
    guards.GUARDS = tuple(guard for guard in guards.GUARDS if guard is not caller.require)
    said: dict[str, object] = {}
    if what == "deploy":
        run = repository.run()
        said["code"] = operations.deploy(run, run.stacks, yes=True, interactive=False)
        said["printed"] = repository.printed.getvalue()
    run = repository.run()
    said["differs"] = {
        stack.label: run.ledger.differs(stack) for stack in run.stacks if not labels or stack.label in labels
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
