"""The settings of the rules, and the regions that an OU may use."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from policy_pack import settings
from policy_pack.allowed_regions import allowed_regions
from policy_pack.rules import RULES
from policy_pack.settings import Setting
from shared.errors import ConfigError
from shared.layers import ROOT


def write(root: Path, content: Any) -> Path:
    (root / "policy_pack").mkdir(exist_ok=True)
    (root / settings.FILE).write_text(content if isinstance(content, str) else json.dumps(content))
    return root


def test_all_rules_are_mandatory_by_default(tmp_path: Path) -> None:
    assert settings.read(tmp_path) == {rule.name: Setting("mandatory") for rule in RULES}


def test_levels_and_options(tmp_path: Path) -> None:
    given = {"tags": "advisory", "regions": "disabled", "boundary": {"exempt": ["Reports"]}}
    given["trust"] = {"enforcementLevel": "advisory", "trustedAccounts": ["999999999999"]}
    found = settings.read(write(tmp_path, given))
    assert found["tags"] == Setting("advisory")
    assert found["regions"] == Setting("disabled")
    assert found["boundary"] == Setting("mandatory", {"exempt": ["Reports"]})
    assert found["trust"] == Setting("advisory", {"trustedAccounts": ["999999999999"]})
    assert found["secrets"] == Setting("mandatory")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{", "policy_pack/settings.json is not JSON: Expecting property name"),
        ([], "policy_pack/settings.json is []; allowed: a map of rules"),
        ({"tag": "advisory"}, "tag is no rule; allowed: boundary, trust, identities, protection, tags, regions, "),
        ({"tags": "off"}, "policy_pack/settings.json: tags is 'off'; allowed: mandatory, advisory, disabled"),
        ({"tags": {"exempt": []}}, "policy_pack/settings.json: tags has 'exempt'; allowed: enforcementLevel"),
        (
            {"trust": {"trustedAccounts": "999999999999"}},
            "trust.trustedAccounts is '999999999999'; allowed: a list of other accounts whose principals",
        ),
        ({"trust": {"trustedAccounts": ["x"]}}, "trust.trustedAccounts is ['x']; allowed: a list of "),
        ({"boundary": {"exempt": [7]}}, "boundary.exempt is [7]; allowed: a list of names of roles"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, given: Any, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        settings.read(write(tmp_path, given))
    assert said in str(error.value)


def policies(root: Path, controls: Any = None, **files: Any) -> Path:
    """A repository with the policies of the environment prod: the short form, and policy files by name."""
    folder = root / "stacks" / "policies"
    shutil.copytree(ROOT / "stacks" / "policies" / "library", folder / "library")
    (folder / "Pulumi.prod.yaml").write_text(json.dumps({"config": {"policies:serviceControl": controls or {}}}))
    (folder / "environments" / "prod").mkdir(parents=True)
    for name, content in files.items():
        (folder / "environments" / "prod" / f"{name}.yaml").write_text(json.dumps(content))
    return root


def denies(operator: str = "StringNotEquals", **other: Any) -> dict[str, Any]:
    condition = {operator: {"aws:RequestedRegion": ["eu-west-1", "eu-north-1"]}}
    return {"Effect": "Deny", "NotAction": ["iam:*"], "Resource": "*", "Condition": condition, **other}


USE = "library/service-control/allowed-regions"
EUROPE = ["eu-west-1", "eu-north-1"]
OWN_FILES: dict[str, dict[str, Any]] = {
    "of the library": {"use": USE, "parameters": {"regions": EUROPE}},
    "among others of the library": {
        "use": ["library/service-control/root-user", USE],
        "parameters": {"regions": EUROPE},
    },
    "statements": {"type": "service-control", "statements": [denies()]},
    "content": {"type": "service-control", "content": {"Version": "2012-10-17", "Statement": denies()}},
    "every action": {
        "type": "service-control",
        "statements": [{key: value for key, value in {**denies(), "Action": "*"}.items() if key != "NotAction"}],
    },
    "all but the access role": {
        "type": "service-control",
        "statements": [
            denies(
                Condition={
                    **denies()["Condition"],
                    "ArnNotLike": {"aws:PrincipalARN": "arn:aws:iam::*:role/OrganizationAccountAccessRole"},
                }
            )
        ],
    },
}


@pytest.mark.parametrize("targets", [["/"], ["Workloads"], ["Workloads/Web"], [{"account": "Shop"}]], ids=str)
@pytest.mark.parametrize("kind", OWN_FILES)
def test_policy_files_count(tmp_path: Path, kind: str, targets: Any) -> None:
    root = policies(tmp_path, mine={**OWN_FILES[kind], "targets": targets})
    found = allowed_regions(root, "prod", "Workloads/Web", "Shop")
    assert found
    assert found.allowed == tuple(EUROPE)
    assert found.sources == ("stacks/policies/environments/prod/mine.yaml",)
    assert (allowed_regions(root, "prod", "Sandbox", "Desk") is not None) == (targets == ["/"])


@pytest.mark.parametrize(
    "content",
    [
        {"type": "service-control", "statements": [{**denies(), "Effect": "Allow"}]},
        {"type": "service-control", "statements": [{**denies(), "Resource": "arn:aws:s3:::x"}]},
        {"type": "service-control", "statements": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]},
        {
            "type": "service-control",
            "statements": [
                denies(Condition={**denies()["Condition"], "StringEquals": {"aws:PrincipalTag/Team": "web"}})
            ],
        },
        {"type": "tag", "content": {"tags": {}}},
        {"use": "library/service-control/root-user"},
        {"use": "library/tag/any-tag", "parameters": {"key": "x"}},
        {"use": "library/service-control/nothing"},
        ["no", "mapping"],
    ],
    ids=str,
)
def test_other_policies_say_nothing_of_regions(tmp_path: Path, content: Any) -> None:
    mine = {**content, "targets": ["/"]} if isinstance(content, dict) else content
    assert allowed_regions(policies(tmp_path, mine=mine), "prod", "Workloads") is None


def test_the_short_form_and_files_count_together(tmp_path: Path) -> None:
    patterns = denies("StringNotLike", Condition={"StringNotLike": {"aws:RequestedRegion": "eu-*"}})
    mine = {"type": "service-control", "statements": [patterns], "targets": ["Workloads"]}
    found = allowed_regions(policies(tmp_path, CONTROLS, mine=mine), "prod", "Workloads")
    assert found
    assert found.allowed == ("eu-west-1",)
    assert found.sources == (
        "policies:serviceControl in stacks/policies/Pulumi.prod.yaml",
        "stacks/policies/environments/prod/mine.yaml",
    )
    alone = allowed_regions(policies(tmp_path / "alone", mine=mine), "prod", "Workloads")
    assert alone
    assert [alone.allow(region) for region in ("eu-north-1", "us-east-1")] == [True, False]


def test_a_policy_of_the_library_that_somebody_changed_is_read_as_it_is(tmp_path: Path) -> None:
    root = policies(tmp_path, CONTROLS)
    file = root / "stacks" / "policies" / f"{USE}.yaml"
    file.write_text(file.read_text().replace("Effect: Deny", "Effect: Allow"))
    assert allowed_regions(root, "prod", "Workloads") is None


CONTROLS = {
    "/": {"allowedRegions": ["us-east-1", "us-west-2", "eu-west-1"]},
    "Workloads": {"allowedRegions": ["eu-west-1", "us-east-1", "ap-south-1"]},
    "Workloads/Web": {"allowedRegions": ["us-east-1"]},
    "Workloads/Open": {"guardrails": []},
}


@pytest.mark.parametrize(
    ("unit", "regions"),
    [
        ("Workloads/Web", ("us-east-1",)),
        ("Workloads/Open", ("us-east-1", "eu-west-1")),
        ("Workloads", ("us-east-1", "eu-west-1")),
        ("Sandbox", ("us-east-1", "us-west-2", "eu-west-1")),
        (None, None),
    ],
)
def test_each_level_must_allow_a_region(tmp_path: Path, unit: str | None, regions: Any) -> None:
    found = allowed_regions(policies(tmp_path, CONTROLS), "prod", unit)
    assert (found and found.allowed) == regions
    assert allowed_regions(tmp_path, "test", unit) is None


def test_the_regions_of_the_sandbox() -> None:
    found = allowed_regions(ROOT, "sandbox", "Development")
    assert found
    assert found.allowed == ("us-east-1", "us-west-2")
    assert found.sources == ("policies:serviceControl in stacks/policies/Pulumi.sandbox.yaml",)


@pytest.mark.parametrize("content", ["{", "", "config: 7", "config: {policies:serviceControl: no}"])
def test_a_file_that_says_nothing_allows_all(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "stacks" / "policies"
    folder.mkdir(parents=True)
    (folder / "Pulumi.prod.yaml").write_text(content)
    assert allowed_regions(tmp_path, "prod", "Development") is None
