"""The program with policy files of its environment."""

from pathlib import Path
from typing import Any

import pytest

from stacks.policies.accounts import resolve
from tests.stacks.harness import Run, refusal, run_program
from tests.stacks.policy_files import CONTENT, read_from, write
from tests.stacks.samples import ORG

POLICY = "aws:organizations/policy:Policy"
ATTACHMENT = "aws:organizations/policyAttachment:PolicyAttachment"
LOOKUP = "aws:organizations/getOrganization:getOrganization"
ALONE: dict[str, Any] = {"serviceControl": {"/": {"guardrails": []}}, "resourceControl": None}
ACCOUNTS = {"accounts": [{"id": "210987654321", "name": "Shop"}, {"id": "310987654321", "name": "Data"}]}


def run(root: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Run:
    read_from(root, monkeypatch)
    return run_program("policies", "sandbox", ALONE, upstream={"org": ORG}, **options)


def attached(done: Run) -> list[tuple[str, str]]:
    return sorted(
        (a.inputs["policyId"].removesuffix("-id"), a.inputs["targetId"]) for a in done.of(ATTACHMENT).values()
    )


def test_a_file_of_each_type_is_attached_to_its_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for type_, content in CONTENT.items():
        write(tmp_path, f"{type_}.yaml", {"type": type_, "content": content, "targets": ["/", "Development/Web"]})
    done = run(tmp_path, monkeypatch)
    assert attached(done) == sorted(
        [("RootTags", "r-root"), *((type_, target) for type_ in CONTENT for target in ("r-root", "ou-web"))]
    )
    made = {name: each for name, each in done.of(POLICY).items() if name != "RootTags"}
    assert {each.inputs["type"] for each in made.values()} == {
        "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "TAG_POLICY", "AISERVICES_OPT_OUT_POLICY",
    }  # fmt: skip
    component = "pulumi:pulumi:Stack$aws-organization:policies:OwnPolicies::own"
    assert {each.parent for each in made.values()} == {component}
    assert made["tag"].inputs["description"] == "From tag.yaml"


def test_without_files_there_is_no_component_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert attached(run(tmp_path, monkeypatch)) == [("RootTags", "r-root")]


def test_the_organization_s_id_is_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "edge.yaml", {"use": "library/resource-control/perimeter", "targets": ["Sandbox"]})
    content = run(tmp_path, monkeypatch).of(POLICY)["edge"].inputs["content"]
    assert '"aws:PrincipalOrgID":"o-example"' in content
    assert "organizationId" not in content


def test_accounts_are_looked_up_by_id_and_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    targets = ["310987654321", {"account": "Shop"}]
    write(tmp_path, "a.yaml", {"type": "tag", "content": CONTENT["tag"], "targets": targets})
    uses = {"use": "library/resource-control/perimeter", "parameters": {"trustedAccounts": ["Data", "999999999999"]}}
    write(tmp_path, "b.yaml", {**uses, "targets": ["/"]})
    done = run(tmp_path, monkeypatch, calls={LOOKUP: ACCOUNTS})
    assert attached(done) == [("RootTags", "r-root"), ("a", "210987654321"), ("a", "310987654321"), ("b", "r-root")]
    assert '"aws:PrincipalAccount":["310987654321","999999999999"]' in done.of(POLICY)["b"].inputs["content"]


def test_an_account_that_does_not_exist_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.yaml", {"type": "tag", "content": CONTENT["tag"], "targets": [{"account": "Shops"}]})
    read_from(tmp_path, monkeypatch)
    text = refusal("policies", "sandbox", ALONE, upstream={"org": ORG}, calls={LOOKUP: ACCOUNTS})
    assert text == (
        "stacks/policies/environments/sandbox/a.yaml: targets.0 names the account 'Shops', which is not in the "
        "organization; allowed: an account that exists, such as Data, Shop"
    )


def test_a_name_that_several_accounts_have_is_refused() -> None:
    _, (problem,) = resolve([("f", "targets.0", "Shop")], {"1" * 12: "Shop", "2" * 12: "Shop"})
    assert problem == (
        "f: targets.0 names the account 'Shop', which 2 accounts are called; allowed: one of their ids, "
        "111111111111, 222222222222"
    )


@pytest.mark.parametrize("preview", [False, True])
def test_a_wrong_file_stops_the_program_before_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, preview: bool
) -> None:
    write(tmp_path, "a.yaml", {"type": "tag", "content": CONTENT["tag"], "targets": ["Nowhere"]})
    read_from(tmp_path, monkeypatch)
    text = refusal("policies", "sandbox", ALONE, upstream={"org": ORG}, preview=preview)
    assert "a.yaml: targets.0 names the OU 'Nowhere', which stack org does not export" in text
    write(tmp_path, "a.yaml", "{")
    assert "a.yaml:1:2: not YAML" in refusal("policies", "sandbox", ALONE, upstream={"org": ORG})


def test_a_preview_before_the_organization_exists_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.yaml", {"type": "tag", "content": CONTENT["tag"], "targets": ["/", "Development"]})
    read_from(tmp_path, monkeypatch)
    assert "a" in run_program("policies", "sandbox", ALONE, preview=True).of(POLICY)
