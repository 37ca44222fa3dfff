"""The host's process: `python -m automation.language_host SCRIPT FOLDER` prints the address that it serves on.

SCRIPT is the SDK's `pulumi-language-python-exec`. FOLDER is nobody else's: the host's socket is in it, so that no
other user of the machine can have it run anything, and what each program has read. The host ends when its
standard input does, once the programs that it is running have ended: an engine outlives a run that is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.forkserver import ensure_running
from pathlib import Path

LARGEST_MESSAGE = 400 * 1024 * 1024
"""In bytes; the limit that the engine itself has."""

THREADS = 64
"""Calls at a time; each program that runs is one."""


def main() -> None:
    """Serve until standard input ends."""
    script, folder = Path(sys.argv[1]), Path(sys.argv[2])
    # Ctrl-C is for the run, which tells the engines; a program ends when its engine wants it to.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    multiprocessing.set_forkserver_preload(["automation.language_host.preload"])
    ensure_running()
    # Only now: the process that forks the programs imports what they need at the same time.
    import grpc  # type: ignore[import-untyped]
    from pulumi.runtime.proto import language_pb2_grpc

    from automation.language_host.server import LanguageHost

    host = LanguageHost(script, folder, multiprocessing.get_context("forkserver"))
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
    # The run that made it may have been killed.
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
