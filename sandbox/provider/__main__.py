"""The plugin's process: serves until the engine ends it, or is gone.

The engine reads the port from the first line that the plugin prints.
"""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc  # type: ignore[import-untyped]

from sandbox.provider.protocol import without_sdk

without_sdk()

from pulumi.runtime.proto import provider_pb2_grpc  # noqa: E402

from sandbox.provider.server import Provider  # noqa: E402

THREADS = 16
"""Calls at a time; the engine works on no more resources at a time unless `--parallel` says so."""

LARGEST_MESSAGE = 400 * 1024 * 1024
"""In bytes; the limit that the engine itself has."""

_WATCH_SECONDS = 1.0
_GRACE_SECONDS = 2.0


def main() -> None:
    """Serve on a free port of the loopback interface."""
    parent = os.getppid()
    limits = [("grpc.max_receive_message_length", LARGEST_MESSAGE), ("grpc.max_send_message_length", LARGEST_MESSAGE)]
    server = grpc.server(ThreadPoolExecutor(THREADS), options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    stopped = threading.Event()
    # The engine sends its plugins SIGINT, and kills them five seconds later. A Ctrl-C on the terminal does not reach
    # them: they have a process group of their own.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _signal, _frame: stopped.set())
    server.start()
    print(port, flush=True)
    while not stopped.wait(_WATCH_SECONDS) and os.getppid() == parent:
        pass  # a killed engine leaves its plugins behind, with another parent
    server.stop(_GRACE_SECONDS).wait()
    sys.stdout.flush()
    os._exit(0)  # threads that still wait for AWS would keep the process


if __name__ == "__main__":
    main()
