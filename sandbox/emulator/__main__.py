"""Serve the emulated AWS: `python -m sandbox.emulator --port P --state DIR`, until SIGTERM."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from werkzeug.serving import make_server

from sandbox.emulator.server.application import Application
from sandbox.emulator.server.connections import ConnectionHandler
from sandbox.emulator.store.snapshot import StoreError

LOOPBACK = "127.0.0.1"


def main() -> int:
    """Serve until SIGTERM or SIGINT. The exit code is 1 if it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.emulator", description="The emulated AWS of the sandbox.")
    parser.add_argument("--port", type=int, required=True, help="the port on the loopback interface")
    parser.add_argument("--state", type=Path, required=True, help="the folder for its saved state")
    arguments = parser.parse_args()
    try:
        application = Application(arguments.state)
    except (StoreError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    try:
        server = make_server(LOOPBACK, arguments.port, application, threaded=True, request_handler=ConnectionHandler)
    except SystemExit:
        # werkzeug has said that the port is in use.
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        # In a thread of its own: `shutdown` waits for the loop that the signal handler interrupts.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"emulated AWS on http://{LOOPBACK}:{server.server_port}, state in {arguments.state}", flush=True)
    server.serve_forever()
    application.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
