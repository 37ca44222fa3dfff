"""The gRPC service that the engine asks to run a program.

https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/languages.html
"""

# ruff: noqa: ARG002 - the names and parameters of the service are the engine's

import json
import threading
from collections import deque
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, language_pb2, language_pb2_grpc, plugin_pb2

from automation.language_host.program import Program, run
from engine.plugins import required

SHOWED_ERROR = 32
"""The exit code of the SDK's script when it has already shown the error to the user."""

_LAST_LINES = 15


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs each program in a process that is forked by `context`.

    When a program has ended by itself, what it has read is written to `<reads>/<project>.<stack>.json`.
    """

    def __init__(self, script: Path, reads: Path, context: ForkServerContext) -> None:
        self._script = script
        self._reads = reads
        self._context = context
        # One at a time: multiprocessing checks all its processes whenever it starts one.
        self._processes = threading.Lock()
        self._running = 0
        self._idle = threading.Condition()

    def drain(self) -> None:
        """Wait until no program is running."""
        with self._idle:
            self._idle.wait_for(lambda: self._running == 0)

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo()

    def GetRequiredPackages(
        self, request: Any, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        packages = [plugin_pb2.PackageDependency(**each) for each in required()]
        return language_pb2.GetRequiredPackagesResponse(packages=packages)

    # For engines that do not know packages yet.
    def GetRequiredPlugins(
        self, request: Any, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPluginsResponse:
        plugins = [plugin_pb2.PluginDependency(**each) for each in required()]
        return language_pb2.GetRequiredPluginsResponse(plugins=plugins)

    def Run(self, request: Any, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        with self._idle:
            self._running += 1
        try:
            return self._run(request, context)
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def _run(self, request: Any, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        engine = request.args[0] if request.args else ""
        program = Program(
            str(self._script),
            _arguments(request, engine),
            dict(request.config),
            list(request.configSecretKeys),
            request.pwd,
            str(self._reads / "code"),
        )
        file = self._reads / f"{request.project}.{request.stack}.json"
        file.unlink(missing_ok=True)
        reads, reads_child = self._context.Pipe(duplex=False)
        output, output_child = self._context.Pipe(duplex=False)
        with self._processes:
            process = self._context.Process(target=run, args=(program, reads_child, output_child))
            process.start()
        reads_child.close()
        output_child.close()
        # If the engine has ended, its program must end too.
        context.add_callback(process.terminate)
        last: deque[str] = deque(maxlen=_LAST_LINES)
        forwarding = threading.Thread(target=_forward, args=(output, engine, last))
        forwarding.start()
        seen = _receive(reads)
        wait([process.sentinel])
        forwarding.join()
        with self._processes:
            process.join()
        code = process.exitcode
        if seen is not None and not request.dryRun:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps({**seen, "organization": request.organization}))
        if code == 0:
            return language_pb2.RunResponse()
        if code == SHOWED_ERROR:
            return language_pb2.RunResponse(bail=True)
        if last:
            _log(engine, engine_pb2.ERROR, "\n".join(last))
        return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {code}")


def _arguments(request: Any, engine: str) -> list[str]:
    """The arguments of the SDK's script, the same as the engine's own host passes."""
    given = {
        "--monitor": request.monitor_address,
        "--engine": engine,
        "--project": request.project,
        "--root_directory": request.info.root_directory,
        "--pwd": request.pwd,
        "--stack": request.stack,
        "--organization": request.organization,
        "--dry_run": "true" if request.dryRun else "false",
        "--parallel": str(request.parallel),
        "--tracing": "",
    }
    named = [word for name, value in given.items() if value for word in (name, value)]
    return [*named, request.program or "."]


def _forward(output: Connection, engine: str, last: deque[str]) -> None:
    """Send each line of a program's output to the engine until it ends, and keep the last lines in `last`."""
    with open(output.fileno(), encoding="utf-8", errors="replace", closefd=False) as lines:
        for line in lines:
            last.append(line.rstrip())
            _log(engine, engine_pb2.INFO, line)
    output.close()


def _log(engine: str, severity: Any, text: str) -> None:
    with grpc.insecure_channel(engine) as channel:
        try:
            engine_pb2_grpc.EngineStub(channel).Log(engine_pb2.LogRequest(severity=severity, message=text))
        except grpc.RpcError:  # the engine has ended
            return


def _receive(reads: Connection) -> Any:
    try:
        return reads.recv()
    except EOFError:  # it was killed
        return None
    finally:
        reads.close()
