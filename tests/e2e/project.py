"""A copy of the repository with a sandbox of its own, used as its user would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import yaml
from botocore.config import Config

from automation.backend.state_files import stack_file
from bench.copies import copy_repository, user_environment
from sandbox.credentials import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from sandbox.s3_control import ENDPOINT as S3_CONTROL
from shared.layers import StackId
from shared.yaml_files import Dumper
from tests.configuration import write_sandbox

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

REGION = "us-west-2"
TIMEOUT = 300
"""Seconds that one command may take."""

_SANDBOX_ENV: dict[tuple[Path, str], str] = {}


@dataclass(frozen=True)
class Result:
    """What a command printed and how it ended."""

    code: int
    output: str


@dataclass(frozen=True)
class Project:
    """The copy. Nothing of it is shared with the repository but the virtual environment and the engine."""

    root: Path

    @classmethod
    def copy_to(cls, root: Path) -> Project:
        """A copy of the working tree's tracked and new files, with the tests' configuration."""
        copy_repository(root)
        write_sandbox(root)
        return cls(root)

    @property
    def env(self) -> dict[str, str]:
        """A user's environment."""
        return user_environment(self.root)

    @property
    def url(self) -> str:
        """Where the emulated AWS listens, or listened last."""
        return str(json.loads((self.root / ".sandbox" / "emulator.json").read_text())["url"])

    def invoke(self, *args: str, expect: int | None = 0, stdin: str = "") -> Result:
        """Run `invoke …`; `expect` is the exit code asked for, None for any."""
        return self.run("invoke", *args, expect=expect, stdin=stdin)

    def run(
        self, *args: str, cwd: str = ".", env: Mapping[str, str] | None = None, expect: int | None = 0, stdin: str = ""
    ) -> Result:
        """Run a command in the copy."""
        done = subprocess.run(
            args,
            cwd=self.root / cwd,
            env={**self.env, **(env or {})},
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert expect is None or done.returncode == expect, (
            f"{' '.join(args)}: exit code {done.returncode}\n{done.stdout}"
        )
        return Result(done.returncode, done.stdout)

    def shell(self, script: str, cwd: str = ".", expect: int | None = 0) -> Result:
        """Run a script as a user's shell would, after `eval "$(invoke sandbox.env)"`."""
        whole = f"set -e; cd {self.root}; {self._sandbox_env()}; cd {cwd}; {script}"
        return self.run("bash", "-c", whole, expect=expect)

    def _sandbox_env(self) -> str:
        """What `invoke sandbox.env` prints, asked once for an emulated AWS: hundreds of scripts need it."""
        key = (self.root, self.url)
        if key not in _SANDBOX_ENV:
            words = ["invoke", "sandbox.env"]
            done = subprocess.run(words, cwd=self.root, env=self.env, stdout=subprocess.PIPE, text=True, check=True)
            _SANDBOX_ENV[key] = done.stdout.strip()
        return _SANDBOX_ENV[key]

    def start(self, *args: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start `invoke …` in a session of its own, to be killed."""
        return subprocess.Popen(
            ["invoke", *args],
            cwd=self.root,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def outputs(self, name: str, environment: str = "sandbox") -> Any:
        """A stack's outputs, from its state: to ask a command takes a second, in some seventy tests."""
        layer, _, account = name.partition("/")
        stack = StackId(layer, environment, account or None)
        file = stack_file(self.root / ".sandbox/state/.pulumi", stack)
        resources = json.loads(file.read_text())["checkpoint"]["latest"]["resources"]
        return next(each["outputs"] for each in resources if each["type"] == "pulumi:pulumi:Stack")

    def aws(self, service: Any, credentials: Mapping[str, Any] | None = None, region: str = REGION) -> Any:
        """A boto3 client of the emulated AWS, as the management account's administrator by default."""
        keys = credentials or {"AccessKeyId": ACCESS_KEY_ID, "SecretAccessKey": SECRET_ACCESS_KEY}
        url = self.url
        by_proxy = service == "s3control"
        return boto3.client(
            service,
            endpoint_url=S3_CONTROL if by_proxy else url,
            region_name=region,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=Config(proxies={"http": url}) if by_proxy else None,
        )

    def inside(self, account_id: str) -> CredentialsTypeDef:
        """Credentials of the access role of a member account."""
        arn = f"arn:aws:iam::{account_id}:role/OrganizationAccountAccessRole"
        answer: CredentialsTypeDef = self.aws("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return answer

    def configure(self, file: str, **keys: Any) -> None:
        """Set configuration keys (of the file's layer) in `stacks/<file>`; None removes a key."""
        path = self.root / "stacks" / file
        document = yaml.safe_load(path.read_text())
        for key, value in keys.items():
            name = f"{file.split('/')[0]}:{key}"
            document["config"].pop(name, None)
            if value is not None:
                document["config"][name] = value
        path.write_text(yaml.dump(document, Dumper=Dumper))

    def close(self) -> None:
        """Stop the emulated AWS."""
        self.invoke("sandbox.stop", expect=None)


def kill_tree(process: subprocess.Popen[str]) -> None:
    """kill -9 of a process and everything it started."""
    children = subprocess.run(["ps", "-e", "-o", "pid=,sid="], capture_output=True, text=True, check=True).stdout
    for line in children.splitlines():
        pid, session = (int(part) for part in line.split())
        if session == process.pid:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
    process.wait(timeout=30)
