"""A provider that has loaded everything and waits to be copied: `python -m sandbox.provider.warm PULUMI_HOME`.

A deployment of the sandbox starts one provider or two for each stack, and most of a start is Python that loads modules.
A copy, made by fork, has them. It ends with its standard input, which is how it ends with the emulated AWS.
"""

import gc
import os
import selectors
import signal
import socket
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from sandbox.provider.protocol import without_sdk

without_sdk()

import boto3  # noqa: E402
import botocore.credentials  # noqa: E402, F401 - loaded here, for the copies

from sandbox.provider.aws import read_ahead  # noqa: E402
from sandbox.provider.serving import serve  # noqa: E402
from sandbox.provider.starting import ENDED, READY, SOCKET, STOP  # noqa: E402
from sandbox.provider.table import plugin_version  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent

Stamp = dict[str, tuple[int, int]]


def main() -> None:
    """Listen in PULUMI_HOME, and copy this process for whoever asks."""
    home = sys.argv[1]
    os.chdir(home)
    plugin_version()
    read_ahead()
    stamp = _stamp(_files())
    Path(SOCKET).unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(SOCKET)
    listening.listen(64)
    own = Path(SOCKET).stat().st_ino
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a copy ended
    gc.freeze()
    with selectors.DefaultSelector() as selector:
        selector.register(listening, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if sys.stdin in ready:
                _forget(own)
                return
            connection, _ = listening.accept()
            if _stamp(stamp) != stamp:
                # The code is another by now. Who has asked starts by itself; the next one gets what is loaded here.
                os.execv(sys.executable, [sys.executable, "-P", "-m", "sandbox.provider.warm", home])  # noqa: S606
            if os.fork() == 0:
                selector.close()
                listening.close()
                _in_the_copy(connection)
            connection.close()


def _forget(own: int) -> None:
    """Remove the socket, unless by now it is that of the next one."""
    with suppress(FileNotFoundError):
        if Path(SOCKET).stat().st_ino == own:
            Path(SOCKET).unlink()


def _in_the_copy(connection: socket.socket) -> None:
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        connection.sendall(READY)
        if _become(connection):
            serve(lambda: _until_told(connection))
            connection.sendall(ENDED)
            code = 0
    except BaseException:
        traceback.print_exc()
    os._exit(code)  # threads that still wait for AWS would keep the process


def _become(connection: socket.socket) -> bool:
    """Take over the output, the folder and the variables of who has asked; False if it is gone."""
    size, outputs, _, _ = socket.recv_fds(connection, 8, 2)
    message = b""
    while len(message) < int.from_bytes(size, "big"):
        part = connection.recv(65536)
        if not part:
            return False
        message += part
    if len(outputs) != 2:
        return False
    for number, output in enumerate(outputs, 1):
        os.dup2(output, number)
        os.close(output)
    folder, *variables = message.split(b"\0")
    os.chdir(folder)
    os.environ.clear()
    for each in variables:
        name, _, value = each.partition(b"=")
        os.environb[name] = value
    return True


def _until_told(connection: socket.socket) -> None:
    """Wait for the word to stop. Who has asked for this copy and is gone was killed: so is the copy."""
    if connection.recv(1) != STOP:
        os._exit(1)


def _files() -> list[str]:
    """What this process has loaded of this repository, and the folder of the packages."""
    loaded = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    own = [
        file for file in loaded if file.startswith(f"{ROOT}{os.sep}") and f"{os.sep}site-packages{os.sep}" not in file
    ]
    return [*own, str(Path(boto3.__file__).parent.parent)]


def _stamp(files: list[str] | Stamp) -> Stamp:
    """When each file was changed, and its size."""
    found = {}
    for file in files:
        with suppress(OSError):
            now = os.stat(file)  # noqa: PTH116 - for each start
            found[file] = (now.st_mtime_ns, now.st_size)
    return found


if __name__ == "__main__":
    main()
