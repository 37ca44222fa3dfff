"""Another run, as a process of its own: a lock that kept only threads apart would pass otherwise."""

import json
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.layers import ROOT

_PROGRAM = """
import json, sys
from pathlib import Path
from engine.run_lock import Holder, hold

folder, stacks, reads, destroys = json.loads(sys.argv[1])
sys.argv = ["/usr/bin/invoke", "deploy-all", "--env", "prod"]
with hold(Path(folder), Holder.here(stacks, reads, destroys=destroys)):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_run(
    folder: Path, stacks: Collection[str] | None, reads: Collection[str] = (), *, destroys: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """A run at work on `stacks`, with its record in `folder`, until its standard input is closed."""
    given = json.dumps([str(folder), stacks if stacks is None else list(stacks), list(reads), destroys])
    command = [sys.executable, "-c", _PROGRAM, given]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()
