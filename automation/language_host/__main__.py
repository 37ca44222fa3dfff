"""The host's process: `python -m automation.language_host SCRIPT FOLDER` prints the address that it serves on.

SCRIPT is the SDK's `pulumi-language-python-exec`. FOLDER must be private: it contains the host's socket, and another
user of the machine must not be able to run programs through it. It also contains what each program has read. The host
ends when its standard input ends and its programs have ended, because an engine survives a killed run.
"""

import multiprocessing
import os
import shutil
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.forkserver import ensure_running
from pathlib import Path

LARGEST_MESSAGE = 400 * 1024 * 1024
"""In bytes; the engine has the same limit."""

THREADS = 64
"""Maximum number of calls at a time. Each running program is one call."""


def main() -> None:
    """Serve until standard input ends and all programs have ended."""
    script, folder = Path(sys.argv[1]), Path(sys.argv[2])
    # Ctrl-C is handled by the run, which tells the engines; each engine ends its own program.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    multiprocessing.set_forkserver_preload(["automation.language_host.preload"])
    ensure_running()
    # Imported this late so that the forkserver imports the modules of the programs at the same time.
    import grpc  # type: ignore[import-untyped]
    from pulumi.runtime.proto import language_pb2_grpc

    from automation.language_host.server import LanguageHost

    host = LanguageHost(script, folder, multiprocessing.get_context("forkserver"), Path.cwd())
    limits = [("grpc.max_receive_message_length", LARGEST_MESSAGE), ("grpc.max_send_message_length", LARGEST_MESSAGE)]
    server = grpc.server(ThreadPoolExecutor(THREADS), options=limits)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    # https://github.com/grpc/grpc/blob/master/doc/naming.md
    address = f"unix:{folder / 'host'}"
    server.add_insecure_port(address)
    server.start()
    print(address, flush=True)
    sys.stdin.buffer.read()
    host.drain()
    server.stop(None).wait()
    # The run normally deletes this folder, but it may have been killed.
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
