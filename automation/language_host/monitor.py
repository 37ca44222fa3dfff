"""Records what a program asks the engine's resource monitor: data sources, resources that it reads, and assets.

The SDK has one client for all of these; the calls go through an interceptor of gRPC.
https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/deployment-execution/resource-registration.html
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from pulumi.runtime import rpc
from pulumi.runtime.proto import resource_pb2_grpc

from automation.language_host.asked import OUTPUTS, REGISTER, STACK_REFERENCE, Teller
from automation.language_host.recorder import Recorder

DEFAULT_VPCS = "pulumi-python:dynamic/accounts:DefaultVpcs"
"""A dynamic provider whose code is in `stacks/accounts`, and which reads AWS alone, as the provider of AWS does."""

_SERVICE = "/pulumirpc.ResourceMonitor/"
_TOLD = {f"{_SERVICE}RegisterResource": REGISTER, f"{_SERVICE}RegisterResourceOutputs": OUTPUTS}


def record_calls(recorder: Recorder, teller: Teller) -> None:
    """Record the calls of the clients that the SDK makes from now on, and tell the host what they ask for first."""
    plain = resource_pb2_grpc.ResourceMonitorStub

    def recorded(channel: grpc.Channel) -> Any:
        return plain(grpc.intercept_channel(channel, _Interceptor(recorder, teller)))

    resource_pb2_grpc.ResourceMonitorStub = recorded  # type: ignore[misc,assignment]


class _Interceptor(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    def __init__(self, recorder: Recorder, teller: Teller) -> None:
        self._recorder = recorder
        self._teller = teller

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        kind = _TOLD.get(details.method)
        if kind and self._teller.request(kind, request):
            # The host says why. What the engine is working on it finishes.
            os._exit(0)
        call = continuation(details, request)
        look = getattr(self, f"_{details.method.removeprefix(_SERVICE)}", None)
        if look:
            look(request, call)
        return call

    def _Invoke(self, request: Any, call: Any) -> None:
        try:
            result = MessageToDict(getattr(call.result(), "return"))
        except grpc.RpcError:  # the program sees the error
            result = None
        self._recorder.invokes.append(
            {
                "token": request.tok,
                "arguments": MessageToDict(request.args),
                "provider": request.provider,
                "result": result,
            }
        )

    def _Call(self, request: Any, _call: Any) -> None:
        self._recorder.add("others", f"the method {request.tok} of a resource")

    def _ReadResource(self, request: Any, call: Any) -> None:
        if request.type == STACK_REFERENCE:
            self._recorder.add("references", request.id)
            with suppress(grpc.RpcError):  # the program sees the error
                self._teller.reference(request.id, MessageToDict(call.result().properties).get("outputs"))
        else:
            self._recorder.add("others", f"the resource {request.id} ({request.type})")

    def _ExistsResource(self, request: Any, _call: Any) -> None:
        self._recorder.add("others", f"whether there is the resource {request.id} ({request.type})")

    def _RegisterResource(self, request: Any, _call: Any) -> None:
        if request.remote:
            self._recorder.add("others", f"what the component {request.type} reads, which is no part of the program")
        if request.type.startswith("pulumi-python:dynamic") and request.type != DEFAULT_VPCS:
            self._recorder.add("others", f"what the dynamic provider of {request.name} reads")
        for kind, place in _assets(MessageToDict(request.object)):
            self._recorder.add(kind, place)


def _assets(value: Any) -> Iterator[tuple[str, str]]:
    """The files, folders and addresses that the engine reads for the assets and archives in `value`.
    https://www.pulumi.com/docs/iac/concepts/assets-archives/"""
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) in (rpc._special_asset_sig, rpc._special_archive_sig):
            if value.get("path"):
                yield "assets", str(value["path"])
            if value.get("uri"):
                yield "others", f"the asset {value['uri']}"
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _assets(each)
