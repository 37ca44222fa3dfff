"""Reading another layer's outputs through a StackReference.

Known outputs are plain Python values, so a program can check its configuration against them before it registers any
resource. In a preview, the outputs of a layer that was never deployed are unknown, like those of a resource that
does not exist yet.
https://www.pulumi.com/docs/iac/concepts/stacks/#stackreferences
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import pulumi
from pydantic import ValidationError

from shared.layers import LAYERS, StackId
from shared.settings.program import current_stack
from shared.stack_outputs import StackOutputs

T = TypeVar("T", bound=StackOutputs)
V = TypeVar("V")


class Upstream(Generic[T]):
    """The outputs of a layer that this layer reads. `value` is None while they are unknown."""

    def __init__(self, stack: StackId, value: T | None) -> None:
        self.stack = stack
        self.value = value

    def get(self, select: Callable[[T], V]) -> pulumi.Output[V]:
        """The result of `select` on the outputs, or an unknown output while they are unknown.

        If the outputs are known, `select` runs at once: an exception in it stops the program before any resource is
        registered.
        """
        if self.value is None:
            return unknown()
        return pulumi.Output.from_input(select(self.value))


def unknown() -> pulumi.Output[Any]:
    """An output whose value is known only after a deployment."""

    def done(value: Any) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.set_result(value)
        return future

    return pulumi.Output(set(), done(None), done(False))


async def read(model: type[T]) -> Upstream[T]:
    """The outputs of the layer that `model` describes, in the environment of the running stack.

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
    reference = pulumi.StackReference(f"{pulumi.get_organization()}/{other.project}/{other.name}")
    outputs = await reference.outputs.future() or {}
    missing = [name for name in _names(model) if name not in outputs]
    if missing:
        if pulumi.runtime.is_dry_run():
            pulumi.log.info(f"{other.label} is not deployed yet: what {stack.label} takes from it is unknown")
            return Upstream(other, None)
        raise pulumi.RunError(
            f"stack {other.name} of layer {other.label} has no output {', '.join(missing)}, which {stack.label} "
            f"needs; deploy it first: invoke up {other.label} --env {stack.environment}"
        )
    try:
        return Upstream(other, model.model_validate(outputs))
    except ValidationError as error:
        details = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise pulumi.RunError(f"the outputs of {other.label} are not what {stack.label} reads: {details}") from None


def _names(model: type[StackOutputs]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]
