"""The address of an account, in its file and in its state. They differ when somebody has edited the file.

AWS cannot change an address by a deployment: only with a code that it sends to the new one, see `change_email`.
"""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from automation.backend.resources import parts
from automation.lifecycle.account import TYPE
from automation.runs import Run, listing
from automation.stack_files import read_raw
from automation.stacks import StackFailed
from shared.errors import ConfigError
from shared.layers import StackId

KEY = "accounts:email"

_SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
"""Marks a secret in a state. https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_import/ encrypts its plaintext.
"""


def refuse_changed(run: Run, chosen: Sequence[StackId], doing: str) -> None:
    """A guard: raises `ConfigError` for each account whose address in the file is not the one in its state.

    Accounts whose file is that of their last deployment from here are not looked at, because there may be hundreds.
    """
    if doing not in {"deploy", "preview"}:
        return
    edited = [stack for stack in chosen if stack.account and run.ledger.configuration_differs(stack)]
    there = listing(run) if edited else ()
    edited = [stack for stack in edited if (stack.project, stack.name) in there]
    with ThreadPoolExecutor(run.parallel) as pool:
        problems = [problem for problem in pool.map(partial(_problem, run), edited) if problem]
    if problems:
        raise ConfigError(problems)


def _problem(run: Run, stack: StackId) -> str | None:
    try:
        resource = of_account(run.states.whole(stack))
        if resource is None:
            return None
        configured, deployed = in_file(run, stack), in_state(run, stack, resource)
    except (ConfigError, StackFailed, ValueError):  # what cannot be read is not for this guard to report
        return None
    if configured is None or deployed is None or configured.lower() == deployed.lower():
        return None
    secret = isinstance(resource["outputs"].get("email"), dict) or isinstance(raw(run, stack), dict)
    new, old = ("another address", "its own") if secret else (configured, deployed)
    return (
        f"{stack.config_label}: {KEY} is {new}, and account {resource.get('id')} has {old}: AWS cannot change it by a "
        f"deployment; allowed: {'the address that it has' if secret else deployed}, or, to change it: "
        f"invoke change-email {stack.account} {'ADDRESS' if secret else configured} --env {stack.environment}"
    )


def of_account(state: Mapping[str, Any]) -> dict[str, Any] | None:
    """The account in a stack's state; None if it is not deployed."""
    return next((each for each in parts(state)[0] if each.get("type") == TYPE and each.get("outputs")), None)


def raw(run: Run, stack: StackId) -> Any:
    """The address as the file has it: text, or a mapping if it is encrypted. Raises `ConfigError`."""
    return read_raw(stack, run.engine.root)[0].get(KEY)


def in_file(run: Run, stack: StackId) -> str | None:
    """The address in the file, decrypted. Raises `ConfigError`, and `StackFailed` if it cannot be decrypted."""
    value = raw(run, stack)
    if isinstance(value, dict):
        return (run.engine.ask(stack, ["config", "get", KEY, "--stack", stack.name]) or "").strip() or None
    return value if isinstance(value, str) else None


def in_state(run: Run, stack: StackId, resource: Mapping[str, Any]) -> str | None:
    """The address of the `resource` of the stack's state, decrypted. It is written to no file and no log."""
    value = resource["outputs"].get("email")
    if isinstance(value, dict):
        shown = run.engine.ask(stack, ["stack", "export", "--show-secrets", "--stack", stack.name])
        found = of_account(json.loads(shown or "{}"))
        value = json.loads(found["outputs"]["email"]["plaintext"]) if found else None
    return value if isinstance(value, str) else None


def encrypt_in_state(run: Run, stack: StackId) -> None:
    """Encrypt the address in the state. A deployment leaves it as it is, since it ignores the address in the file.

    On its way to the engine it is in a file for a moment, as it is in the state until then.
    """
    state = run.engine.export(stack) or {}
    resource = of_account(state) or {}
    for properties in (resource.get("inputs") or {}, resource.get("outputs") or {}):
        if isinstance(properties.get("email"), str):
            properties["email"] = {**_SECRET, "plaintext": json.dumps(properties["email"])}
    run.engine.replace_state(stack, state)
