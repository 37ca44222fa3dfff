"""The configuration of the running Pulumi program."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, TypeVar

import pulumi
from pulumi.runtime.config import CONFIG

from shared.errors import ConfigError, LayerError
from shared.layers import StackId, parse_stack
from shared.settings.base import Settings, is_text, nullable, parse
from shared.settings.checks import check_region

S = TypeVar("S", bound=Settings)


def current_stack() -> StackId:
    """The stack of the running program. Raises `pulumi.RunError` when its name does not fit its layer."""
    try:
        return parse_stack(pulumi.get_project(), pulumi.get_stack())
    except LayerError as error:
        raise pulumi.RunError(str(error)) from None


Given = Mapping[str, Any]
"""The keys of a stack's own file, without the namespace, and their values."""


def load(model: type[S], complete: Callable[[Given], Given] | None = None, explain: Callable[[str], str] = str) -> S:
    """The configuration of the running program as a `model`.

    `complete` adds what the stack gets from elsewhere, and may raise `ConfigError`. `explain` then adds to a problem
    of the settings where they are from.
    Raises `pulumi.RunError` with one line per problem, before any resource is registered.
    """
    sys.excepthook = _uncaught
    stack = current_stack()
    prefix = f"{stack.project}:"
    file = stack.config_label
    found: Given = {
        key[len(prefix) :]: _given(model, key[len(prefix) :], value)
        for key, value in CONFIG.get().items()
        if key.startswith(prefix)
    }
    secret = frozenset(key for key in found if pulumi.runtime.is_config_secret(prefix + key))
    try:
        found = complete(found) if complete else found
        try:
            settings = parse(model, stack.project, found, stack.config_label, secret)
        except ConfigError as error:
            raise ConfigError(map(explain, error.problems)) from None
        check_region(CONFIG.get().get("aws:region"), file)
    except ConfigError as error:
        raise pulumi.RunError(_text(error.problems)) from None
    return settings


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    # The engine interrupts the program when a provider fails, as with the wrong credentials, and says so itself.
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)


def refuse(problems: Iterable[str]) -> None:
    """Raise `pulumi.RunError` with one line per problem, if there are any. Encrypted values are left out."""
    if text := _text(problems):
        raise pulumi.RunError(text)


def _text(problems: Iterable[str]) -> str:
    return "\n".join(_without_secrets(problem) for problem in problems)


def _without_secrets(problem: str) -> str:
    """`problem`, or a text with only the key if `problem` contains an encrypted value."""
    file = current_stack().config_label
    rest = problem.removeprefix(file)
    repeated = [
        key
        for key, value in sorted(CONFIG.get().items())
        if pulumi.runtime.is_config_secret(key) and _repeats(rest, _structured(value))
    ]
    if not repeated:
        return problem
    return f"{file}: not allowed; why is not said, for it would show the secret in {', '.join(repeated)}"


def _repeats(text: str, secret: Any) -> bool:
    """Whether `text` contains the value of `secret`, or a value inside it if it is a list or an object."""
    if isinstance(secret, dict):
        secret = list(secret.values())
    if isinstance(secret, list):
        return any(_repeats(text, part) for part in secret)
    # The models strip white space, and errors show some values as Python literals.
    plain = "" if secret is None else str(secret).strip()
    forms = {plain.casefold(), repr(plain)[1:-1].casefold()} - {""}
    return any(form in text.casefold() for form in forms)


def region() -> str:
    """The region of the AWS provider. `load` has checked it."""
    return pulumi.Config("aws").require("region")


def is_secret(key: str) -> bool:
    """Whether `key` of this project was set with `pulumi config set --secret`."""
    return bool(pulumi.runtime.is_config_secret(f"{pulumi.get_project()}:{key}"))


def _given(model: type[Settings], key: str, value: Any) -> Any:
    """The value of `key` as it is in the file. The engine passes `key: null` as an empty text, and the text of an OU
    that is called [1] as it passes a list."""
    if value == "" and nullable(model, key):
        return None
    return value if is_text(model, key) else _structured(value)


def _structured(value: Any) -> Any:
    """The engine passes objects and lists as JSON text, and scalars as they are in the file. It says that a later
    version will pass null so, too."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return None if value == "null" else value
