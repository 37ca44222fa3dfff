"""Stands in for the engine when a program is run to hear what it will ask for, before a deployment changes anything.

As in a preview, what only the deployment can tell is unknown. But no engine compares and no provider is asked: a
resource that is declared as it was deployed has the outputs that it has in the stack's state.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from automation.language_host.asked import OUTPUTS, REGISTER, STACK_REFERENCE, Teller, urn_of

_FORWARDED = ("SupportsFeature", "GetDeploymentInfo", "RegisterPackage")


def rehearse(teller: Teller, project: str, stack: str, organization: str, deployed: Path) -> None:
    """From now on the SDK's clients change nothing, and what a program asks for is only told."""
    plain = resource_pb2_grpc.ResourceMonitorStub

    def rehearsal(channel: grpc.Channel) -> Any:
        return Rehearsal(plain(channel), teller, project, stack, organization, deployed)

    resource_pb2_grpc.ResourceMonitorStub = rehearsal  # type: ignore[misc,assignment]
    engine_pb2_grpc.EngineStub = _Silent  # type: ignore[misc,assignment]


class Rehearsal:
    """A resource monitor. `engine` is the real one, which is asked only for what changes nothing.

    `deployed` is the file with what the stack has; if there is none, the engine reads the state.

    What the rehearsal cannot know ends it: the deployment itself is judged too.
    """

    def __init__(
        self, engine: Any, teller: Teller, project: str, stack: str, organization: str, deployed: Path
    ) -> None:
        self._engine, self._teller = engine, teller
        self._project, self._stack, self._file = project, stack, deployed
        self._full_name = f"{organization or 'organization'}/{project}/{stack}"
        self._known: dict[str, Any] | None = None
        self._asks_builtin = False

    def __getattr__(self, name: str) -> Any:
        # Hooks, transforms and the end of the program mean nothing here.
        return getattr(self._engine, name) if name in _FORWARDED else _nothing

    def Invoke(self, request: Any) -> Any:
        if request.provider:  # it exists in this rehearsal alone
            os._exit(0)
        return self._engine.Invoke(request)

    def Call(self, _request: Any) -> Any:
        os._exit(0)

    def ExistsResource(self, _request: Any) -> Any:
        os._exit(0)

    def ReadResource(self, request: Any) -> Any:
        urn = urn_of(request, self._project, self._stack)
        if request.type != STACK_REFERENCE:
            return resource_pb2.ReadResourceResponse(urn=urn, properties=request.properties)
        # Not as a reference, of which the engine allows one: the program makes it afterwards.
        answer = self._builtin("readStackOutputs", name=request.id)
        self._teller.reference(request.id, MessageToDict(answer).get("outputs"))
        return resource_pb2.ReadResourceResponse(urn=urn, properties=answer)

    def RegisterResource(self, request: Any) -> Any:
        self._teller.request(REGISTER, request)
        urn = urn_of(request, self._project, self._stack)
        inputs = MessageToDict(request.object)
        known = self._deployed().get(urn, {})
        deployed = known.get("outputs") or {}
        # A resource keeps its id when it changes.
        id_ = str(known.get("id") or deployed.get("id", "")) if request.custom else ""
        outputs = {**_readable(deployed), **inputs} if _same(inputs, deployed) else inputs
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=_struct(outputs))

    def RegisterResourceOutputs(self, request: Any) -> Any:
        self._teller.request(OUTPUTS, request)
        return empty_pb2.Empty()

    def _deployed(self) -> dict[str, Any]:
        """The stack's resources: URN → `outputs`, and `id` if that is no output."""
        if self._known is None:
            self._known = {}
            if self._file.is_file():
                self._known = dict(json.loads(self._file.read_text()))
            elif self._asks_builtin:  # else this alone would leave the provider of such questions in the state
                with suppress(grpc.RpcError):  # a state that cannot be read, which the engine reports
                    answer = self._builtin("readStackResourceOutputs", stackName=self._full_name)
                    self._known = MessageToDict(answer).get("outputs") or {}
        return self._known

    def _builtin(self, function: str, **arguments: str) -> Any:
        self._asks_builtin = True
        request = resource_pb2.ResourceInvokeRequest(tok=f"pulumi:pulumi:{function}", args=_struct(arguments))
        return getattr(self._engine.Invoke(request), "return")


class _Silent:
    """An engine that is told nothing: what a program logs, it logs in the deployment again."""

    def __init__(self, *_channel: Any) -> None:
        pass

    def __getattr__(self, _name: str) -> Any:
        return _nothing


def _nothing(*_request: Any) -> Any:
    return empty_pb2.Empty()


def _same(declared: Mapping[str, Any], deployed: Mapping[str, Any]) -> bool:
    """Whether all that is declared is deployed. What is secret counts as the same."""
    return all(name in deployed and _equal(value, deployed[name]) for name, value in declared.items())


def _equal(declared: Any, deployed: Any) -> bool:
    if isinstance(declared, Mapping) and isinstance(deployed, Mapping):
        return rpc._special_sig_key in deployed or _same(declared, deployed)
    if isinstance(declared, list) and isinstance(deployed, list):
        return len(declared) == len(deployed) and all(map(_equal, declared, deployed))
    return bool(declared == deployed)


def _readable(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs, of which those that are still encrypted are unknown here."""
    return {name: rpc.UNKNOWN if _encrypted(value) else value for name, value in outputs.items()}


def _encrypted(value: Any) -> bool:
    if isinstance(value, Mapping):
        return "ciphertext" in value or any(map(_encrypted, value.values()))
    return isinstance(value, list) and any(map(_encrypted, value))


def _struct(properties: Mapping[str, Any]) -> Any:
    found = Struct()
    found.update(dict(properties))
    return found
