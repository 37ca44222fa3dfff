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
from typing import Any

from tests.e2e.project import Project

FAILED_SECONDS = 100
"""How long a run that meets an accident may take to say so."""


def control(project: Project, method: str, path: str, body: Any = None) -> Any:
    """What `/_sandbox/<path>` of the project's emulated AWS answers."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{record(project)['url']}/_sandbox/{path}", data, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - this machine's own
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


def add_account(project: Project, name: str) -> str:
    """Configure one more account; its address."""
    email = f"{name}@example.com"
    tags = ("--tag", "CostCenter=Testing", "--tag", "Owner=web-team")
    project.invoke("add-account", name, "--email", email, "--ou", "Development", *tags)
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
