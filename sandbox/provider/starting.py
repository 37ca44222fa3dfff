"""What the engine starts as the plugin: `python -m sandbox.provider.starting PULUMI_HOME …`.

It asks the warm provider for a copy of itself, and stands for that copy until one of them ends. Where there is none, it
becomes a provider itself. It imports as little as it can: this is what each start costs.
"""

import os
import signal
import socket
import sys

SOCKET = "provider.sock"
"""In PULUMI_HOME; where the warm provider listens."""

READY, STOP, ENDED = b"r", b"s", b"e"
"""The copy is there; it is to stop, once its calls have ended; it has stopped."""

_ANSWER_SECONDS = 3.0
_WATCH_SECONDS = 1.0


def main() -> None:
    """Be the provider. Never returns."""
    home, *arguments = sys.argv[1:]
    copy = _copy(home)
    if copy is None:
        os.execv(sys.executable, [sys.executable, "-P", "-m", "sandbox.provider", *arguments])  # noqa: S606
    _stand_for(copy)


def _copy(home: str) -> socket.socket | None:
    """The connection to a copy of the warm provider; None if there is none, or if its code is not that of now."""
    here = os.getcwd()  # noqa: PTH109 - pathlib is slow to load
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(_ANSWER_SECONDS)
    try:
        os.chdir(home)  # the path of a socket may have 107 bytes; this one has few
        connection.connect(SOCKET)
        os.chdir(here)
        if connection.recv(1) == READY:
            fields = [os.fsencode(here), *(b"=".join(each) for each in os.environb.items())]
            message = b"\0".join(fields)
            socket.send_fds(connection, [len(message).to_bytes(8, "big")], [1, 2])
            connection.sendall(message)
            return connection
    except OSError:
        pass
    os.chdir(here)
    connection.close()
    return None


def _stand_for(copy: socket.socket) -> None:
    parent = os.getppid()

    def stop(*_signal: object) -> None:
        try:
            copy.sendall(STOP)
        except OSError:
            os._exit(0)

    # See `sandbox.provider.__main__`. Killed, this process closes the connection, and the copy ends at once as well.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    copy.settimeout(_WATCH_SECONDS)
    told = False
    while True:
        try:
            os._exit(0 if copy.recv(1) == ENDED else 1)
        except TimeoutError:
            if os.getppid() != parent and not told:
                told = True
                stop()
        except OSError:
            os._exit(1)


if __name__ == "__main__":
    main()
