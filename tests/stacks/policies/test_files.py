"""Policy files: how they are read, and what is refused before anything is changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.errors import ConfigError
from shared.layers import ROOT, StackId
from shared.policy_files import needed_types, policy_files
from shared.settings.base import parse
from stacks.policies.checks import check_policies
from stacks.policies.config import PoliciesConfig
from stacks.policies.files import library, library_paths, load
from stacks.policies.own_policies import unused
from stacks.policies.plan import plan
from stacks.policies.planned import PlannedPolicy
from tests.stacks.policy_files import CONTENT, write

STACK = StackId("policies", "sandbox")
UNITS = ["Development", "Development/Web", "Sandbox"]
PREFIX = "stacks/policies/environments/sandbox"


def settings(**keys: Any) -> PoliciesConfig:
    alone: dict[str, Any] = {"serviceControl": {"/": {"guardrails": []}}, "resourceControl": None}
    return parse(PoliciesConfig, "policies", {**alone, **keys}, "file")


def own(type_: str = "tag", **change: Any) -> dict[str, Any]:
    return {"type": type_, "content": CONTENT[type_], "targets": ["Development"], **change}


def using(path: str | list[str] = "library/backup/monthly", **change: Any) -> dict[str, Any]:
    return {"use": path, "targets": ["Development"], **change}


MONTHLY = {"regions": ["us-west-2"], "copyRegion": "us-east-1"}


def found(tmp_path: Path, content: Any, name: str = "mine.yaml", **keys: Any) -> list[str]:
    write(tmp_path, name, content)
    return check_policies(STACK, settings(**keys), UNITS, tmp_path)


def planned(tmp_path: Path, **keys: Any) -> list[PlannedPolicy]:
    files, wrong = load("sandbox", tmp_path)
    made, more = plan(settings(**keys), STACK.config_label, files, {"Shop": "210987654321"})
    assert [*wrong, *more] == []
    return made.own


@pytest.mark.parametrize("path", library_paths())
def test_every_policy_of_the_library_is_right_by_itself(path: str) -> None:
    policy = library(path)
    assert path.split("/")[1] == policy.type
    assert policy.description
    assert all(each.description for each in policy.parameters.values())


def test_a_policy_in_place_goes_to_its_targets(tmp_path: Path) -> None:
    write(tmp_path, "teams.yaml", own(targets=["/", "Development/Web", "210987654321"], description="Who"))
    (policy,) = planned(tmp_path)
    assert (policy.name, policy.type, policy.description) == ("teams", "TAG_POLICY", "Who")
    assert policy.document == CONTENT["tag"]
    assert policy.targets == ("/", "Development/Web", "210987654321")
    assert policy.source == f"{PREFIX}/teams.yaml"


def test_json_is_read_too_and_other_files_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "b.json", own())
    write(tmp_path, "a.yaml", own("service-control", name="Named"))
    write(tmp_path, "README.md", "# ours")
    write(tmp_path, "c.yaml", own(), environment="prod")
    assert [(policy.name, policy.type) for policy in planned(tmp_path)] == [
        ("Named", "SERVICE_CONTROL_POLICY"),
        ("b", "TAG_POLICY"),
    ]
    assert [file.label for file in policy_files("prod", tmp_path)] == ["stacks/policies/environments/prod/c.yaml"]
    assert policy_files("none", tmp_path) == []


def test_the_library_s_policy_is_filled_with_the_parameters(tmp_path: Path) -> None:
    write(tmp_path, "monthly.yaml", using(parameters={**MONTHLY, "vault": "Second"}, name="Ours"))
    (policy,) = planned(tmp_path)
    plan_ = policy.document["plans"]["Monthly_Backup_Plan"]
    assert plan_["regions"] == {"@@assign": ["us-west-2"]}
    assert plan_["rules"]["Monthly"]["target_backup_vault_name"] == {"@@assign": "Second"}
    assert policy.description == "Monthly backup of what is tagged BackupType=MONTHLY"


def test_several_guardrails_are_packed_and_numbered(tmp_path: Path) -> None:
    uses = ["library/service-control/root-user", "library/service-control/allowed-regions"]
    write(tmp_path, "strict.yaml", using(uses, parameters={"regions": ["us-west-2"]}))
    write(
        tmp_path,
        "z.yaml",
        {**own("service-control"), "content": None, "statements": CONTENT["service-control"]["Statement"]},
    )
    first, second = planned(tmp_path)
    assert [each["Sid"] for each in first.document["Statement"]] == ["DenyRootUser", "DenyOtherRegions"]
    assert (first.name, second.name) == ("strict-1", "z-1")
    small = {"service-control": {"characters": len(first.content) - 1}}
    assert [each.name for each in planned(tmp_path, limits=small)] == ["strict-1", "strict-2", "z-1"]


def test_an_account_is_named_in_a_parameter(tmp_path: Path) -> None:
    path = "library/resource-control/perimeter"
    write(tmp_path, "p.yaml", using(path, parameters={"trustedAccounts": ["Shop", "999999999999"]}))
    (policy,) = planned(tmp_path)
    condition = policy.document["Statement"][0]["Condition"]["StringNotEqualsIfExists"]
    assert condition["aws:PrincipalAccount"] == ["210987654321", "999999999999"]


def test_yaml_means_what_a_policy_s_author_means(tmp_path: Path) -> None:
    text = """
type: service-control
targets: [Sandbox]
content:
  Version: 2012-10-17
  Statement:
    - Effect: Deny
      Action: s3:*
      Resource: "*"
      Condition:
        Null: {aws:SourceAccount: false}
        StringEquals: {aws:PrincipalAccount: 012345678901, aws:PrincipalTag/x: on}
"""
    assert found(tmp_path, text) == []
    (policy,) = planned(tmp_path)
    assert policy.document["Version"] == "2012-10-17"
    assert policy.document["Statement"][0]["Condition"] == {
        "Null": {"aws:SourceAccount": False},
        "StringEquals": {"aws:PrincipalAccount": "012345678901", "aws:PrincipalTag/x": "on"},
    }


LONG = [f"{number:0>200}" for number in range(60)]
WRONG: list[tuple[Any, str]] = [
    ("type: tag\ncontent: {\n", "mine.yaml:2:11: not YAML: "),
    ("type: tag\ntype: backup\n", "mine.yaml:2:1: not YAML: the key 'type' is there twice"),
    ("1: x\n", "mine.yaml:1:1: not YAML: the key 1 is no text"),
    ("- a\n", "mine.yaml: allowed: a mapping of keys to values"),
    ({"targets": ["/"]}, "mine.yaml: type is missing; allowed: one of service-control, "),
    ({**own(), "type": "tags"}, "mine.yaml: type is 'tags': no such policy type; allowed: service-control, "),
    ({"type": "tag", "content": CONTENT["tag"]}, "mine.yaml: targets is missing; it is required: / for the root"),
    ({**own(), "target": ["/"]}, "mine.yaml: unknown key target"),
    ({**own(), "targets": [123456789012]}, "mine.yaml: targets.0 is '123456789012': "),
    ({**own(), "targets": ["Nowhere"]}, "mine.yaml: targets.0 names the OU 'Nowhere', which stack org does not export"),
    ({**own(), "targets": ["Sandbox", "Sandbox"]}, "listed twice: Sandbox"),
    ({**own(), "targets": [{"account": "12345"}]}, "allowed: the twelve digits of an account's id"),
    ({**own(), "description": "x" * 513}, "mine.yaml: description is "),
    ({**own(), "name": "x" * 129}, "mine.yaml: name is "),
    ({**own(), "use": "library/tag/unit-rules"}, "use and content; allowed: one of use, content, statements"),
    ({"type": "tag", "targets": ["/"]}, "no content; allowed: one of use, content, statements"),
    ({**own(), "parameters": {"a": 1}}, "parameters are allowed with use only"),
    (using("library/backup/never"), "mine.yaml: use: 'library/backup/never' is not there; allowed: library/a"),
    (using("library/storage/x"), "mine.yaml: use is 'storage': no such policy type"),
    (using("elsewhere"), "mine.yaml: use is 'elsewhere'; allowed: library/TYPE/NAME"),
    (using(parameters={"copyRegion": "us-east-1"}), ".regions is missing; allowed: regions: the"),
    (using(parameters={**MONTHLY, "region": "x"}), ".region is 'x': there is no such parameter"),
    (using(parameters={**MONTHLY, "copyRegion": "mars"}), "parameters.copyRegion is 'mars': no such region"),
    (using(parameters={**MONTHLY, "copyRegion": ["us-east-1"]}), ".copyRegion is ['us-east-1']: allowed: one region"),
    (using(parameters={**MONTHLY, "regions": "us-east-1"}), ".regions is 'us-east-1': allowed: a list of regions"),
    (using(parameters={**MONTHLY, "regions": []}), "parameters.regions is []: allowed: at least one"),
    (using(parameters={**MONTHLY, "regions": ["us-east-1"] * 2}), "'us-east-1' is listed twice"),
    (using(parameters={**MONTHLY, "vault": "a b"}), "parameters.vault is 'a b': allowed: 2 to 50 letters"),
    (
        using(["library/backup/monthly", "library/service-control/root-user"], parameters=MONTHLY),
        "use names policies of several types",
    ),
    (using(["library/tag/unit-rules", "library/tag/root-spelling"]), "use is a list; allowed: a list of service"),
    ({**own("service-control"), "content": {"Version": "2012-10-17"}}, "mine.yaml: SERVICE_CONTROL_POLICY 'mine': "),
    ({**own(), "content": {"tags": {"${x}": {"tag_key": {"@@assign": "A"}}}}}, "tags.${x} has ${x}, which is no"),
    (
        using("library/tag/unit-rules", parameters={"costCenters": LONG}),
        "TAG_POLICY 'mine' has ",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message"), WRONG)
def test_a_wrong_file_is_one_clear_error(tmp_path: Path, content: Any, message: str) -> None:
    (problem,) = found(tmp_path, content)
    assert problem.startswith(PREFIX), problem
    assert message in problem


def test_wrong_json_is_named_with_its_line(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, '{"type": "tag",\n}', "mine.json")
    assert problem.startswith(f"{PREFIX}/mine.json:2:1: not JSON: ")
    (problem,) = found(tmp_path, '{"type": "tag", "type": "tag"}', "mine.json")
    assert "the key 'type' is there twice" in problem


def test_each_of_several_wrong_files_is_named(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", using())
    problems = found(tmp_path, own(targets=["Nowhere"]), "b.yaml")
    assert [problem.partition(": ")[0].rpartition("/")[2] for problem in problems] == ["a.yaml", "a.yaml", "b.yaml"]


def test_two_policies_of_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", own(name="Same"))
    (problem,) = found(tmp_path, own("service-control", name="Same"), "b.yaml")
    assert problem.startswith(f"{PREFIX}/b.yaml: name is 'Same', which {PREFIX}/a.yaml has too; allowed: a name")
    (tmp_path / PREFIX / "b.yaml").unlink()
    (problem,) = found(tmp_path, own(name="RootTags"), "a.yaml")
    assert "which stacks/policies/Pulumi.sandbox.yaml has too" in problem


def test_what_others_attached_counts(tmp_path: Path) -> None:
    for number in range(8):
        write(tmp_path, f"p{number}.yaml", own("service-control"))
    everything = {"Development": {"guardrails": ["root-user"]}}
    assert (
        check_policies(STACK, settings(serviceControl={"/": {"guardrails": []}, **everything}), UNITS, tmp_path) == []
    )
    control = {"serviceControl": {"/": {"guardrails": []}, **everything}}
    (problem,) = check_policies(STACK, settings(**control, attachedByOthers={"service-control": 1}), UNITS, tmp_path)
    assert "p7.yaml: targets: a service control policy more than AWS allows on 'Development': 9 (" in problem
    assert "and 2 besides (FullAWSAccess and policies:attachedByOthers); allowed: 10" in problem
    raised = {"service-control": {"attached": 11}}
    assert (
        check_policies(
            STACK, settings(**control, attachedByOthers={"service-control": 1}, limits=raised), UNITS, tmp_path
        )
        == []
    )


def test_a_limit_that_aws_has_raised_is_a_setting(tmp_path: Path) -> None:
    long = using("library/tag/unit-rules", parameters={"costCenters": LONG})
    assert "AWS allows 10000" in found(tmp_path, long)[0]
    assert found(tmp_path, long, limits={"tag": {"characters": 20_000}}) == []
    (problem,) = found(tmp_path, own(), limits={"tag": {"policies": 1}})
    assert "2 policies of type tag; AWS allows 1" in problem


def test_a_parameter_without_a_place_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "mine.yaml", using(parameters=MONTHLY))
    (file,), _ = load("sandbox", tmp_path)
    assert unused(file) == []
    policy = library("library/backup/monthly")
    more = {**policy.parameters, "other": policy.parameters["regions"], "backupRole": policy.parameters["vault"]}
    changed = {"library/backup/monthly": policy.model_copy(update={"parameters": more})}
    monkeypatch.setattr(type(file), "used", changed, raising=False)
    object.__setattr__(file, "used", changed)
    assert [each.partition(": ")[2] for each in unused(file)] == [
        "parameters.other has no place in the content; allowed: ${other} there, or no such parameter",
        "parameters.backupRole: a name that this project fills in itself; allowed: another name",
    ]


def test_the_types_that_files_need_are_known_without_the_rest(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", {"type": "ai-services-opt-out", "anything": 1})
    write(tmp_path, "b.yaml", {"use": "library/backup/monthly"})
    write(tmp_path, "c.json", {"type": "tag"})
    assert needed_types("sandbox", tmp_path) == {
        "AISERVICES_OPT_OUT_POLICY": f"{PREFIX}/a.yaml",
        "BACKUP_POLICY": f"{PREFIX}/b.yaml",
        "TAG_POLICY": f"{PREFIX}/c.json",
    }
    assert needed_types("prod", tmp_path) == {}
    write(tmp_path, "d.yaml", {"type": "nothing"})
    write(tmp_path, "e.yaml", "{")
    with pytest.raises(ConfigError) as error:
        needed_types("sandbox", tmp_path)
    assert [each.partition(":")[0].rpartition("/")[2] for each in error.value.problems] == ["d.yaml", "e.yaml"]


SAMPLES: dict[str, Any] = {
    "regions": ["us-west-2", "eu-west-1"],
    "region": "us-east-1",
    "arn": "arn:aws:backup:us-east-1:210987654321:backup-vault:Central",
    "tag-key": "Team",
    "tag-values": ["Web", "Data*"],
}
"""A value of each type of parameter that has no default."""


@pytest.mark.parametrize("path", library_paths())
def test_every_policy_of_the_library_is_one_that_aws_takes(tmp_path: Path, path: str) -> None:
    required = {name: each for name, each in library(path).parameters.items() if each.default is None}
    content = using(path, parameters={name: SAMPLES[each.type] for name, each in required.items()})
    own = {"Vaulted": VAULTS["vaults"]["AirGapped"]} if path == "library/backup/air-gapped-in-account" else {}
    assert found(tmp_path, {**content, "name": "Mine"}, vaults=own) == []
    assert planned(tmp_path)


VAULTS = {"vaults": {"AirGapped": {"logicallyAirGapped": True, "minRetentionDays": 7, "maxRetentionDays": 3650}}}

EXAMPLES = sorted((ROOT / "tests/shared/organization_policies/examples").glob("*/[bg]*-*.json"))


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{each.parent.name}/{each.stem}" for each in EXAMPLES])
def test_the_examples_of_every_type_go_in_as_files(tmp_path: Path, example: Path) -> None:
    content = json.loads(example.read_text())
    file = {"type": example.parent.name, "content": content, "targets": ["Development"]}
    problems = found(tmp_path, file, "mine.json", **VAULTS if example.stem == "good-air-gapped-and-scanned" else {})
    if example.name.startswith("good"):
        assert problems == []
        (policy,) = planned(tmp_path)
        assert policy.document == content
    else:
        reason = json.loads(example.with_name("reasons.json").read_text())[example.name]
        (problem,) = problems
        assert problem.startswith(f"{PREFIX}/mine.json: ")
        assert reason in problem or "the policy is no object" in problem


def test_the_lifecycle_that_parameters_make_is_checked(tmp_path: Path) -> None:
    path = "library/backup/weekly"
    (problem,) = found(tmp_path, using(path, parameters={**MONTHLY, "deleteAfterDays": 100}))
    assert "delete_after_days is 100, and move_to_cold_storage_after_days 30" in problem


def test_a_tag_of_one_s_own(tmp_path: Path) -> None:
    given = {"key": "Team", "values": ["Web"], "requiredFor": ["ec2:instance"]}
    write(tmp_path, "team.yaml", using("library/tag/any-tag", parameters=given))
    (policy,) = planned(tmp_path)
    assert policy.document == {
        "tags": {
            "Team": {
                "tag_key": {"@@assign": "Team"},
                "tag_value": {"@@assign": ["Web"]},
                "report_required_tag_for": {"@@assign": ["ec2:instance"]},
            }
        }
    }
