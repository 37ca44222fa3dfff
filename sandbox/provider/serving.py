"""Serves one provider to the engine, which reads the port from the first line that the plugin prints."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.provider.server import Provider

THREADS = 16
"""Calls at a time; the engine works on no more resources at a time unless `--parallel` says so."""

LARGEST_MESSAGE = 400 * 1024 * 1024
"""In bytes; the limit that the engine itself has."""

_GRACE_SECONDS = 2.0


def serve(wait: Callable[[], object]) -> None:
    """Serve on a free port of the loopback interface until `wait` returns, and let the calls that are made end."""
    limits = [("grpc.max_receive_message_length", LARGEST_MESSAGE), ("grpc.max_send_message_length", LARGEST_MESSAGE)]
    server = grpc.server(ThreadPoolExecutor(THREADS), options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    wait()
    server.stop(_GRACE_SECONDS).wait()
    sys.stdout.flush()
