"""A tiny cloud for tests of the run queue: a provider whose resources are files in a folder.

`shelf:index:Item` has a `name`, which is its id and must be free, a `color`, which can change, and
`seconds`, how long its creation takes. The file is there before those seconds pass, as in a
cloud: an engine that is killed meanwhile never hears of it. A color of `refused` is refused.
The color of an asset or an archive is its hash. `shelf:index:look` returns the color of the item with a `name`.
The folder is the variable SHELF.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.provider.experimental import property_value
from pulumi.provider.experimental.provider import (
    CheckRequest,
    CheckResponse,
    ConfigureRequest,
    ConfigureResponse,
    CreateRequest,
    CreateResponse,
    DeleteRequest,
    DiffRequest,
    DiffResponse,
    InvokeRequest,
    InvokeResponse,
    PropertyDiff,
    PropertyDiffKind,
    Provider,
    ReadRequest,
    ReadResponse,
    UpdateRequest,
    UpdateResponse,
)
from pulumi.provider.experimental.server import ProviderServicer, main

VERSION = "1.0.0"

# https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/properties.go
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_ASSETS = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")


_unmarshal = property_value.PropertyValue.unmarshal


def _with_hashes(value: Any) -> property_value.PropertyValue:
    """A value as it comes from the engine. The SDK itself cannot read an asset that comes from a state."""
    fields = value.struct_value.fields if value.WhichOneof("kind") == "struct_value" else {}
    if _SIGNATURE in fields and fields[_SIGNATURE].string_value in _ASSETS:
        return property_value.PropertyValue(fields["hash"].string_value)
    return _unmarshal(value)


property_value.PropertyValue.unmarshal = _with_hashes  # type: ignore[method-assign]


class Shelf(Provider):
    """The provider."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _file(self, identity: str) -> Path:
        return self.folder / f"{identity}.json"

    async def check_config(self, request: CheckRequest) -> CheckResponse:
        return CheckResponse(inputs=request.new_inputs)

    async def diff_config(self, request: DiffRequest) -> DiffResponse:  # noqa: ARG002
        return DiffResponse(changes=False, detailed_diff={})

    async def configure(self, request: ConfigureRequest) -> ConfigureResponse:  # noqa: ARG002
        return ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def check(self, request: CheckRequest) -> CheckResponse:
        return CheckResponse(inputs=request.new_inputs)

    async def diff(self, request: DiffRequest) -> DiffResponse:
        old, new = request.old_state, request.new_inputs
        names = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        update = PropertyDiff(PropertyDiffKind.UPDATE, input_diff=True)
        replace = PropertyDiff(PropertyDiffKind.UPDATE_REPLACE, input_diff=True)
        return DiffResponse(
            changes=bool(names),
            replaces=[name for name in names if name == "name"],
            detailed_diff={name: replace if name == "name" else update for name in names},
            diffs=names,
        )

    async def create(self, request: CreateRequest) -> CreateResponse:
        if request.preview:
            return CreateResponse(resource_id="", properties=request.properties)
        properties = {key: value.value for key, value in request.properties.items()}
        name = str(properties["name"])
        if properties.get("color") == "refused":
            raise ValueError(f"InvalidColor: {name} cannot be of that color")
        if self._file(name).exists():
            raise ValueError(f"EntityAlreadyExists: Item with name {name} already exists.")
        self._file(name).write_text(json.dumps(properties))
        await asyncio.sleep(float(str(properties.get("seconds") or 0)))
        return CreateResponse(resource_id=name, properties=request.properties)

    async def read(self, request: ReadRequest) -> ReadResponse:
        file = self._file(request.resource_id)
        if not file.exists():
            return ReadResponse(resource_id="", properties={}, inputs={})
        found = {
            key: property_value.PropertyValue(value)
            for key, value in json.loads(file.read_text(), parse_int=float).items()
        }
        return ReadResponse(resource_id=request.resource_id, properties=found, inputs=found)

    async def update(self, request: UpdateRequest) -> UpdateResponse:
        if not request.preview:
            properties = {key: value.value for key, value in request.news.items()}
            self._file(request.resource_id).write_text(json.dumps(properties))
        return UpdateResponse(properties=request.news)

    async def invoke(self, request: InvokeRequest) -> InvokeResponse:
        found = json.loads(self._file(str(request.args["name"].value)).read_text())
        return InvokeResponse(return_value={"color": property_value.PropertyValue(found["color"])})

    async def delete(self, request: DeleteRequest) -> None:
        self._file(request.resource_id).unlink(missing_ok=True)


async def _attach(_servicer: Any, _request: Any, _context: Any) -> Any:
    """Accept one more engine: a provider that is already running serves several (PULUMI_DEBUG_PROVIDERS)."""
    return empty_pb2.Empty()


if __name__ == "__main__":
    ProviderServicer.Attach = _attach  # type: ignore[assignment, method-assign]
    main(sys.argv[1:], VERSION, Shelf(Path(os.environ["SHELF"])))
