"""Calls of the engine, and the form in which their errors reach it."""

import functools
import sys
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

import grpc  # type: ignore[import-untyped]
from google.protobuf import any_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2, status_pb2

from sandbox.provider.errors import ProviderError

Answer = TypeVar("Answer")
Method = Callable[[Any, Any, grpc.ServicerContext], Answer]


class InitFailed(ProviderError):
    """With `detail`, the resource exists and has this id and state, but is not complete."""

    def __init__(self, message: str, detail: provider_pb2.ErrorResourceInitFailed | None) -> None:
        super().__init__(message)
        self.detail = detail


def rpc(method: Method[Answer]) -> Method[Answer]:
    """Turn an error of a call into a gRPC error, whose message the engine shows to the user."""

    @functools.wraps(method)
    def call(self: Any, request: Any, context: grpc.ServicerContext) -> Answer:
        try:
            return method(self, request, context)
        except InitFailed as error:
            failure = error
        except ProviderError as error:
            failure = InitFailed(str(error), None)
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            failure = InitFailed(f"fault in the embedded AWS provider: {type(error).__name__}: {error}", None)
        if failure.detail is not None:
            packed = any_pb2.Any()
            packed.Pack(failure.detail)
            code = grpc.StatusCode.UNKNOWN.value[0]
            status = status_pb2.Status(code=code, message=str(failure), details=[packed])
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, str(failure))
        raise AssertionError("abort raises")

    return call
