"""A backend for previews of stacks that do not exist, or not in the state that is previewed, and for imports that are
not agreed to yet.

It is a folder that is deleted with the logs of the run. The engine previews only stacks that exist, and creating one
is not what a preview may do: it would add a stack to the backend, and a secrets provider to its configuration file.
"""

import json
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from automation.stack_files import has_key
from shared.layers import StackId

_PASSPHRASE = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")

_ENCRYPTED = re.compile(r"\s+(?:- )?secure:")
"""The line of an encrypted value."""

_FALLBACK = "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER"
"""https://www.pulumi.com/docs/iac/cli/environment-variables/"""


class Scratch(NamedTuple):
    """The copy of a stack's configuration file that the engine may write to, and the environment variables with which
    it uses the copy and the backend."""

    config_file: Path
    variables: dict[str, str]


def by_service(stack: StackId, root: Path) -> bool:
    """Whether the stack's configuration has values that Pulumi Cloud has encrypted: the file does not say with what."""
    text = stack.config_file(root).read_text()
    return any(map(_ENCRYPTED.match, text.splitlines())) and not has_key(text)


def prepare(
    folder: Path,
    stack: StackId,
    root: Path,
    state: Mapping[str, Any] | None = None,
    service: Mapping[str, Any] | None = None,
) -> Scratch:
    """Add `stack` to the backend in `folder`, with the resources of `state` (see `Stacks.export`).

    `service` is what a state has to say of Pulumi Cloud, if that has encrypted values of the configuration: it is asked
    to decrypt them, as if the state were there.
    """
    # The stacks that it reads, too: a program may refer to them itself, and then gets no outputs.
    for each in [stack, *stack.upstream()]:
        saved = folder / ".pulumi" / "stacks" / each.project / f"{each.name}.json"
        saved.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        latest = (state or {}).get("deployment") if each == stack else None
        if service and each == stack:
            latest = {"secrets_providers": service, **(latest or {})}
        checkpoint = {"stack": f"organization/{each.project}/{each.name}", "latest": latest}
        # Other stacks of the run read it too, so it is written once.
        with suppress(FileExistsError), saved.open("x") as file:
            file.write(json.dumps({"version": 3, "checkpoint": checkpoint}))
    # As text: written anew by another YAML library, a value might mean something else to the engine.
    text = stack.config_file(root).read_text()
    variables = {"PULUMI_BACKEND_URL": folder.as_uri()}
    if service:
        variables[_FALLBACK] = "true"
    elif not has_key(text):
        # Nothing in it is encrypted yet. What the engine encrypts in this preview, nobody reads.
        lines = text.splitlines(keepends=True)
        text = "".join(line for line in lines if not line.startswith("secretsprovider:"))
        if not any(name in os.environ for name in _PASSPHRASE):
            variables[_PASSPHRASE[0]] = secrets.token_hex()
    copy = folder / "configuration" / stack.project / f"Pulumi.{stack.name}.yaml"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(text)
    return Scratch(copy, variables)
