"""The resources of the Pulumi Kubernetes Operator: the graph as prerequisites, whatever accounts there are."""

from __future__ import annotations

import graphlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from automation.workflows import command, kubernetes_operator
from automation.workflows.kubernetes_operator import account_name, resource_name
from automation.workflows.source import Source
from automation.workflows.targets import Target
from shared import layers
from shared.errors import ConfigError, UsageError
from shared.layers import Layer, StackId, discover, graph
from tests.automation.workflows import operator_schema as schema
from tests.configuration import MANAGEMENT_ACCOUNT, write_production, write_sandbox

SOURCE = Source("acme/infrastructure", backend="s3://acme-states?region=eu-west-1")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PINNED = Source("acme/infrastructure", backend=SOURCE.backend, commit=COMMIT)
CLOUD = Source("https://gitlab.com/acme/infrastructure.git", organization="acme", namespace="infrastructure")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_production(write_sandbox(tmp_path / "root"))


def targets_of(stacks: Sequence[StackId]) -> list[Target]:
    reads = graph(stacks)
    return [Target(stack, tuple(sorted(reads[stack])), MANAGEMENT_ACCOUNT, None) for stack in stacks]


def resources(targets: Sequence[Target], source: Source = SOURCE) -> list[dict[str, Any]]:
    (text,) = kubernetes_operator.files({"prod": targets}, source).values()
    return list(yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def stacks(found: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each["spec"] for each in found if each["kind"] == "Stack"}


def prerequisites(found: Sequence[dict[str, Any]]) -> dict[str, set[str]]:
    return {name: {each["name"] for each in spec["prerequisites"]} for name, spec in stacks(found).items()}


def written(root: Path, source: Source = SOURCE) -> list[dict[str, Any]]:
    command.write_operator(str(root / "operator"), ["prod"], source, root)
    return list(yaml.safe_load_all((root / "operator" / "prod.yaml").read_text()))


@pytest.mark.parametrize("source", [SOURCE, PINNED, CLOUD], ids=["branch", "commit", "cloud"])
def test_they_are_of_the_published_form(root: Path, source: Source) -> None:
    found = stacks(written(root, source))
    published = schema.published("pulumi.com_stacks.yaml", "v1")
    workspace = schema.published("auto.pulumi.com_workspaces.yaml", "v1alpha1")
    for name, spec in found.items():
        metadata = {"name": name, "namespace": source.namespace}
        made = {"apiVersion": "pulumi.com/v1", "kind": "Stack", "metadata": metadata, "spec": spec}
        assert made in written(root, source)
        jsonschema.validate(made, schema.STACK)
        # What the operator makes of the template.
        own = spec["workspaceTemplate"]["spec"]
        made = {"apiVersion": "auto.pulumi.com/v1alpha1", "kind": "Workspace", "metadata": metadata, "spec": own}
        jsonschema.validate(made, schema.WORKSPACE)
        for known, document in ((published, spec), (workspace, own)):
            if known:
                assert [each.message for each in jsonschema.Draft202012Validator(known).iter_errors(document)] == []


def test_another_form_would_be_noticed(root: Path) -> None:
    (first, *_) = (each for each in written(root) if each["kind"] == "Stack")
    mistakes: list[dict[str, Any]] = [
        {"prerequisite": []},
        {"destroyOnFinalize": "no"},
        {"prerequisites": ["org-prod"]},
        {"stack": None},
    ]
    for wrong in mistakes:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**first, "spec": {**first["spec"], **wrong}}, schema.STACK)


@pytest.mark.parametrize(
    ("file", "version", "own"),
    [
        ("pulumi.com_stacks.yaml", "v1", schema.STACK_SPEC),
        ("auto.pulumi.com_workspaces.yaml", "v1alpha1", schema.WORKSPACE_SPEC),
    ],
    ids=["stack", "workspace"],
)
def test_the_facts_are_those_that_are_published(file: str, version: str, own: dict[str, Any]) -> None:
    published = schema.published(file, version)
    if published is None:
        pytest.skip("needs the operator's CustomResourceDefinitions: PULUMI_OPERATOR_CRDS")
    assert list(schema.differences(own, published)) == []


def test_each_layer_has_its_own_role_and_no_key(root: Path) -> None:
    found = written(root)
    roles = {
        each["metadata"]["name"]: each["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
        for each in found
        if each["kind"] == "ServiceAccount"
    }
    used = {spec["repoDir"].rpartition("/")[2]: spec["serviceAccountName"] for spec in stacks(found).values()}
    assert {layer: roles[name] for layer, name in used.items()} == {
        layer: f"arn:aws:iam::{MANAGEMENT_ACCOUNT}:role/Deploy{layer.capitalize()}" for layer in layers.LAYERS
    }
    bound = {each["subjects"][0]["name"] for each in found if each["kind"] == "ClusterRoleBinding"}
    assert bound == set(roles)
    assert "AWS_ACCESS_KEY" not in str(found)


def test_nothing_is_destroyed_and_no_pod_stays(root: Path) -> None:
    for spec in stacks(written(root)).values():
        assert spec["destroyOnFinalize"] is False
        assert spec["workspaceReclaimPolicy"] == "Delete"


def test_a_commit_is_what_is_deployed_or_else_the_branch(root: Path) -> None:
    for spec in stacks(written(root, PINNED)).values():
        assert spec["commit"] == COMMIT
        assert "branch" not in spec
        assert all("requirement" not in each for each in spec["prerequisites"])
    for spec in stacks(written(root)).values():
        assert spec["branch"] == "main"
        assert all(each["requirement"] == {"succeededWithinDuration": "1h"} for each in spec["prerequisites"])


def test_the_secret_is_what_the_backend_needs(root: Path) -> None:
    def keys(source: Source) -> set[str]:
        return {name for spec in stacks(written(root, source)).values() for name in spec.get("envRefs", {})}

    assert keys(SOURCE) == {"PULUMI_CONFIG_PASSPHRASE"}
    assert keys(CLOUD) == {"PULUMI_ACCESS_TOKEN"}
    named = StackId("org", "prod").config_file(root)
    named.write_text(f"secretsprovider: passphrase\n{named.read_text()}")
    assert all("secretsProvider" not in spec for spec in stacks(written(root)).values())
    provider = "awskms://alias/pulumi?region=eu-west-1"
    for file in (root / "stacks").glob("*/Pulumi.prod*.yaml"):
        text = file.read_text().removeprefix("secretsprovider: passphrase\n")
        file.write_text(f"secretsprovider: {provider}\n{text}")
    assert keys(SOURCE) == set()
    assert {spec["secretsProvider"] for spec in stacks(written(root)).values()} == {provider}


def test_an_account_that_is_added_waits_for_what_it_reads(root: Path) -> None:
    before = prerequisites(written(root))
    old = StackId("accounts", "prod", "developer").config_file(root)
    new = StackId("accounts", "prod", "web-shop").config_file(root)
    new.write_text(old.read_text().replace("DeveloperAccount", "WebShop").replace("developer-account@", "web-shop@")
                   .replace("resourceNamesPrefix: dev", "resourceNamesPrefix: shop"))  # fmt: skip
    after = prerequisites(written(root))
    assert after == {**before, "accounts-prod-web-shop": {"org-prod", "identity-prod", "policies-prod"}}


def test_a_layer_that_is_added_is_waited_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = dict(layers.LAYERS)
    accounts = known.pop("accounts")
    network = Layer("network", reads=("org",), summary="")
    reading = Layer("accounts", reads=(*accounts.reads, "network"), summary="", per_account=True)
    monkeypatch.setattr(layers, "LAYERS", {**known, "network": network, "accounts": reading})
    file = StackId("network", "prod").config_file(root)
    file.parent.mkdir()
    file.write_text("config: {}\n")
    found = prerequisites(resources(targets_of(discover("prod", root))))
    assert found["network-prod"] == {"org-prod"}
    assert found["accounts-prod-developer"] == {"org-prod", "identity-prod", "policies-prod", "network-prod"}


NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?", fullmatch=True)


@given(st.sets(NAMES, max_size=8))
def test_prerequisites_are_the_graph_and_have_no_circle(accounts: set[str]) -> None:
    chosen = [StackId(layer, "prod") for layer in ("org", "identity", "policies")]
    chosen += [StackId("accounts", "prod", name) for name in sorted(accounts)]
    found = prerequisites(resources(targets_of(chosen)))
    wanted = {resource_name(stack): {resource_name(up) for up in ups} for stack, ups in graph(chosen).items()}
    assert found == wanted
    seen: set[str] = set()
    for name in found:  # `kubectl apply` goes through the file in its order
        assert found[name] <= seen
        seen.add(name)
    assert set(graphlib.TopologicalSorter(found).static_order()) == set(found)


def refused(*names: str) -> Iterator[Target]:
    yield from targets_of([StackId("org", "prod"), *(StackId("accounts", "prod", name) for name in names)])


def test_names_that_kubernetes_does_not_have_are_refused() -> None:
    with pytest.raises(
        UsageError, match=r"web_shop.yaml and .*web-shop.yaml would both be the resource accounts-prod-web"
    ):
        resources(list(refused("web-shop", "web_shop")))
    with pytest.raises(UsageError, match="has 54 characters; allowed: 53"):
        resources(list(refused("a" * 40)))
    assert account_name(StackId("org", "pre_prod")) == "org-pre-prod"


@pytest.mark.parametrize("key", ["aws:profile: accounts", 'aws:accessKey: "AKIA"'])
def test_a_file_with_credentials_of_its_own_is_refused(root: Path, key: str) -> None:
    file = StackId("accounts", "prod", "developer").config_file(root)
    file.write_text(file.read_text().replace("config:\n", f"config:\n  {key}\n"))
    with pytest.raises(ConfigError, match=r"Pulumi.prod.developer.yaml: aws:\w+ is set; allowed: none"):
        written(root)
    assert not (root / "operator").exists()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (Source(), "--repository is missing"),
        (Source("acme"), "--repository is 'acme'"),
        (Source("acme/infrastructure"), "--backend is missing"),
        (Source("acme/infrastructure", backend="file:///tmp"), "--backend is 'file:///tmp'"),
        (Source("acme/infrastructure", backend="https://api.pulumi.com"), "--organization is missing"),
        (Source("acme/infrastructure", backend="s3://a", commit="main"), "--commit is 'main'; allowed: the 40 digits"),
        (Source("acme/infrastructure", backend="s3://a", namespace="A"), "--namespace is 'A'"),
    ],
    ids=["nothing", "repository", "backend", "folder", "organization", "commit", "namespace"],
)
def test_what_is_missing_or_wrong_is_one_error(root: Path, source: Source, said: str) -> None:
    with pytest.raises(UsageError) as refusal:
        written(root, source)
    assert said in str(refusal.value)
    assert not (root / "operator").exists()
