"""The process environment that stacks run in: the sandbox's own, or the user's."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from automation.engine import Engine
from sandbox.credentials import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from sandbox.layout import Layout, read_record
from shared.layers import ROOT, SANDBOX

REGION = "us-west-2"
"""The region of the sandbox's default provider."""

PASSPHRASE = "sandbox"  # noqa: S105 - the sandbox's state holds no secret worth one
"""Encrypts the secrets of the sandbox's stacks, which are worthless outside it."""

LOOPBACK = ("127.0.0.1", "localhost")


class EnvironmentFault(Exception):
    """The environment's variables cannot be given yet; the message says what to do first."""


def run_environment(
    environment: str, engine: Engine, root: Path = ROOT, inherited: Mapping[str, str] | None = None
) -> dict[str, str]:
    """All variables that a run of the stacks of `environment` gets.

    For the sandbox nothing of the user's own AWS or Pulumi set-up comes through: not its
    variables, credentials, profiles, plugins, backend or login. Every other environment gets
    what is inherited, with the engine on PATH. `inherited` is this process's environment
    unless given.

    Raises `EnvironmentFault` for the sandbox when its emulated AWS was never started.
    The variables: https://www.pulumi.com/docs/iac/cli/environment-variables/ and
    https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html.
    """
    inherited = os.environ if inherited is None else inherited
    result = {**inherited, "PATH": _path(engine, inherited)}
    if environment != SANDBOX:
        return result
    result = {name: value for name, value in result.items() if not _is_set_up(name)}
    return {**result, **_sandbox(root, inherited)}


def shell_lines(engine: Engine, root: Path = ROOT, inherited: Mapping[str, str] | None = None) -> str:
    """Lines for a POSIX shell that give it the sandbox's environment: what to unset, what to export.

    Raises `EnvironmentFault` as `run_environment` does.
    """
    inherited = os.environ if inherited is None else inherited
    wanted = run_environment(SANDBOX, engine, root, inherited)
    unset = sorted(name for name in inherited if name not in wanted)
    changed = {name: value for name, value in sorted(wanted.items()) if inherited.get(name) != value}
    lines = [f"unset {shlex.quote(name)}" for name in unset]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in changed.items()]
    return "\n".join(lines)


def _is_set_up(name: str) -> bool:
    return name.startswith(("AWS_", "PULUMI_"))


def _path(engine: Engine, inherited: Mapping[str, str]) -> str:
    """PATH with the engine and this Python first, each once, so that setting it twice changes nothing."""
    first = [str(engine.bin), str(Path(sys.prefix) / "bin")]
    rest = [entry for entry in inherited.get("PATH", os.defpath).split(os.pathsep) if entry not in first]
    return os.pathsep.join(first + rest)


def _sandbox(root: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    layout = Layout(root.resolve())
    emulator = read_record(layout)
    if emulator is None:
        raise EnvironmentFault("the emulated AWS has not been started: run `invoke sandbox.start`")
    # Empty files, not missing ones: whoever runs `aws configure` in a sandbox shell writes here.
    empty = {
        "AWS_CONFIG_FILE": layout.folder / "aws-config",
        "AWS_SHARED_CREDENTIALS_FILE": layout.folder / "aws-credentials",
    }
    layout.state.mkdir(parents=True, exist_ok=True)
    layout.pulumi_home.mkdir(parents=True, exist_ok=True)
    for file in empty.values():
        file.touch()
    return {
        "AWS_ENDPOINT_URL": emulator.url,
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
        # A plugin that is missing is an error at once, not a download: the sandbox has its own plugins.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        # A pulumi-resource-aws on the user's PATH would otherwise win over the sandbox's.
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        # boto3 would send calls to the loopback interface through a proxy that is set.
        **{name: _no_proxy(inherited.get(name, "")) for name in ("NO_PROXY", "no_proxy")},
    }


def _no_proxy(hosts: str) -> str:
    present = [host for host in hosts.split(",") if host]
    return ",".join(present + [host for host in LOOPBACK if host not in present])
