"""Judges by the rules of `policy_pack` what one program asks the engine for.

The program's process says what it registers, before the engine hears of it, and waits for the answer. The rules are not
in that process: what they import would hide what the program itself imports from the recorder.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from pulumi.runtime import rpc
from pulumi.runtime.proto import resource_pb2

from automation.language_host.asked import OUTPUTS, REFERENCE, REGISTER, STACK, urn_of
from policy_pack.allowed_regions import allowed_regions
from policy_pack.judging import Violation, judge
from policy_pack.planned import Context, Hidden, Planned, declared, texts
from policy_pack.settings import Setting
from shared import planned_outputs
from shared.errors import LayerError
from shared.layers import StackId, parse_stack


class Trial:
    """The trial of one program. `request` is the engine's, to run it; `show` gets each violation as soon as it is heard
    of, because a preview may end with an error of the engine's before all is heard."""

    def __init__(
        self, settings: Mapping[str, Setting], root: Path, request: Any, show: Callable[[Violation], None]
    ) -> None:
        self._settings, self._show = settings, show
        self._providers: dict[str, Mapping[str, Any]] = {}
        config = dict(request.config)
        context = Context(request.project, request.stack, config, secrets=frozenset(_secrets(request)))
        regions = allowed_regions(root, context.environment, context.unit, context.account)
        self._context = replace(context, regions=regions, outputs=_planned(request) if request.dryRun else {})
        self.violations: list[Violation] = []

    @property
    def stops(self) -> bool:
        """Whether the stack must not be changed."""
        return any(each.stops for each in self.violations)

    def listen(self, told: Connection, *, at_once: bool) -> None:
        """Judge all that a program tells until it ends. `at_once`: answer the first violation with the order to end."""
        with suppress(EOFError, OSError):
            while True:
                kind, message = told.recv()
                found = list(self._judged(kind, message))
                self.violations += found
                for each in found:
                    self._show(each)
                told.send(at_once and any(each.stops for each in found))

    def _judged(self, kind: str, message: Any) -> Iterator[Violation]:
        if kind == REFERENCE:
            name, outputs = message
            layer = str(name).split("/")[-2] if "/" in str(name) else ""
            self._context = replace(self._context, outputs={layer: plain(outputs), **self._context.outputs})
        elif kind == OUTPUTS:
            request = resource_pb2.RegisterResourceOutputsRequest.FromString(message)
            name = request.urn.rpartition("::")[2]
            if f"::{STACK}::" in request.urn:
                outputs = plain(MessageToDict(request.outputs))
                yield from judge(Planned(STACK, name, request.urn, outputs), self._context, self._settings)
        elif kind == REGISTER:
            request = resource_pb2.RegisterResourceRequest.FromString(message)
            yield from judge(self._declared(request), self._context, self._settings)

    def _declared(self, request: Any) -> Planned:
        planned = declared(
            request.type,
            request.name,
            urn_of(request, self._context.project, self._context.stack),
            plain(MessageToDict(request.object)),
            protect=request.protect,
            provider=self._providers.get(request.provider.rpartition("::")[0].rpartition("::")[2]),
        )
        if request.type.startswith("pulumi:providers:"):
            self._providers[request.name] = planned.properties
        return planned


def plain(value: Any, *, hidden: bool = False) -> Any:
    """A value as the SDK sends it, with `Hidden` for secrets."""
    if isinstance(value, Mapping):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return plain(value.get("value"), hidden=True)
        return {key: plain(inner, hidden=hidden) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner, hidden=hidden) for inner in value]
    return Hidden(value) if hidden and isinstance(value, str) else value


def _secrets(request: Any) -> Iterator[str]:
    """The values that only a secret of the configuration has: what it says in plain text besides, it may say here."""
    hidden = set(request.configSecretKeys)
    plain = "\n".join(str(value) for key, value in request.config.items() if key not in hidden)
    yield from (each for each in _values_of(request, hidden) if each not in plain)


def _values_of(request: Any, keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        text = request.config.get(key, "")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        yield from texts(value if isinstance(value, dict | list) else text)


def _planned(request: Any) -> dict[str, Mapping[str, Any]]:
    """The outputs that upstream stacks will have: a preview reads these, and not the stack references."""
    try:
        stack = parse_stack(request.project, request.stack)
    except LayerError:  # another project than this one's
        return {}
    found = {}
    for up in stack.upstream():
        planned = planned_outputs.read(stack, StackId(up.layer, stack.environment))
        if planned:
            found[up.layer] = planned.outputs
    return found
