"""Runs the steps of a generated workflow's jobs in order, as a runner of GitHub does, against the sandbox.

What `run:` says is run as it is, with the variables that the workflow gives it. Of `uses:` the effect is brought about:
a checkout, credentials for a role from a token of the job, artifacts. https://docs.github.com/en/actions
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.project import REGION, Project
from tests.e2e.test_access import web_identity_token

ISSUER = "https://token.actions.githubusercontent.com"
REPOSITORY = "acme/infrastructure"
ACCOUNT = "123456789012"


@dataclass
class Runner:
    """A runner whose jobs work in the folder of `project`; `github` is the folder that is GitHub."""

    project: Project
    github: Path
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def install(cls, project: Project, folder: Path) -> Runner:
        """Put `gh` and a `make` that has nothing to do on PATH: the copy has its packages and engine already."""
        tools, github = folder / "tools", folder / "github"
        for each in (tools, github):
            each.mkdir()
        gh = Path(__file__).with_name("gh.py")
        (tools / "gh").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{gh}" "$@"\n')
        (tools / "make").write_text('#!/bin/sh\ncase "$*" in install | "install engine") ;; *) exit 2 ;; esac\n')
        for tool in tools.iterdir():
            tool.chmod(0o755)
        return cls(project, github)

    def run(
        self, workflow: str, job: str, event: Mapping[str, Any], expect: int = 0, more: Mapping[str, Any] | None = None
    ) -> str:
        """Run one job; `expect` is its exit code, `more` are contexts such as its matrix. What it printed."""
        document = yaml.safe_load((self.project.root / ".github/workflows" / f"{workflow}.yml").read_text())
        made = document["jobs"][job]
        contexts: dict[str, Any] = {
            "vars": {"AWS_MANAGEMENT_ACCOUNT": ACCOUNT, "AWS_REGION": REGION, "PULUMI_BACKEND_URL": self._backend()},
            "github": {"token": "t", "run_id": "9", **event},
            **(more or {}),
        }
        (self.github / "event.json").write_text(json.dumps(event.get("event", {})))
        files = {name: self.github / name for name in ("env", "path", "output", "summary")}
        for file in files.values():
            file.write_text("")
        home = self.github / "home"
        shutil.rmtree(home, ignore_errors=True)
        (home / ".aws").mkdir(parents=True)
        variables = {
            **self._aws,
            **{f"GITHUB_{name.upper()}": str(file) for name, file in files.items()},
            **_filled(document.get("env", {}), contexts),
            **_filled(made.get("env", {}), contexts),
            "GITHUB_STEP_SUMMARY": str(files["summary"]),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_REPOSITORY_OWNER": REPOSITORY.partition("/")[0],
            "GITHUB_ACTOR": event.get("actor", "maintainer"),
            "GITHUB_EVENT_PATH": str(self.github / "event.json"),
            "GITHUB_SHA": event.get("sha", ""),
            "FAKE_GITHUB": str(self.github),
            "HOME": str(home),
            "PATH": f"{self.github.parent / 'tools'}{os.pathsep}{self.project.env['PATH']}",
        }
        token = self._token(made, event)
        code, output = 0, ""
        for step in made["steps"]:
            condition = str(step.get("if", ""))
            skipped = "github.event_name" in condition and f"'{event['event_name']}'" not in condition
            filled = re.fullmatch(r"vars\.(\w+) != ''", condition)
            if skipped or (filled and filled[1] not in contexts["vars"]) or (code and "cancelled()" not in condition):
                continue
            if "uses" in step:
                self._use(step["uses"].partition("@")[0], _filled(step.get("with", {}), contexts), variables, token)
                continue
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.project.root,
                env={**variables, **_filled(step.get("env", {}), contexts)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=200,
                check=False,
            )
            output += f"--- {step['name']}\n{done.stdout}"
            code = code or done.returncode
            if "id" in step:
                lines = files["output"].read_text().splitlines()
                self.outputs[job] = dict(line.split("=", 1) for line in lines)
        assert code == expect, output
        return output

    def summary(self) -> str:
        """What the last job has shown on its page."""
        return (self.github / "summary").read_text()

    def _use(self, action: str, given: Mapping[str, str], variables: dict[str, str], token: str | None) -> None:
        artifacts = self.github / "runs" / "1"
        if action == "actions/upload-artifact":
            to = artifacts / given["name"]
            to.mkdir(parents=True, exist_ok=True)
            for file in self.project.root.glob(given["path"]):
                shutil.copy2(file, to)
                file.unlink()
        elif action == "actions/download-artifact":
            for folder in artifacts.glob(given.get("name") or given["pattern"]):
                shutil.copytree(folder, self.project.root / given.get("path", "."), dirs_exist_ok=True)
        elif action == "aws-actions/configure-aws-credentials":
            assert token, "the job has no permission to ask for a token"
            self._sign_in(given, variables, token)
        elif action == "actions/checkout" and "ref" in given:
            self.project.run("git", "switch", "--quiet", given["ref"])
            self.project.run("git", "clean", "--quiet", "--force", "-d")
        elif action == "actions/checkout" and given.get("fetch-depth") == "0":
            if (self.project.root / ".git" / "shallow").exists():
                self.project.run("git", "fetch", "--quiet", "--unshallow", "origin")
        else:
            assert action in ("actions/checkout", "actions/setup-python", "actions/cache", "actions/cache/restore")

    def _sign_in(self, given: Mapping[str, str], variables: dict[str, str], token: str) -> None:
        sts = self.project.aws("sts")
        keys = sts.assume_role_with_web_identity(
            RoleArn=given["role-to-assume"], RoleSessionName="GitHubActions", WebIdentityToken=token
        )["Credentials"]
        names = {"aws_access_key_id": "AccessKeyId", "aws_secret_access_key": "SecretAccessKey"}
        found = {name: keys[key] for name, key in {**names, "aws_session_token": "SessionToken"}.items()}
        if profile := given.get("aws-profile"):
            with (Path(variables["HOME"]) / ".aws" / "credentials").open("a") as file:
                file.write("\n".join([f"[{profile}]", *(f"{name} = {value}" for name, value in found.items()), ""]))
            with (Path(variables["HOME"]) / ".aws" / "config").open("a") as file:
                file.write(f"[profile {profile}]\nregion = {given['aws-region']}\n")
        else:
            variables |= {name.upper(): value for name, value in found.items()}

    def _token(self, job: Mapping[str, Any], event: Mapping[str, Any]) -> str | None:
        """https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims"""
        if job["permissions"].get("id-token") != "write":
            return None
        where = "pull_request" if event["event_name"] == "pull_request" else "ref:refs/heads/main"
        where = f"environment:{job['environment']}" if "environment" in job else where
        claims = {"iss": ISSUER, "aud": "sts.amazonaws.com", "exp": 4102444800, "sub": f"repo:{REPOSITORY}:{where}"}
        return web_identity_token(claims)

    @cached_property
    def _aws(self) -> dict[str, str]:
        """The sandbox's variables without its credentials, as AWS and the backend are the runner's surroundings."""
        done = self.project.run("bash", "-c", 'eval "$(invoke sandbox.env)"; env -0')
        found = dict(line.split("=", 1) for line in done.output.split("\0") if "=" in line)
        keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE")
        return {name: value for name, value in found.items() if name not in (*keys, "AWS_SHARED_CREDENTIALS_FILE")}

    def _backend(self) -> str:
        return self._aws["PULUMI_BACKEND_URL"]


def _filled(given: Mapping[str, Any], contexts: Mapping[str, Any]) -> dict[str, str]:
    """The values with GitHub's expressions replaced. Raises `KeyError` for one that is not known here."""

    def value(expression: re.Match[str]) -> str:
        found: Any = contexts
        for part in expression[1].split("."):
            found = found[part]
        return str(found)

    return {name: re.sub(r"\$\{\{ ([\w.-]+) \}\}", value, str(text)) for name, text in given.items()}
