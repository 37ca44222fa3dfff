"""States in Pulumi Cloud: a job has a token of an hour for its own one, and no key is stored."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from automation.workflows import command, gitlab_scripts, steps
from engine.install import Engine
from shared.layers import ROOT
from tests import pulumi_cloud
from tests.pulumi_cloud import Cloud

IDENTITY = "the job's own & only token"
STEP = "Sign in to Pulumi Cloud"


@contextmanager
def github(asked: list[tuple[str, str]]) -> Iterator[str]:
    """The URL at which a job of GitHub's gets its token. `asked` gets who asks and for whom."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            asked.append((self.headers["Authorization"], query["audience"][0]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"value": IDENTITY, "count": 1}).encode())

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/token?api-version=2"
    server.shutdown()
    server.server_close()


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with pulumi_cloud.served("acme", users={}) as made:
        made.trusted[IDENTITY] = "acme"
        yield made


def sign_in(script: str, cloud: Cloud, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script as a runner does."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "AWS_"))}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        env={**known, "PULUMI_BACKEND_URL": cloud.url, "PULUMI_ORGANIZATION": "acme", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def github_steps() -> list[dict[str, Any]]:
    """The step, of each job that works with the states."""
    documents = [yaml.safe_load((ROOT / name).read_text()) for name in command.files() if name.startswith(".github/w")]
    jobs = [job["steps"] for document in documents for job in document["jobs"].values()]
    assert all(("role-to-assume" in str(each)) == (STEP in str(each)) for each in jobs)
    return [step for each in jobs for step in each if step.get("name") == STEP]


def whoami(engine: Engine, cloud: Cloud, home: Path, variables: Mapping[str, str]) -> str:
    known = {"PATH": os.environ["PATH"], "HOME": str(home), "PULUMI_BACKEND_URL": cloud.url, **variables}
    words = [engine.command.command, "whoami", "--non-interactive"]
    return subprocess.run(words, env=known, capture_output=True, text=True, timeout=60, check=True).stdout.strip()


def test_a_job_of_github_s(cloud: Cloud, pulumi_engine: Engine, tmp_path: Path) -> None:
    found = github_steps()
    assert len({step["run"] for step in found}) == 1
    assert {step["if"] for step in found} == {"vars.PULUMI_ORGANIZATION != ''"}
    asked: list[tuple[str, str]] = []
    with github(asked) as url:
        own = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-this-job"}
        done = sign_in(found[0]["run"], cloud, {**own, "GITHUB_ENV": str(tmp_path / "env")})
    assert done.returncode == 0, done.stderr
    assert asked == [("bearer of-this-job", "urn:pulumi:org:acme")]
    variables = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    token = variables["PULUMI_ACCESS_TOKEN"]
    assert done.stdout == f"::add-mask::{token}\n"
    assert variables == {"PULUMI_ACCESS_TOKEN": token, "PULUMI_DEFAULT_ORGANIZATION": "acme"}
    assert whoami(pulumi_engine, cloud, tmp_path, variables) == "a job of acme"


def test_a_job_that_the_organization_does_not_trust(cloud: Cloud, tmp_path: Path) -> None:
    cloud.trusted.clear()
    with github([]) as url:
        own = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"}
        done = sign_in(github_steps()[0]["run"], cloud, {**own, "GITHUB_ENV": str(tmp_path / "env")})
    assert done.returncode != 0
    assert "no policy of the organization allows this token" in done.stdout
    assert not (tmp_path / "env").exists()


def test_a_job_of_gitlab_s(cloud: Cloud, pulumi_engine: Engine, tmp_path: Path) -> None:
    script = gitlab_scripts.SIGN_IN + '\nprintf \'%s %s\' "${PULUMI_ACCESS_TOKEN:-}" "${PULUMI_DEFAULT_ORGANIZATION:-}"'
    roles = dict.fromkeys(gitlab_scripts.ROLES, "PreviewAccounts")
    own = {**roles, "AWS_TOKEN": "x", "ID_TOKEN": IDENTITY, "AWS_MANAGEMENT_ACCOUNT": "123456789012", "AWS_REGION": "x"}
    done = sign_in(script, cloud, own)
    assert done.returncode == 0, done.stderr
    token, organization = done.stdout.split(" ")
    variables = {"PULUMI_ACCESS_TOKEN": token, "PULUMI_DEFAULT_ORGANIZATION": organization}
    assert organization == "acme"
    assert whoami(pulumi_engine, cloud, tmp_path, variables) == "a job of acme"
    assert sign_in(script, cloud, {**own, "PULUMI_ORGANIZATION": ""}).stdout == " "
    cloud.trusted.clear()
    refused = sign_in(script, cloud, own)
    assert (refused.returncode, "no policy of the organization" in refused.stdout) == (1, True)


def test_the_tokens_of_gitlab_s_jobs_are_for_the_organization() -> None:
    jobs = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
    found = [each["id_tokens"] for each in jobs.values() if isinstance(each, dict) and "id_tokens" in each]
    assert found
    assert all(each["ID_TOKEN"] == {"aud": f"{steps.AUDIENCE}$PULUMI_ORGANIZATION"} for each in found)
