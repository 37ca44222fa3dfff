"""What the tests of crashes and of AWS's faults share: making them, and telling whether the next run converges."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from engine.install import find_engine
from shared.layers import ROOT
from tests.e2e.project import Project, kill_tree

FAILED_SECONDS = 100
"""How long a run that meets an accident may take to say so."""

HELD_UP_SECONDS = 2
"""How long a call is held up in which a run is killed."""


def control(project: Project, method: str, path: str, body: Any = None) -> Any:
    """What `/_sandbox/<path>` of the project's emulated AWS answers."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{record(project)['url']}/_sandbox/{path}", data, method=method)  # noqa: S310
    # By no proxy, whatever another test of this process has left in the environment.
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as response:
        return json.load(response)


def record(project: Project) -> dict[str, Any]:
    """The emulator's process and address."""
    found: dict[str, Any] = json.loads((project.root / ".sandbox" / "emulator.json").read_text())
    return found


def faults(project: Project, *entries: dict[str, Any]) -> None:
    """Let the next calls meet these faults."""
    left = control(project, "POST", "faults", list(entries))
    assert isinstance(left, list), left


def calls(project: Project, service: str, action: str) -> int:
    """How often an action was called, not counting what was before the emulator was started."""
    return int(control(project, "GET", "calls").get(service, {}).get(action, 0))


def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Wait for `condition`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def add_account(project: Project, name: str, unit: str = "Development") -> str:
    """Configure one more account; its address."""
    email = f"{name}@example.com"
    tags = ("--tag", "CostCenter=Testing", "--tag", "Owner=web-team")
    project.invoke("add-account", name, "--email", email, "--ou", unit, *tags)
    return email


def reach(project: Project, service: str, action: str, *args: str) -> subprocess.Popen[str]:
    """Start `invoke …` and wait until it has asked AWS for `action`."""
    before = calls(project, service, action)
    process = project.start(*args)
    until(lambda: calls(project, service, action) > before)
    return process


def ended(process: subprocess.Popen[str], code: int = 1) -> str:
    """What a run printed that ended with the exit code `code`."""
    output, _ = process.communicate(timeout=FAILED_SECONDS)
    assert process.returncode == code, output
    assert "Traceback" not in output
    return output


def kill(process: subprocess.Popen[str], program: str) -> None:
    """kill -9 of the engines (`pulumi`) of a run, or of their AWS providers (`provider`), and of nothing else."""
    engines = _children(process.pid, "/pulumi ")
    providers = [child for engine in engines for child in _children(engine, "sandbox.provider")]
    found = engines if program == "pulumi" else providers
    assert found, f"no {program} runs"
    for pid in found:
        os.kill(pid, signal.SIGKILL)


HOLDING = """#!/bin/bash
# The engine, which stops itself right before or right after its command with the words $HELD.
if [[ "$*" == *"$HELD"* && "$*" != *--config-file* ]]; then
    if [ "$HELD_WHEN" = after ]; then {engine} "$@"; fi
    touch "$HELD_FILE"
    kill -STOP $$
fi
exec {engine} "$@"
"""
"""A command with `--config-file` works on a scratch backend, and is not meant."""


def cut(project: Project, when: Literal["before", "after"], command: str, *args: str) -> None:
    """Start `invoke …`, and kill -9 it and its engine right before or after the engine's `command`, such as
    `stack rename`. The engine is one on PATH, which every user may have there."""
    folder = project.root / "holding"
    if not folder.exists():
        found = find_engine(ROOT)
        assert found
        engine = found.bin / "pulumi"
        folder.mkdir()
        for beside in found.bin.iterdir():
            (folder / beside.name).symlink_to(beside)
        (folder / "pulumi").unlink()
        (folder / "pulumi").write_text(HOLDING.format(engine=engine))
        (folder / "pulumi").chmod(0o755)
    file = folder / "held"
    file.unlink(missing_ok=True)
    path = f"{folder}{os.pathsep}{project.env['PATH']}"
    held = {"PATH": path, "HELD": command, "HELD_WHEN": when, "HELD_FILE": str(file)}
    run = project.start(*args, env=held)
    until(lambda: file.exists() or run.poll() is not None)
    assert run.poll() is None, run.communicate()[0]
    kill_both(run)


def kill_at(project: Project, service: str, action: str, *args: str) -> None:
    """Start `invoke …`, and kill -9 it and its engine, if one runs, while AWS is at `action`, which is carried out."""
    faults(project, {"service": service, "action": action, "delay_seconds": HELD_UP_SECONDS})
    kill_both(reach(project, service, action, *args))
    # Until then it is not known to anybody whether AWS does it.
    time.sleep(HELD_UP_SECONDS)


def kill_both(process: subprocess.Popen[str]) -> None:
    """kill -9 of a run and of its engines. Their providers go on: the next run has to end them."""
    engines = _children(process.pid, "/pulumi ")
    kill_tree(process)
    for pid in engines:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _children(parent: int, program: str) -> list[int]:
    listed = subprocess.run(
        ["ps", "-e", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    lines = [line.split(None, 2) for line in listed.splitlines()]
    return [int(pid) for pid, of, command in lines if int(of) == parent and program in command]


def accounts(project: Project) -> Counter[str]:
    """How many accounts there are with each address."""
    pages = project.aws("organizations").get_paginator("list_accounts").paginate()
    return Counter(account["Email"] for page in pages for account in page["Accounts"])


def converges(project: Project, *args: str) -> str:
    """Run `deploy-all` as it is: it ends well, no account is there twice, and once more changes nothing.

    What the first of the two printed.
    """
    output = project.invoke("deploy-all", *args).output
    assert "Traceback" not in output
    assert set(accounts(project).values()) == {1}
    again = project.invoke("deploy-all", *args).output
    assert re.search(r"^ *all +(\d+) of \1 done +0 +0 +0 +0 ", again, re.MULTILINE), again
    return output
