"""What the doctor says of a machine that has everything, and of one that lacks something."""

import json
import os
import re
import subprocess
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pulumi
import pytest

from automation.doctor import diagnose
from engine import checks
from engine.aws_plugin import provider_version
from engine.checks import Check, credentials, without_secrets
from engine.install import Engine, sdk_version
from sandbox.layout import Layout
from sandbox.lifecycle import start_emulator
from shared.layers import ROOT
from tests.machine import fake_pulumi, program, stand_in

SECRET = "wJalrXUtnFEMI-not-a-real-secret"


def by_name(checks: list[Check]) -> dict[str, Check]:
    assert all(check.ok or check.remedy for check in checks), "what is missing says what to do"
    return {check.name: check for check in checks}


def configure(root: Path, environment: str, text: str = "config: {}\n") -> None:
    for layer in ("org", "identity", "policies"):
        (root / "stacks" / layer).mkdir(parents=True)
        (root / "stacks" / layer / f"Pulumi.{environment}.yaml").write_text(text)


def test_a_bare_machine_is_told_what_to_do_about_each(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    found = by_name(diagnose("sandbox", root))
    assert {name for name, check in found.items() if not check.ok} == {
        "engine",
        "language host",
        "Go",
        "AWS provider",
        "emulated AWS",
        "state backend",
        "configuration",
    }
    assert "Three ways to get an engine" in found["engine"].remedy
    assert found["emulated AWS"].remedy == "run `invoke sandbox.start`"
    assert "no environment is called 'sandbox'" in found["configuration"].what
    assert not (root / ".sandbox").exists()


def test_the_release_and_the_commit_are_named(root: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert by_name(diagnose("sandbox", root))["release"].what.startswith(version)
    (root / "pyproject.toml").write_text('[project]\nversion = "7.8.9"\n')
    assert checks.release(root).what == "7.8.9", "not a clone"
    for words in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "a"],
    ):
        subprocess.run(["git", "-C", str(root), *words], check=True)
    assert re.fullmatch(r"7\.8\.9, commit [0-9a-f]{7,}", checks.release(root).what)
    (root / "pyproject.toml").write_text('[project]\nversion = "7.8.10"\n')
    assert re.fullmatch(r"7\.8\.10, commit [0-9a-f]{7,}-dirty", checks.release(root).what)


def test_an_engine_that_is_too_old_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = fake_pulumi(root / "old", "v3.10.0")
    monkeypatch.setenv("PATH", f"{old.parent}{os.pathsep}{os.environ['PATH']}")
    assert f"not using {old}" in by_name(diagnose("sandbox", root))["engine"].what


@pytest.mark.parametrize(
    ("head", "ok", "start"),
    [
        (b"\x7fELF", True, "official {version}, a pulumi-aws release, "),
        (b"#!/bin/sh\n", False, "embedded {version}, this repository's sandbox/provider, "),
    ],
)
@pytest.mark.usefixtures("engine")
def test_production_takes_the_official_provider_and_not_the_embedded_one(
    root: Path, monkeypatch: pytest.MonkeyPatch, head: bytes, ok: bool, start: str
) -> None:
    configure(root, "production")
    monkeypatch.setenv("PULUMI_HOME", str(root / "home"))
    monkeypatch.setattr(checks, "credentials", lambda _variables: Check("AWS credentials", True, ""))
    folder = root / "home" / "plugins" / f"resource-aws-v{provider_version()}"
    folder.mkdir(parents=True)
    (folder / "pulumi-resource-aws").write_bytes(head)
    (folder / "pulumi-resource-aws").chmod(0o755)
    plugin = by_name(diagnose("production", root))["AWS provider"]
    assert plugin.ok is ok
    assert plugin.what.startswith(start.format(version=provider_version()))
    assert (str(folder) in plugin.remedy) is not ok


def test_a_running_sandbox_is_all_well(root: Path, engine: Engine) -> None:
    emulator = start_emulator(root, lambda _line: None, command=stand_in())
    configure(root, "sandbox")
    layout = Layout(root)
    layout.state.mkdir()
    folder = layout.pulumi_home / "plugins" / f"resource-aws-v{provider_version()}"
    folder.mkdir(parents=True)
    program(folder / "pulumi-resource-aws", "exit 0")
    found = by_name(diagnose("sandbox", root))
    assert [name for name, check in found.items() if not check.ok] == []
    assert found["engine"].what == f"pulumi {engine.version}, on PATH, {engine.command.command}"
    packages = Path(pulumi.__file__).parent.parent
    assert found["SDK"].what == f"pulumi {sdk_version()}, pulumi-aws {provider_version()}, {packages}"
    assert found["language host"].what == f"python {engine.version}, on PATH, {engine.language_host}"
    assert found["AWS provider"].what == (
        f"embedded {provider_version()}, this repository's sandbox/provider, {folder / 'pulumi-resource-aws'}"
    )
    assert found["emulated AWS"].what == f"{emulator.url}, process {emulator.pid}, 2 accounts, 7 requests"
    assert found["configuration"].what == "3 stacks: org, identity, policies"
    assert "Go" not in found
    assert "AWS credentials" not in found


IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::210987654321:user/me</Arn><UserId>A</UserId>
<Account>210987654321</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""

EXPIRED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error>
</ErrorResponse>"""


def organization_of(management: str) -> str:
    """AWS's answer to DescribeOrganization."""
    return json.dumps({"Organization": {"Id": "o-example12345", "MasterAccountId": management}})


NOT_IN_USE = json.dumps({"__type": "AWSOrganizationsNotInUseException", "Message": "not in use"})
DENIED = json.dumps({"__type": "AccessDeniedException", "Message": "not allowed"})


@pytest.fixture
def sts() -> Iterator[dict[str, str]]:
    """An STS that answers with what `status` and `body` of the dictionary say, and Organizations with `organization`;
    `url` is the address of both."""
    answer = {"status": "200", "body": IDENTITY, "organization": NOT_IN_USE}

    class Sts(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found = answer["organization"] if self.headers["X-Amz-Target"] else answer["body"]
            self.send_response(400 if "__type" in found else int(answer["status"]))
            self.end_headers()
            self.wfile.write(found.encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Sts) as server:
        answer["url"] = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield answer
        server.shutdown()


def signed_in(url: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.mark.parametrize(
    ("organization", "ok", "what"),
    [
        (NOT_IN_USE, True, "account 210987654321, in no organization"),
        (DENIED, True, "account 210987654321"),
        (
            organization_of("210987654321"),
            True,
            "account 210987654321, the management account of organization o-example12345",
        ),
        (organization_of("123456789012"), False, "member account 210987654321 of organization o-example12345"),
    ],
)
def test_credentials_say_whose_they_are(sts: dict[str, str], organization: str, ok: bool, what: str) -> None:
    sts["organization"] = organization
    check = credentials(signed_in(sts["url"]))
    assert (check.ok, check.what) == (ok, f"{what}, arn:aws:iam::210987654321:user/me")
    assert check.remedy == ("" if ok else "sign in to its management account, 123456789012")
    # What a run asks only for the account does not ask for more.
    assert checks.caller(signed_in(sts["url"])) == {
        "account": "210987654321",
        "arn": "arn:aws:iam::210987654321:user/me",
    }


@pytest.mark.parametrize(
    ("ids", "management", "ok", "said"),
    [
        ('["210987654321"]', "210987654321", True, "the credentials of a run are its"),
        ("[210987654321]", "210987654321", False, "a number; quote it"),
        ('["123456789012"]', "123456789012", False, "environment production belongs to account 123456789012"),
        ('["210987654321"]', "123456789012", False, "must belong to the management account, which is 123456789012"),
    ],
)
@pytest.mark.usefixtures("engine")
def test_the_account_of_an_environment_is_compared_with_that_of_the_credentials(
    root: Path, sts: dict[str, str], monkeypatch: pytest.MonkeyPatch, ids: str, management: str, ok: bool, said: str
) -> None:
    configure(root, "production", f"config: {{aws:allowedAccountIds: {ids}}}\n")
    sts["organization"] = organization_of(management)
    for name, value in signed_in(sts["url"]).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(checks, "vendor_reachable", lambda: False)
    check = by_name(diagnose("production", root))["management account"]
    assert (check.ok, said in check.what) == (ok, True), check


def test_credentials_that_expired_say_so(sts: dict[str, str]) -> None:
    sts.update(status="403", body=EXPIRED)
    check = credentials(signed_in(sts["url"]))
    assert (check.ok, check.what) == (False, "ExpiredToken from STS")
    assert "aws sso login" in check.remedy


def test_no_credentials_and_an_sts_out_of_reach_say_so(tmp_path: Path) -> None:
    bare = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    assert credentials(bare).what == "Unable to locate credentials"
    refused = credentials(signed_in("http://127.0.0.1:9"))
    assert "Could not connect" in refused.what
    assert SECRET not in str(refused)


def test_a_production_environment_is_asked_for_its_own_backend_and_credentials(
    root: Path, engine: Engine, sts: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(root, "production")
    who = json.dumps({"user": "me", "url": f"postgres://me:{SECRET}@db/state?password={SECRET}"})
    program(Path(engine.command.command), f"[ $1 = whoami ] && echo '{who}' || echo v{sdk_version()}")
    for name, value in signed_in(sts["url"]).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PULUMI_HOME", str(root / "home"))
    monkeypatch.setattr(checks, "vendor_reachable", lambda: False)
    everything = diagnose("production", root)
    found = by_name(everything)
    assert found["state backend"].what == "postgres://db/state as me"
    assert found["AWS credentials"].ok
    assert not found["AWS provider"].ok
    assert f"pulumi plugin install resource aws {provider_version()}" in found["AWS provider"].remedy
    monkeypatch.setattr(checks, "vendor_reachable", lambda: True)
    plugin = by_name(diagnose("production", root))["AWS provider"]
    assert plugin.ok
    assert "the engine downloads it at the first run" in plugin.what
    assert found["configuration"].ok
    assert "emulated AWS" not in found
    assert SECRET not in str(everything)
    program(Path(engine.command.command), f"[ $1 = whoami ] && exit 255 || echo v{sdk_version()}")
    backend = by_name(diagnose("production", root))["state backend"]
    assert not backend.ok
    assert "pulumi login" in backend.remedy


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket/path?endpoint=x&secret=y", "s3://bucket/path"),
        ("https://api.pulumi.com/me", "https://api.pulumi.com/me"),
        ("file:///home/me/state", "file:///home/me/state"),
        ("postgres://me:p@ss@db:5432/state", "postgres://db:5432/state"),
    ],
)
def test_backend_addresses_are_shown_without_secrets(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
