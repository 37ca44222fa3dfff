"""The pack as the engine meets it: a process that says its port, and Pulumi's analyzer protocol.

https://github.com/pulumi/pulumi/blob/master/proto/pulumi/analyzer.proto
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policy_pack.planned import UNKNOWN
from policy_pack.rules import RULES
from shared.layers import ROOT
from tests.machine import program

PYTHON = ROOT / "policy_pack" / "venv" / "bin" / "python"
OUTPUTS = {
    "org": {"managementAccountId": "123456789012"},
    "policies": {"tagRules": {"Development": {"CostCenter": ["Development"], "Owner": ["*"]}}},
}


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:sandbox.developer::accounts::{type_}::{name}"


def struct(properties: Mapping[str, Any]) -> Struct:
    found = Struct()
    found.update(dict(properties))
    return found


@pytest.fixture(scope="module")
def analyzer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The pack of a copy of this project, as the language host starts it."""
    assert PYTHON.exists(), "the pack's own virtual environment is missing: make pack"
    root = tmp_path_factory.mktemp("project")
    for name in ("policy_pack", "shared", "stacks"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("venv", "__pycache__"))
    config = {"accounts:organizationalUnit": "Development", "accounts:protect": "false"}
    (root / "stacks" / "accounts" / "Pulumi.sandbox.developer.yaml").write_text(json.dumps({"config": config}))
    controls = {"Development": {"allowedRegions": ["us-east-1", "us-west-2"]}}
    (root / "stacks" / "policies" / "Pulumi.sandbox.yaml").write_text(
        json.dumps({"config": {"policies:serviceControl": controls}})
    )
    # Stands in for the engine's command, which the pack asks for the outputs of the other layers.
    for layer, outputs in OUTPUTS.items():
        (root / "stacks" / layer / "outputs.json").write_text(json.dumps(outputs))
    (root / "bin").mkdir()
    program(root / "bin" / "pulumi", "cat outputs.json")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["PATH"] = f"{root / 'bin'}{os.pathsep}{environment['PATH']}"
    with subprocess.Popen(
        [str(PYTHON), "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(root / "policy_pack")],
        cwd=root / "stacks" / "accounts",
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
        process.kill()


def analyze(analyzer: Any, type_: str, provider: Any = None, **properties: Any) -> dict[str, str]:
    """Policy → message."""
    request = analyzer_pb2.AnalyzeRequest(
        type=type_, urn=urn(type_, "it"), name="it", properties=struct(properties), provider=provider
    )
    found = analyzer.Analyze(request).diagnostics
    assert {each.enforcementLevel for each in found} <= {analyzer_pb2.MANDATORY}
    return {each.policyName: each.message for each in found}


def test_every_rule_that_the_engine_tells_enough_for(analyzer: Any) -> None:
    info = analyzer.GetAnalyzerInfo(Empty())
    policies = {each.name: each for each in info.policies}
    assert info.name == "aws-organization"
    assert set(policies) == {rule.name for rule in RULES if rule.in_pack}
    assert policies["boundary"].configSchema.properties["exempt"]["default"] == [
        "MyMonthlyBackupIamRole",
        "PreviewRole",
    ]


def test_resources(analyzer: Any) -> None:
    assert analyze(analyzer, "aws:iam/role:Role", name="Reports", permissionsBoundary=UNKNOWN) == {}
    assert analyze(analyzer, "aws:iam/role:Role", name="Reports", assumeRolePolicy=UNKNOWN) == {
        "boundary": "Every role in a member account has a permissions boundary.\n"
        "aws:iam/role:Role it: permissionsBoundary is not set; allowed: the ARN of a boundary policy of the account, "
        "such as that of WorkloadBoundary (rule boundary)"
    }
    assert list(analyze(analyzer, "aws:iam/accessKey:AccessKey", user="ada")) == ["identities"]
    assert list(analyze(analyzer, "aws:backup/vault:Vault", region="eu-central-1")) == ["regions"]
    # The stack's file turns the protection off.
    assert analyze(analyzer, "aws:organizations/account:Account", name="x") == {}


def test_what_is_held_against_the_outputs_of_other_layers(analyzer: Any) -> None:
    trusted = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "sts:AssumeRole"}]}
    inside = analyzer_pb2.AnalyzerProviderResource(
        type="pulumi:providers:aws",
        name="account-inside",
        properties=struct({"allowedAccountIds": '["210987654321"]', "defaultTags": '{"tags": {"Owner": "web"}}'}),
    )
    role = {"name": "Reports", "permissionsBoundary": "x", "assumeRolePolicy": json.dumps(trusted)}
    assert analyze(analyzer, "aws:iam/role:Role", inside, **role) == {
        "trust": "A role trusts principals of the management account and its own by their ARN, and no tokens of "
        "strangers.\naws:iam/role:Role it: assumeRolePolicy, statement 1, Principal is '999999999999'; allowed: "
        "principals of 123456789012, 210987654321 (rule trust)",
    }
    assert analyze(analyzer, "aws:backup/vault:Vault", inside, tags={"CostCenter": "Other"}) == {
        "tags": "Tags are as the tag policies of the account's OU want them.\n"
        "aws:backup/vault:Vault it: tags.CostCenter is 'Other'; allowed: Development (rule tags)",
    }


def test_the_pack_needs_only_its_own_environment() -> None:
    listed = subprocess.run(
        [str(PYTHON), "-c", "import importlib.util as u; print(u.find_spec('pulumi_aws'), u.find_spec('pydantic'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.split() == ["None", "None"]
    assert Path(ROOT / "policy_pack" / "requirements.txt").read_text().count("pulumi-policy==") == 1
