"""What a program asks the engine for, told to the host before the engine hears of it."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

REGISTER, OUTPUTS, REFERENCE = "register", "outputs", "reference"
"""What is told: a request to register a resource, a request to register outputs, or the outputs of another stack."""

STACK = "pulumi:pulumi:Stack"
STACK_REFERENCE = "pulumi:pulumi:StackReference"


class Teller:
    """Tells the host. Each call returns whether the program must end."""

    def __init__(self, host: Connection) -> None:
        self._host = host
        self._one = threading.Lock()

    def request(self, kind: str, request: Any) -> bool:
        return self._tell(kind, request.SerializeToString())

    def reference(self, name: str, outputs: Any) -> bool:
        return self._tell(REFERENCE, (name, outputs))

    def _tell(self, kind: str, message: Any) -> bool:
        with self._one:
            self._host.send((kind, message))
            return bool(self._host.recv())


def deployed_file(folder: Path, project: str, stack: str) -> Path:
    """The file in the host's folder with what a stack has: URN → `id` and `outputs`, with encrypted secrets."""
    return folder / f"{project}.{stack}.deployed"


def urn_of(request: Any, project: str, stack: str) -> str:
    """The URN that the engine gives a resource.
    https://www.pulumi.com/docs/iac/concepts/resources/names/#urns"""
    above = request.parent.split("::")[2] if request.parent.count("::") >= 3 else ""
    inside = f"{above}$" if above and above != STACK else ""
    return f"urn:pulumi:{stack}::{project}::{inside}{request.type}::{request.name}"
