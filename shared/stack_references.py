"""Reading another layer's outputs through a StackReference.

Known outputs are plain Python values, so a program can check its configuration against them before it registers any
resource. In a preview, outputs that only a deployment can tell are unknown, like those of a resource that does not
exist yet.
https://www.pulumi.com/docs/iac/concepts/stacks/#stackreferences
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, NoReturn, TypeVar

import pulumi
from pydantic import TypeAdapter, ValidationError

from shared import planned_outputs
from shared.layers import LAYERS, StackId
from shared.planned_outputs import is_unknown
from shared.settings.program import current_stack
from shared.stack_outputs import StackOutputs

T = TypeVar("T", bound=StackOutputs)
V = TypeVar("V")


class Upstream(Generic[T]):
    """The outputs of a layer that this layer reads. In a preview, some of them or all may be unknown."""

    def __init__(self, stack: StackId, value: T | None) -> None:
        self.stack = stack
        self._value = value

    def known(self, select: Callable[[T], V]) -> V | None:
        """The result of `select` on the outputs; None while it is unknown, which happens only in a preview."""
        return next(iter(self._selected(select)), None)

    def get(self, select: Callable[[T], V]) -> pulumi.Output[V]:
        """The result of `select` on the outputs, or an unknown output while it is unknown.

        If the outputs are known, `select` runs at once: an exception in it stops the program before any resource is
        registered.
        """
        found = self._selected(select)
        return pulumi.Output.from_input(found[0]) if found else unknown()

    def _selected(self, select: Callable[[T], V]) -> list[V]:
        """The result of `select`, or nothing while it is unknown: None is a result too."""
        if self._value is None:
            return []
        try:
            found = select(self._value)
        except _NotKnown:
            return []
        return [] if is_unknown(found) else [found]


class _NotKnown(Exception):
    """An unknown value was used."""


class _Unknown:
    """Stands for an unknown value that is not a string. Every use of it raises `_NotKnown`."""

    def _use(self, *_arguments: Any) -> NoReturn:
        raise _NotKnown

    __bool__ = __call__ = __contains__ = __eq__ = __format__ = __getattr__ = __getitem__ = __len__ = __str__ = _use
    __hash__ = None  # type: ignore[assignment]

    def __iter__(self) -> Iterator[Any]:
        raise _NotKnown


def unknown() -> pulumi.Output[Any]:
    """An output whose value is known only after a deployment."""

    def done(value: Any) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.set_result(value)
        return future

    return pulumi.Output(set(), done(None), done(False))


async def read(model: type[T]) -> Upstream[T]:
    """The outputs of the layer that `model` describes, in the environment of the running stack.

    In a preview of several stacks, these are the outputs that the other layer will have (`shared.planned_outputs`).
    Raises `pulumi.RunError` when this layer does not declare that it reads the other layer, when the other layer has
    no outputs yet (except in a preview), or when its outputs do not fit `model`.
    """
    stack = current_stack()
    if model.layer not in LAYERS[stack.layer].reads:
        declared = ", ".join(LAYERS[stack.layer].reads) or "none"
        raise pulumi.RunError(
            f"layer {stack.layer} reads layer {model.layer} without declaring it; declared: {declared} "
            "(LAYERS in shared/layers.py)"
        )
    other = StackId(model.layer, stack.environment)
    planned = planned_outputs.read(stack, other) if pulumi.runtime.is_dry_run() else None
    outputs: Mapping[str, Any] = planned.outputs if planned else {}
    # With planned outputs too: a preview without the reference would show that it is deleted.
    if planned is None or planned.exists:
        reference = pulumi.StackReference(f"{pulumi.get_organization()}/{other.project}/{other.name}")
        deployed = await reference.outputs.future() or {}
        outputs = outputs if planned else deployed
    missing = [name for name in _required(model) if name not in outputs]
    if missing:
        if pulumi.runtime.is_dry_run():
            pulumi.log.info(f"{other.label} is not deployed yet: what {stack.label} takes from it is unknown")
            return Upstream(other, None)
        raise pulumi.RunError(
            f"stack {other.name} of layer {other.label} has no output {', '.join(missing)}, which {stack.label} "
            f"needs; deploy it first: invoke up {other.label} --env {stack.environment}"
        )
    try:
        return Upstream(other, _partly_known(model, outputs) if is_unknown(outputs) else model.model_validate(outputs))
    except ValidationError as error:
        details = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise pulumi.RunError(f"the outputs of {other.label} are not what {stack.label} reads: {details}") from None


def _partly_known(model: type[T], outputs: Mapping[str, Any]) -> T:
    """A `model` of `outputs` of which some are unknown. Raises `pydantic.ValidationError`."""
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        alias = field.alias or name
        if alias not in outputs:
            fields[name] = field.get_default(call_default_factory=True)
            continue
        value = outputs[alias]
        try:
            fields[name] = TypeAdapter[Any](field.rebuild_annotation()).validate_python(value)
        except ValidationError:
            if not is_unknown(value):
                raise
            fields[name] = _Unknown()
    return model.model_construct(**fields)


def _required(model: type[StackOutputs]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items() if field.is_required()]
