"""The gRPC service that the engine asks to run a program.

https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/languages.html
"""

# ruff: noqa: ARG002 - the names and parameters of the service are the engine's

import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, language_pb2, language_pb2_grpc, plugin_pb2

from automation.language_host.asked import deployed_file
from automation.language_host.policies import Trial
from automation.language_host.program import Program, run, run_rehearsal
from engine.plugins import required
from policy_pack import settings
from policy_pack.judging import Violation

SHOWED_ERROR = 32
"""The exit code of the SDK's script when it has already shown the error to the user."""

LONGEST_REHEARSAL = 60.0
"""Seconds."""

_LAST_LINES = 15


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs each program in a process that is forked by `context`.

    When a program has ended by itself, what it has read is written to `<reads>/<project>.<stack>.json`. What breaks the
    rules of `policy_pack` is refused before anything is changed. `root` is the root of the repository.
    """

    def __init__(self, script: Path, reads: Path, context: ForkServerContext, root: Path) -> None:
        self._script = script
        self._root = root
        self._settings = settings.read(root)
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
        # In a preview the program itself changes nothing.
        if not request.dryRun and self._rehearse(request, context).stops:
            return language_pb2.RunResponse(bail=True)
        file = self._reads / f"{request.project}.{request.stack}.json"
        file.unlink(missing_ok=True)
        reads, reads_child = self._context.Pipe(duplex=False)
        output, output_child = self._context.Pipe(duplex=False)
        told, told_child = self._context.Pipe()
        program = self._program(request, engine, dry_run=request.dryRun)
        process = self._start(context, run, (program, reads_child, output_child, told_child))
        # Of a deployment, the rehearsal has told what only warns.
        trial = Trial(self._settings, self._root, request, partial(_show, engine, warn=request.dryRun))
        last: deque[str] = deque(maxlen=_LAST_LINES)
        threads = [
            threading.Thread(target=_forward, args=(output, engine, last)),
            threading.Thread(target=trial.listen, args=(told,), kwargs={"at_once": not request.dryRun}),
        ]
        for thread in threads:
            thread.start()
        seen = _receive(reads)
        wait([process.sentinel])
        for thread in threads:
            thread.join()
        with self._processes:
            process.join()
        code = process.exitcode
        if seen is not None and not request.dryRun and not trial.stops:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps({**seen, "organization": request.organization}))
        if trial.stops or code == SHOWED_ERROR:
            return language_pb2.RunResponse(bail=True)
        if code == 0:
            return language_pb2.RunResponse()
        if last:
            _log(engine, engine_pb2.ERROR, "\n".join(last))
        return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {code}")

    def _rehearse(self, request: Any, context: grpc.ServicerContext) -> Trial:
        """Judge what the program would ask for, all of it before the engine changes anything."""
        engine = request.args[0] if request.args else ""
        told, told_child = self._context.Pipe()
        program = self._program(request, engine, dry_run=True)
        named = (request.project, request.stack, request.organization)
        deployed = deployed_file(self._reads, request.project, request.stack)
        process = self._start(context, run_rehearsal, (program, named, str(deployed), told_child))
        trial = Trial(self._settings, self._root, request, partial(_show, engine))
        listening = threading.Thread(target=trial.listen, args=(told,), kwargs={"at_once": False})
        listening.start()
        # The deployment is judged too, so a program that waits for what only it can bring loses nothing.
        if not wait([process.sentinel], LONGEST_REHEARSAL):
            process.kill()
        listening.join()
        with self._processes:
            process.join()
        return trial

    def _program(self, request: Any, engine: str, *, dry_run: bool) -> Program:
        return Program(
            str(self._script),
            _arguments(request, engine, dry_run=dry_run),
            dict(request.config),
            list(request.configSecretKeys),
            request.pwd,
            str(self._reads / "code"),
        )

    def _start(self, context: grpc.ServicerContext, target: Callable[..., None], arguments: Sequence[Any]) -> Any:
        """Start a process, which gets the connections in `arguments` for itself."""
        with self._processes:
            process = self._context.Process(target=target, args=arguments)
            process.start()
        for each in arguments:
            if isinstance(each, Connection):
                each.close()
        # If the engine has ended, its program must end too.
        context.add_callback(process.terminate)
        return process


def _show(engine: str, violation: Violation, *, warn: bool = True) -> None:
    """Show what breaks a rule. `warn`: also what is advisory."""
    urn = violation.resource.urn
    if violation.stops:
        _log(engine, engine_pb2.ERROR, violation.message, urn)
    elif warn:
        _log(engine, engine_pb2.WARNING, f"{violation.resource}: {violation.message}", urn)


def _arguments(request: Any, engine: str, *, dry_run: bool) -> list[str]:
    """The arguments of the SDK's script, the same as the engine's own host passes."""
    given = {
        "--monitor": request.monitor_address,
        "--engine": engine,
        "--project": request.project,
        "--root_directory": request.info.root_directory,
        "--pwd": request.pwd,
        "--stack": request.stack,
        "--organization": request.organization,
        "--dry_run": "true" if dry_run else "false",
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


def _log(engine: str, severity: Any, text: str, urn: str = "") -> None:
    with grpc.insecure_channel(engine) as channel:
        try:
            engine_pb2_grpc.EngineStub(channel).Log(engine_pb2.LogRequest(severity=severity, message=text, urn=urn))
        except grpc.RpcError:  # the engine has ended
            return


def _receive(reads: Connection) -> Any:
    try:
        return reads.recv()
    except EOFError:  # it was killed
        return None
    finally:
        reads.close()
