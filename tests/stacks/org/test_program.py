"""The organization layer's program."""

from pathlib import Path
from typing import Any

import pytest

from tests.stacks.harness import MANAGEMENT, refusal, run_program
from tests.stacks.policy_files import read_from, write

ORGANIZATION = "aws:organizations/organization:Organization"
UNIT = "aws:organizations/organizationalUnit:OrganizationalUnit"
LOOKUP = "aws:organizations/getOrganization:getOrganization"
FOUND: dict[str, Any] = {
    "id": "o-found",
    "featureSet": "ALL",
    "masterAccountId": MANAGEMENT,
    "roots": [{"id": "r-found", "name": "Root", "arn": "arn", "policyTypes": []}],
    "enabledPolicyTypes": ["BACKUP_POLICY", "RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY", "TAG_POLICY"],
    "awsServiceAccessPrincipals": ["backup.amazonaws.com", "tagpolicies.tag.amazonaws.com"],
}


def test_create_makes_the_organization_with_all_that_the_policies_need() -> None:
    run = run_program("org", "sandbox", {"mode": "create", "organizationalUnits": ["Development"]})
    organization = run.one(ORGANIZATION)
    assert organization.inputs == {
        "featureSet": "ALL",
        "enabledPolicyTypes": ["BACKUP_POLICY", "RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY", "TAG_POLICY"],
        "awsServiceAccessPrincipals": ["backup.amazonaws.com", "iam.amazonaws.com", "tagpolicies.tag.amazonaws.com"],
    }
    assert organization.protect
    assert run.one(UNIT).inputs == {"name": "Development", "parentId": "r-root"}
    assert run.outputs == {
        "organizationId": "o-example",
        "managementAccountId": MANAGEMENT,
        "rootId": "r-root",
        "organizationalUnits": {"Development": "Development-id"},
    }


def test_units_nest_and_parents_are_made_once() -> None:
    settings = {"mode": "create", "organizationalUnits": ["A/B/C", "A/D"], "protect": "false"}
    run = run_program("org", "sandbox", settings)
    units = {name: (unit.inputs["name"], unit.inputs["parentId"]) for name, unit in run.of(UNIT).items()}
    assert units == {
        "A": ("A", "r-root"),
        "A/B": ("B", "A-id"),
        "A/B/C": ("C", "A/B-id"),
        "A/D": ("D", "A-id"),
    }


def test_a_unit_that_gets_a_name_stays_the_same_resource() -> None:
    units = ["A/B", {"key": "A", "name": "Alpha"}]
    run = run_program("org", "sandbox", {"mode": "create", "organizationalUnits": units})
    named = {name: (unit.inputs["name"], unit.inputs["parentId"]) for name, unit in run.of(UNIT).items()}
    assert named == {"A": ("Alpha", "r-root"), "A/B": ("B", "A-id")}
    assert run.outputs["organizationalUnits"] == {"A": "A-id", "A/B": "A/B-id"}


@pytest.mark.parametrize("protect", [True, False])
@pytest.mark.parametrize("paths", [["A"], ["A", "B"], ["A/B", "A/C", "D"]])
def test_the_organization_and_every_unit_are_protected_as_configured(protect: bool, paths: list[str]) -> None:
    settings = {"mode": "create", "organizationalUnits": paths, "protect": protect}
    run = run_program("org", "sandbox", settings)
    found = {r.name: r.protect for r in run.resources if r.type in (ORGANIZATION, UNIT)}
    names = {"organization", *paths, *(path[0] for path in paths)}
    assert found == dict.fromkeys(names, protect)
    looked_up = run_program("org", "prod", {**settings, "mode": "lookup"}, calls={LOOKUP: FOUND})
    assert {name: unit.protect for name, unit in looked_up.of(UNIT).items()} == dict.fromkeys(
        names - {"organization"}, protect
    )


def test_everything_is_protected_by_default_and_blind_to_no_change() -> None:
    run = run_program("org", "sandbox", {"mode": "create", "organizationalUnits": ["A", "B"]})
    assert {r.name for r in run.resources if r.protect} == {"organization", "A", "B"}
    assert [r.name for r in run.resources if r.ignored] == []


@pytest.mark.parametrize(
    ("additional", "services"),
    [
        ([], ["backup.amazonaws.com", "iam.amazonaws.com", "tagpolicies.tag.amazonaws.com"]),
        (
            ["sso.amazonaws.com"],
            ["backup.amazonaws.com", "iam.amazonaws.com", "sso.amazonaws.com", "tagpolicies.tag.amazonaws.com"],
        ),
        (
            ["sso.amazonaws.com", "backup.amazonaws.com", "account.amazonaws.com"],
            [
                "account.amazonaws.com",
                "backup.amazonaws.com",
                "iam.amazonaws.com",
                "sso.amazonaws.com",
                "tagpolicies.tag.amazonaws.com",
            ],
        ),
    ],
)
def test_a_created_organization_trusts_additional_services_too(additional: list[str], services: list[str]) -> None:
    settings = {"mode": "create", "organizationalUnits": ["A"], "additionalTrustedServices": additional}
    assert run_program("org", "sandbox", settings).one(ORGANIZATION).inputs["awsServiceAccessPrincipals"] == services


FEATURES = "aws:iam/organizationsFeatures:OrganizationsFeatures"


@pytest.mark.parametrize(
    ("mode", "given", "made"),
    [
        ("create", None, True),
        ("create", True, True),
        ("create", False, False),
        ("lookup", None, False),
        ("lookup", True, True),
        ("lookup", False, False),
    ],
)
def test_centralized_root_access_is_on_as_configured(mode: str, given: bool | None, made: bool) -> None:
    settings: dict[str, Any] = {"mode": mode, "organizationalUnits": ["A"]}
    if given is not None:
        settings["centralizedRootAccess"] = given
    trusted = [*FOUND["awsServiceAccessPrincipals"], "iam.amazonaws.com"]
    run = run_program("org", "prod", settings, calls={LOOKUP: {**FOUND, "awsServiceAccessPrincipals": trusted}})
    features = [resource.inputs for resource in run.of(FEATURES).values()]
    assert features == ([{"enabledFeatures": ["RootCredentialsManagement", "RootSessions"]}] if made else [])
    if mode == "create":
        # Also where it is off: turning it off needs the trusted access.
        assert "iam.amazonaws.com" in run.one(ORGANIZATION).inputs["awsServiceAccessPrincipals"]


def test_a_looked_up_organization_needs_trusted_access_for_centralized_root_access() -> None:
    settings = {"mode": "lookup", "organizationalUnits": ["A"], "centralizedRootAccess": True}
    text = refusal("org", "prod", settings, calls={LOOKUP: FOUND})
    assert "aws organizations enable-aws-service-access --service-principal iam.amazonaws.com" in text


def test_a_looked_up_organization_is_not_changed() -> None:
    settings = {"mode": "lookup", "organizationalUnits": ["A"], "additionalTrustedServices": ["sso.amazonaws.com"]}
    text = refusal("org", "prod", settings, calls={LOOKUP: FOUND})
    assert text.startswith("stacks/org/Pulumi.prod.yaml: org:additionalTrustedServices is allowed with org:mode create")


def test_lookup_makes_no_organization() -> None:
    run = run_program("org", "prod", {"mode": "lookup", "organizationalUnits": ["Development"]}, calls={LOOKUP: FOUND})
    assert run.of(ORGANIZATION) == {}
    assert run.one(UNIT).inputs["parentId"] == "r-found"
    assert run.outputs == {
        "organizationId": "o-found",
        "managementAccountId": MANAGEMENT,
        "rootId": "r-found",
        "organizationalUnits": {"Development": "Development-id"},
    }


ENABLE = {
    "all features": "aws organizations enable-all-features",
    **{
        policy_type: f"aws organizations enable-policy-type --root-id r-found --policy-type {policy_type}"
        for policy_type in ("BACKUP_POLICY", "RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY", "TAG_POLICY")
    },
    **{
        service: f"aws organizations enable-aws-service-access --service-principal {service}"
        for service in ("backup.amazonaws.com", "tagpolicies.tag.amazonaws.com")
    },
}
"""What an organization needs, and the command that turns it on."""


@pytest.mark.parametrize("off", [*[[each] for each in ENABLE], list(ENABLE)], ids=lambda off: "+".join(off))
def test_lookup_says_all_that_is_off_and_how_to_turn_it_on(off: list[str]) -> None:
    bare = {
        **FOUND,
        "featureSet": "CONSOLIDATED_BILLING" if "all features" in off else "ALL",
        "enabledPolicyTypes": [each for each in FOUND["enabledPolicyTypes"] if each not in off],
        "awsServiceAccessPrincipals": [each for each in FOUND["awsServiceAccessPrincipals"] if each not in off],
    }
    text = refusal("org", "prod", {"mode": "lookup", "organizationalUnits": ["A"]}, calls={LOOKUP: bare})
    assert text.startswith("organization o-found lacks ")
    assert {name for name, command in ENABLE.items() if f"({command})" in text} == set(off)


def test_lookup_without_an_organization_says_what_to_do() -> None:
    failed: tuple[dict[str, Any], list[tuple[str, str]]] = ({}, [("", "AWSOrganizationsNotInUseException: none")])
    text = refusal("org", "prod", {"mode": "lookup", "organizationalUnits": ["A"]}, calls={LOOKUP: failed})
    assert text.startswith("org:mode is 'lookup' and this account is in no organization; allowed: org:mode create, ")


def test_another_failure_of_the_lookup_is_not_explained_away() -> None:
    failed: tuple[dict[str, Any], list[tuple[str, str]]] = ({}, [("", "AccessDeniedException: no")])
    with pytest.raises(Exception, match="AccessDeniedException: no"):
        run_program("org", "prod", {"mode": "lookup", "organizationalUnits": ["A"]}, calls={LOOKUP: failed})


def test_lookup_does_not_mind_what_is_on_besides() -> None:
    more = {
        **FOUND,
        "enabledPolicyTypes": [*FOUND["enabledPolicyTypes"], "AISERVICES_OPT_OUT_POLICY"],
        "awsServiceAccessPrincipals": [*FOUND["awsServiceAccessPrincipals"], "sso.amazonaws.com"],
    }
    run = run_program("org", "prod", {"mode": "lookup", "organizationalUnits": ["A"]}, calls={LOOKUP: more})
    assert set(run.of(UNIT)) == {"A"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mode": "make"}, "org:mode is 'make'"),
        ({"organisationalUnits": ["A"]}, "unknown key org:organisationalUnits"),
        ({"organizationalUnits": ["A/B/C/D/E/F"]}, "6 levels; AWS allows 5"),
        ({"organizationalUnits": ["A", "A"]}, "listed twice: A"),
    ],
)
def test_bad_configuration_stops_before_any_resource(change: dict[str, Any], message: str) -> None:
    text = refusal("org", "sandbox", {"mode": "create", "organizationalUnits": ["A"], **change})
    assert message in text
    assert text.startswith("stacks/org/Pulumi.sandbox.yaml: ")


def test_a_policy_type_is_turned_on_because_a_file_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.yaml", {"type": "inspector", "content": {}, "targets": ["/"]})
    write(tmp_path, "b.yaml", {"type": "ai-services-opt-out", "content": {}, "targets": ["/"]})
    write(tmp_path, "c.yaml", {"use": "library/backup/monthly", "targets": ["/"]})
    write(tmp_path, "d.yaml", {"type": "bedrock", "content": {}, "targets": ["/"]}, environment="prod")
    read_from(tmp_path, monkeypatch)
    settings = {"mode": "create", "organizationalUnits": ["A"]}
    inputs = run_program("org", "sandbox", settings).one(ORGANIZATION).inputs
    assert inputs["enabledPolicyTypes"] == [
        *FOUND["enabledPolicyTypes"], "AISERVICES_OPT_OUT_POLICY", "INSPECTOR_POLICY",
    ]  # fmt: skip
    assert inputs["awsServiceAccessPrincipals"] == [
        "backup.amazonaws.com", "iam.amazonaws.com", "inspector2.amazonaws.com", "tagpolicies.tag.amazonaws.com",
    ]  # fmt: skip


def test_a_looked_up_organization_has_to_have_the_types_that_files_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.yaml", {"type": "inspector", "content": {}, "targets": ["/"]}, environment="prod")
    read_from(tmp_path, monkeypatch)
    settings = {"mode": "lookup", "organizationalUnits": ["A"]}
    text = refusal("org", "prod", settings, calls={LOOKUP: FOUND})
    file = "which stacks/policies/environments/prod/a.yaml needs,"
    assert text == (
        "organization o-found lacks what the stacks need; turn it on and run again: "
        f"trusted access of inspector2.amazonaws.com, {file} "
        "(aws organizations enable-aws-service-access --service-principal inspector2.amazonaws.com); "
        f"policy type INSPECTOR_POLICY, {file} "
        "(aws organizations enable-policy-type --root-id r-found --policy-type INSPECTOR_POLICY)"
    )


def test_a_file_without_a_type_stops_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.yaml", {"targets": ["/"]})
    read_from(tmp_path, monkeypatch)
    text = refusal("org", "sandbox", {"mode": "create", "organizationalUnits": ["A"]})
    assert text.startswith("stacks/policies/environments/sandbox/a.yaml: type is missing; allowed: one of ")


def test_a_type_stays_on_where_the_settings_say_so() -> None:
    settings = {"mode": "create", "organizationalUnits": ["A"], "policyTypes": ["inspector", "tag"]}
    inputs = run_program("org", "sandbox", settings).one(ORGANIZATION).inputs
    assert inputs["enabledPolicyTypes"] == [*FOUND["enabledPolicyTypes"], "INSPECTOR_POLICY"]
    assert "inspector2.amazonaws.com" in inputs["awsServiceAccessPrincipals"]
    text = refusal("org", "sandbox", {**settings, "policyTypes": ["inspectors"]})
    assert "org:policyTypes.0 is 'inspectors': no such policy type; allowed: service-control, " in text


@pytest.mark.parametrize(
    ("more", "types", "services"),
    [
        ({}, [], []),
        ({"policyTypes": ["tag"]}, ["TAG_POLICY"], []),
        ({"centralizedRootAccess": True}, [], ["iam.amazonaws.com"]),
        ({"additionalTrustedServices": ["sso.amazonaws.com"]}, [], ["sso.amazonaws.com"]),
    ],
    ids=["nothing", "type", "root-access", "service"],
)
def test_an_adopted_organization_has_on_what_is_named_alone(
    more: dict[str, Any], types: list[str], services: list[str]
) -> None:
    settings = {"mode": "create", "organizationalUnits": [], "projectFeatures": False, "centralizedRootAccess": False}
    inputs = run_program("org", "prod", settings | more).one(ORGANIZATION).inputs
    assert (inputs["enabledPolicyTypes"], inputs["awsServiceAccessPrincipals"]) == (types, services)
