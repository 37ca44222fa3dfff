"""The settings of Pulumi Deployments and its webhooks: the graph's order, whatever accounts there are."""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from automation import configuration
from automation.workflows import command, deployments
from automation.workflows.source import Source
from engine.go_tool import go_build
from shared import layers
from shared.errors import UsageError
from shared.layers import ROOT, Layer, StackId, discover, graph
from shared.yaml_files import Dumper
from tests.configuration import MANAGEMENT_ACCOUNT, write_production, write_sandbox

HERE = Path(__file__).parent
SOURCE = Source("acme/infrastructure", organization="acme")
DOCUMENT = (ROOT / "docs" / "deployments-and-operator.md").read_text()

Requests = dict[str, Any]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_production(write_sandbox(tmp_path / "root"))


def written(root: Path, source: Source = SOURCE) -> Requests:
    """Path of the request → its body."""
    command.write_deployments(str(root / "deployments"), ["prod"], source, root)
    files = sorted((root / "deployments").rglob("*.json"))
    return {str(each.relative_to(root / "deployments")): json.loads(each.read_text()) for each in files}


def settings(requests: Requests) -> dict[str, Any]:
    """`project/stack` → settings."""
    ends = "/deployments/settings.json"
    return {
        name.removeprefix("api/stacks/acme/").removesuffix(ends): body
        for name, body in requests.items()
        if name.endswith(ends)
    }


@pytest.fixture(scope="session")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that reads requests with the types of Pulumi's own SDK."""
    if shutil.which("go") is None:
        pytest.skip("needs Go")
    built = tmp_path_factory.mktemp("pulumi_cloud") / "decoder"
    go_build(HERE / "pulumi_cloud", built, ".", "", print)
    return built


def again(decoder: Path, requests: Sequence[tuple[str, Any]]) -> list[Any]:
    lines = "".join(json.dumps({"type": kind, "body": body}) + "\n" for kind, body in requests)
    done = subprocess.run([decoder], input=lines, capture_output=True, text=True, timeout=60, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_pulumi_s_own_types_know_every_field(root: Path, decoder: Path) -> None:
    requests = [("webhook" if "/hooks/" in name else "settings", body) for name, body in written(root).items()]
    assert again(decoder, requests) == [body for _kind, body in requests]


def test_a_field_that_they_do_not_know_would_be_noticed(root: Path, decoder: Path) -> None:
    (body, *_) = settings(written(root)).values()
    unknown = {**body, "gitHub": {**body["gitHub"], "deployCommit": True}}
    wrong = {**body, "gitHub": {**body["gitHub"], "paths": "stacks"}}
    first, second = again(decoder, [("settings", unknown), ("settings", wrong)])
    assert first == body
    assert "error" in second


def test_each_stack_is_given_the_role_of_its_layer_and_no_key(root: Path) -> None:
    found = settings(written(root))
    roles = {name: body["operationContext"]["oidc"]["aws"]["roleArn"] for name, body in found.items()}
    assert {name: arn.rpartition("/")[2] for name, arn in roles.items()} == {
        "org/prod": "DeployOrg",
        "identity/prod": "DeployIdentity",
        "policies/prod": "DeployPolicies",
        "accounts/prod.developer": "DeployAccounts",
        "accounts/prod.shared-test": "DeployAccounts",
    }
    for name, body in found.items():
        assert roles[name].startswith(f"arn:aws:iam::{MANAGEMENT_ACCOUNT}:role/")
        assert body["sourceContext"]["git"]["repoDir"] == f"stacks/{name.partition('/')[0]}"
        assert "environmentVariables" not in body["operationContext"]
        assert not body["gitHub"]["previewPullRequests"]


def test_only_the_first_is_started_by_a_push(root: Path) -> None:
    found = settings(written(root))
    assert [name for name, body in found.items() if body["gitHub"]["deployCommits"]] == ["org/prod"]


def test_a_webhook_starts_the_next_when_one_is_done(root: Path) -> None:
    hooks = {name: body for name, body in written(root).items() if "/hooks/" in name}
    assert {f"{body['projectName']}/{body['stackName']} {body['payloadUrl']}" for body in hooks.values()} == {
        "org/prod identity/prod",
        "identity/prod policies/prod",
        "policies/prod accounts/prod.developer",
        "policies/prod accounts/prod.shared-test",
    }
    for name, body in hooks.items():
        assert name == f"api/stacks/acme/{body['projectName']}/{body['stackName']}/hooks/{body['name']}.json"
        assert (body["format"], body["filters"]) == ("pulumi_deployments", ["update_succeeded"])


def held(stacks: Sequence[StackId]) -> None:
    """The chain is without a circle, and whoever is started, all that it reads is done."""
    starters = deployments.chain(stacks)
    assert len(starters) == max(len(stacks) - 1, 0)
    for stack, reads in graph(stacks).items():
        before, at = [], stack
        while at in starters:
            at = starters[at]
            assert at not in before
            before.append(at)
        assert reads <= set(before)


@given(st.sets(st.from_regex(r"[a-z0-9]([a-z0-9_-]{0,12}[a-z0-9])?", fullmatch=True), max_size=20))
def test_what_a_stack_reads_is_before_it_in_the_chain(accounts: set[str]) -> None:
    shared = [StackId(layer, "prod") for layer in ("org", "identity", "policies")]
    held([*shared, *(StackId("accounts", "prod", name) for name in sorted(accounts))])


def test_a_layer_and_an_account_that_are_added_have_their_place(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = dict(layers.LAYERS)
    accounts = known.pop("accounts")
    reading = Layer("accounts", reads=(*accounts.reads, "network"), summary="", per_account=True)
    monkeypatch.setattr(
        layers, "LAYERS", {**known, "network": Layer("network", reads=("org",), summary=""), "accounts": reading}
    )
    for stack in (StackId("network", "prod"), StackId("accounts", "prod", "web-shop")):
        file = stack.config_file(root)
        file.parent.mkdir(exist_ok=True)
        file.write_text("config: {}\n")
    stacks = discover("prod", root)
    held(stacks)
    starters = deployments.chain(stacks)
    assert starters[StackId("network", "prod")] == StackId("policies", "prod")
    assert starters[StackId("accounts", "prod", "web-shop")] == StackId("network", "prod")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (Source("acme/infrastructure"), "--organization is missing"),
        (Source(organization="acme"), "--repository is missing"),
        (Source("https://gitlab.com/acme/a", organization="acme"), "allowed: OWNER/NAME of GitHub"),
    ],
    ids=["organization", "repository", "gitlab"],
)
def test_what_is_missing_or_wrong_is_one_error(root: Path, source: Source, said: str) -> None:
    with pytest.raises(UsageError) as refusal:
        written(root, source)
    assert said in str(refusal.value)
    assert not (root / "deployments").exists()


class PulumiCloud(http.server.ThreadingHTTPServer):
    """The four calls of the REST API that the document makes, and nothing else."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.kept: Requests = {}


class Handler(http.server.BaseHTTPRequestHandler):
    server: PulumiCloud

    def do_PUT(self) -> None:
        self._keep(self.path, re.fullmatch(r"/api/stacks/acme/[^/]+/[^/]+/deployments/settings", self.path) is not None)

    def do_PATCH(self) -> None:
        self._keep(self.path, self.path in self.server.kept and "/hooks/" in self.path)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.peek())  # type: ignore[attr-defined]
        path = f"{self.path}/{body['name']}"
        self._keep(path, self.path.endswith("/hooks") and path not in self.server.kept)

    def _keep(self, path: str, known: bool) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        signed_in = self.headers["Authorization"] == "token pul-1"
        if known and signed_in:
            self.server.kept[path] = body
        self.send_response(200 if known and signed_in else 404 if signed_in else 401)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def cloud() -> Iterator[PulumiCloud]:
    with PulumiCloud() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_the_documents_requests_send_it_all_and_may_be_repeated(root: Path, cloud: PulumiCloud) -> None:
    requests = written(root)
    (script,) = re.findall(r"```bash\n(.*?)```", DOCUMENT, re.DOTALL)
    known = {"PULUMI_ACCESS_TOKEN": "pul-1", "PULUMI_BACKEND_URL": f"http://127.0.0.1:{cloud.server_port}"}

    def sent(**more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=root, env={**os.environ, **known, **more},
                              capture_output=True, text=True, timeout=60, check=False)  # fmt: skip

    for _twice in range(2):
        done = sent()
        assert (done.returncode, done.stderr) == (0, "")
        assert cloud.kept == {f"/{name.removesuffix('.json')}": body for name, body in requests.items()}
    assert sent(PULUMI_ACCESS_TOKEN="pul-2").returncode != 0


@pytest.mark.parametrize("number", [0, 1], ids=["deployments", "operator"])
def test_the_documents_trust_is_one_that_identity_takes(root: Path, number: int) -> None:
    keys = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)[number])
    file = StackId("identity", "prod").config_file(root)
    document = yaml.safe_load(file.read_text())
    document["config"] |= keys
    file.write_text(yaml.dump(document, Dumper=Dumper))
    configuration.check(discover("prod", root), root)
