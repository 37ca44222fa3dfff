"""The checks of `invoke doctor`: the tools on this machine, and what a cloud environment needs."""

import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from engine.aws_plugin import EMBEDDED, plugin_in, provider_version
from engine.install import WAYS, Engine, sdk_version, vendor_reachable

OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Check:
    """The result of one check: `what` was found, and the `remedy` if it is not `ok`."""

    name: str
    ok: bool
    what: str
    remedy: str = ""


def release(root: Path) -> Check:
    """The release that the repository at `root` is, or is based on, and its commit if it is a clone with git."""
    with (root / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    describe = ["git", "-C", str(root), "describe", "--always", "--dirty", "--exclude=*"]
    # Another repository may be around one that was downloaded.
    commit = _output(describe, os.environ) if (root / ".git").exists() else None
    return Check("release", True, f"{version}, commit {commit}" if commit else version)


def python() -> Check:
    what = f"{platform.python_version()}, {sys.executable}"
    oldest = ".".join(map(str, OLDEST_PYTHON))
    if sys.version_info < OLDEST_PYTHON:
        return Check("Python", False, what, f"install Python {oldest} or newer")
    return Check("Python", True, what)


def sdk() -> Check:
    """The versions of the Pulumi packages and their folder."""
    packages = Path(sysconfig.get_path("purelib"))
    return Check("SDK", True, f"pulumi {sdk_version()}, pulumi-aws {provider_version()}, {packages}")


def found_engine(engine: Engine | None, passed_over: list[str]) -> Check:
    if engine is None:
        return Check("engine", False, "; ".join(passed_over) or "none", f"run `make engine`. {WAYS}")
    return Check("engine", True, f"pulumi {engine.version}, {engine.source}, {engine.command.command}")


def language_host(engine: Engine | None) -> Check:
    if engine is None:
        return Check("language host", False, "none", "it comes with the engine")
    what = f"python {engine.language_host_version}, {engine.source}, {engine.language_host}"
    return Check("language host", True, what)


def go() -> Check:
    found = shutil.which("go")
    if found is None:
        return Check("Go", False, "none", "needed only to build the engine: https://go.dev/doc/install")
    return Check("Go", True, f"{_output([found, 'env', 'GOVERSION'], os.environ) or 'unknown version'}, {found}")


def provider(variables: Mapping[str, str]) -> Check:
    version = provider_version()
    home = Path(variables.get("PULUMI_HOME") or Path.home() / ".pulumi")
    plugin = plugin_in(home)
    if plugin and plugin.kind == EMBEDDED:
        remedy = f"it is for the sandbox alone: delete {plugin.path.parent} and run this again"
        return Check("AWS provider", False, plugin.what, remedy)
    if plugin:
        return Check("AWS provider", True, plugin.what)
    missing = f"{version} is not in {home}"
    if vendor_reachable():
        return Check("AWS provider", True, f"{missing}; the engine downloads it at the first run")
    remedy = (
        f"connect to the internet: the engine downloads it at the first run; or get the archive elsewhere: "
        f"`pulumi plugin install resource aws {version} --file ARCHIVE`"
    )
    return Check("AWS provider", False, missing, remedy)


def backend(engine: Engine | None, variables: Mapping[str, str], root: Path) -> Check:
    if engine is None:
        return Check("state backend", False, "unknown without an engine", "get an engine first")
    # In a project folder, because Pulumi.yaml may set the backend.
    folder = root / "stacks" / "org"
    command = [engine.command.command, "whoami", "--verbose", "--json", "--non-interactive"]
    output = _output(command, variables, folder if folder.is_dir() else root)
    try:
        found = json.loads(output or "")
    except ValueError:
        remedy = "run `pulumi login <backend>` (https://www.pulumi.com/docs/iac/concepts/state-and-backends/)"
        return Check("state backend", False, "not logged in, or it does not answer", remedy)
    # There is no URL of a console for a service that another one than Pulumi runs.
    url = found["url"] or variables.get("PULUMI_BACKEND_URL", "")
    what = f"{without_secrets(url)} as {found['user']}".strip()
    if found.get("organizations"):
        # Only Pulumi Cloud has several, and everything is done in one of them.
        command = [engine.command.command, "org", "get-default", "--non-interactive"]
        owner = (_output(command, variables, folder if folder.is_dir() else root) or "").strip()
        what += f", in organization {owner}" if owner and " " not in owner else ""
    return Check("state backend", True, what)


def credentials(variables: Mapping[str, str]) -> Check:
    """Whose AWS credentials this shell has, from STS GetCallerIdentity, which needs no permission
    (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html), and what their account is in its
    organization."""
    name = "AWS credentials"
    who = caller(variables, organization=True)
    if who is None:
        return Check(name, False, "STS does not answer", "check the network, then AWS_ENDPOINT_URL and proxies")
    if "error" in who:
        remedy = "sign in (`aws sso login`) or choose a profile (`export AWS_PROFILE=...`)"
        return Check(name, False, who["error"], remedy)
    account, organization, management = (who.get(key, "") for key in ("account", "organization", "management"))
    if management not in ("", account):
        what = f"member account {account} of organization {organization}, {who['arn']}"
        return Check(name, False, what, f"sign in to its management account, {management}")
    role = f", the management account of organization {organization}" if organization else ""
    role = role or (", in no organization" if "organization" in who else "")
    return Check(name, True, f"account {account}{role}, {who['arn']}")


def caller(variables: Mapping[str, str], *, organization: bool = False) -> dict[str, str] | None:
    """The owner of the AWS credentials: `account` and `arn`, or an `error`; None if STS does not answer.

    With `organization` also the id of their `organization` and its `management` account, empty if there is none, and
    absent if AWS does not say.
    """
    # In a process of its own, because boto3 reads its own process's environment, and `variables` may differ from it.
    output = _output([sys.executable, "-c", _WHO, *(["organization"] if organization else [])], variables)
    return dict(json.loads(output)) if output else None


_WHO = """
import json, sys, boto3, botocore.config, botocore.exceptions
quick = botocore.config.Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1})
try:
    session = boto3.Session()
    sts = session.client("sts", region_name=session.region_name or "us-east-1", config=quick)
    identity = sts.get_caller_identity()
    found = {"account": identity["Account"], "arn": identity["Arn"]}
    if sys.argv[1:]:
        organizations = session.client("organizations", region_name="us-east-1", config=quick)
        try:
            own = organizations.describe_organization()["Organization"]
            found.update(organization=own["Id"], management=own["MasterAccountId"])
        except organizations.exceptions.AWSOrganizationsNotInUseException:
            found.update(organization="", management="")
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
            pass
    print(json.dumps(found))
except botocore.exceptions.ClientError as error:
    print(json.dumps({"error": error.response["Error"]["Code"] + " from STS"}))
except botocore.exceptions.BotoCoreError as error:
    print(json.dumps({"error": str(error)}))
"""


def without_secrets(url: str) -> str:
    """`url` without the parts that may contain a password: the user and the query."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def _output(
    command: list[str], variables: Mapping[str, str], folder: Path | None = None, seconds: float = 20.0
) -> str | None:
    """The output of `command`; None if it failed or took longer than `seconds`."""
    try:
        done = subprocess.run(
            command,
            env=dict(variables),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
