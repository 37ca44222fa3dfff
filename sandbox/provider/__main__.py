"""The plugin as a process of its own: serves until the engine ends it, or is gone."""

import os
import signal
import threading

from sandbox.provider.protocol import without_sdk

without_sdk()

from sandbox.provider.serving import serve  # noqa: E402

_WATCH_SECONDS = 1.0


def main() -> None:
    """Serve on a free port of the loopback interface."""
    parent = os.getppid()
    stopped = threading.Event()
    # The engine sends its plugins SIGINT, and kills them five seconds later. A Ctrl-C on the terminal does not reach
    # them: they have a process group of their own.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _signal, _frame: stopped.set())

    def wait() -> None:
        while not stopped.wait(_WATCH_SECONDS) and os.getppid() == parent:
            pass  # a killed engine leaves its plugins behind, with another parent

    serve(wait)
    os._exit(0)  # threads that still wait for AWS would keep the process


if __name__ == "__main__":
    main()
