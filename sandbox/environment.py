"""The sandbox as an environment: the emulated AWS on this machine, without the user's own configuration."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.aws_plugin import EMBEDDED
from engine.checks import Check
from engine.environment import Environment
from engine.install import Engine, Progress, find_engine
from sandbox import aws_plugin, lifecycle, s3_control
from sandbox.credentials import ACCESS_KEY_ID, MANAGEMENT_ACCOUNT_ID, SECRET_ACCESS_KEY
from sandbox.layout import Emulator, Layout, read_record
from shared.errors import EnvironmentNotReady, SandboxError
from shared.layers import ROOT, SANDBOX

REGION = "us-west-2"
"""The region of the sandbox's default provider."""

PASSPHRASE = "sandbox"  # noqa: S105 - the sandbox's state holds no secret worth one
"""Encrypts the secrets of the sandbox's stacks, which are worth nothing outside the sandbox."""

LOOPBACK = ("127.0.0.1", "localhost")

START = "run `invoke sandbox.start`"


class SandboxEnvironment(Environment):
    """The sandbox. It uses none of the user's own AWS and Pulumi variables, credentials, profiles, plugins, backends
    or logins."""

    disposable = True
    tool_paths = ("sandbox/provider/",)

    def __init__(self, root: Path = ROOT) -> None:
        super().__init__(SANDBOX, root)
        self._layout = Layout(self.root)

    @property
    def backend_url(self) -> str:
        """The sandbox's own, which need not exist yet."""
        return self._layout.state.as_uri()

    @property
    def attempts(self) -> Path:
        """Not in the folder of the state: that disk may be full."""
        return self._layout.attempts

    def start(self, engine: Engine, progress: Progress) -> None:
        """Start the emulated AWS and install its AWS plugin."""
        lifecycle.start(self.root, progress, engine=engine)

    def variables(self, engine: Engine, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """See `Environment`. Raises `EnvironmentNotReady` when the emulated AWS was never started."""
        inherited = os.environ if inherited is None else inherited
        kept = {name: value for name, value in super().variables(engine, inherited).items() if not _is_set_up(name)}
        emulator = read_record(self._layout)
        if emulator is None:
            raise EnvironmentNotReady("the emulated AWS has not been started: run `invoke sandbox.start`")
        return {**kept, **_own_variables(self._layout, emulator, inherited)}

    def account(self) -> str:
        """The management account of the emulated AWS."""
        return MANAGEMENT_ACCOUNT_ID

    def tools(self) -> Mapping[str, Any]:
        """The AWS plugin, and the source code of the embedded one."""
        plugin = aws_plugin.find_plugin(self.root)
        if plugin is None:
            return {}
        found: dict[str, Any] = {"plugin": [plugin.kind, plugin.version]}
        if plugin.kind == EMBEDDED:
            found["provider"] = [file.read_text() for file in sorted((self.root / "sandbox/provider").rglob("*.py"))]
        return found

    def checks(self, engine: Engine | None) -> list[Check]:  # noqa: ARG002 - the plugin is the sandbox's own
        return [self._plugin(), self._emulator(), self._backend()]

    def _plugin(self) -> Check:
        plugin = aws_plugin.find_plugin(self.root)
        if plugin is None:
            return Check("AWS provider", False, "none", START)
        return Check("AWS provider", True, plugin.what)

    def _emulator(self) -> Check:
        now = lifecycle.status(self.root)
        if now.emulator is None:
            return Check("emulated AWS", False, "not running", START)
        what = f"{now.emulator.url}, process {now.emulator.pid}, {now.accounts} accounts, {now.requests} requests"
        return Check("emulated AWS", True, what)

    def _backend(self) -> Check:
        state = self._layout.state
        return Check("state backend", state.is_dir(), state.resolve().as_uri(), START)


def shell_environment(root: Path = ROOT) -> str:
    """Shell lines that let plain `pulumi`, `aws` and boto3 use the sandbox: `eval "$(invoke sandbox.env)"`.

    Raises `SandboxError` unless the sandbox is running.
    """
    engine = find_engine(root)
    if engine is None or lifecycle.status(root).emulator is None:
        raise SandboxError("the sandbox is not running: run `invoke sandbox.start`")
    return shell_lines(engine, root)


def shell_lines(engine: Engine, root: Path = ROOT, inherited: Mapping[str, str] | None = None) -> str:
    """Lines for a POSIX shell that unset and export variables, so that the shell uses the sandbox.

    Raises `EnvironmentNotReady` as `SandboxEnvironment.variables` does.
    """
    inherited = os.environ if inherited is None else inherited
    wanted = SandboxEnvironment(root).variables(engine, inherited)
    unset = sorted(name for name in inherited if name not in wanted)
    changed = {name: value for name, value in sorted(wanted.items()) if inherited.get(name) != value}
    lines = [f"unset {shlex.quote(name)}" for name in unset]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in changed.items()]
    return "\n".join(lines)


def _is_set_up(name: str) -> bool:
    return name.startswith(("AWS_", "PULUMI_"))


def _own_variables(layout: Layout, emulator: Emulator, inherited: Mapping[str, str]) -> dict[str, str]:
    # The files must exist: `aws configure` in a sandbox shell writes to them.
    empty = {
        "AWS_CONFIG_FILE": layout.folder / "aws-config",
        "AWS_SHARED_CREDENTIALS_FILE": layout.folder / "aws-credentials",
    }
    layout.create()
    layout.state.mkdir(parents=True, exist_ok=True)
    layout.pulumi_home.mkdir(parents=True, exist_ok=True)
    for file in empty.values():
        file.touch()
    return {
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ENDPOINT_URL_S3_CONTROL": s3_control.ENDPOINT,
        **dict.fromkeys(("HTTP_PROXY", "http_proxy"), emulator.url),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        **{name: str(file) for name, file in empty.items()},
        "AWS_EC2_METADATA_DISABLED": "true",
        "PULUMI_BACKEND_URL": layout.state.as_uri(),
        "PULUMI_HOME": str(layout.pulumi_home),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # A missing plugin is an error, not a download: the sandbox has its own plugins.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        # Otherwise the engine would prefer a pulumi-resource-aws on the user's PATH to the sandbox's plugin.
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        # The rest of the emulated AWS is called without a proxy.
        **{name: _no_proxy(inherited.get(name, "")) for name in ("NO_PROXY", "no_proxy")},
    }


def _no_proxy(hosts: str) -> str:
    """The hosts of the user and the loopback interface, without what would keep S3 Control from the proxy."""
    present = [host for host in hosts.split(",") if host and not _keeps_s3_control_from_the_proxy(host.strip())]
    return ",".join(present + [host for host in LOOPBACK if host not in present])


def _keeps_s3_control_from_the_proxy(host: str) -> bool:
    return host == "*" or f".{s3_control.HOST}".endswith(f".{host.lstrip('.')}")
