"""The organization layer's program."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from tests.program.harness import MANAGEMENT, run_program

ORGANIZATION = "aws:organizations/organization:Organization"
UNIT = "aws:organizations/organizationalUnit:OrganizationalUnit"
LOOKUP = "aws:organizations/getOrganization:getOrganization"
FOUND: dict[str, Any] = {
    "id": "o-found",
    "featureSet": "ALL",
    "masterAccountId": MANAGEMENT,
    "roots": [{"id": "r-found", "name": "Root", "arn": "arn", "policyTypes": []}],
    "enabledPolicyTypes": ["BACKUP_POLICY", "SERVICE_CONTROL_POLICY", "TAG_POLICY"],
    "awsServiceAccessPrincipals": ["backup.amazonaws.com", "tagpolicies.tag.amazonaws.com"],
}


def test_create_makes_the_organization_with_all_that_the_policies_need() -> None:
    run = run_program("org", "sandbox", {"mode": "create", "organizationalUnits": ["Development"]})
    organization = run.one(ORGANIZATION)
    assert organization.inputs == {
        "featureSet": "ALL",
        "enabledPolicyTypes": ["BACKUP_POLICY", "SERVICE_CONTROL_POLICY", "TAG_POLICY"],
        "awsServiceAccessPrincipals": ["backup.amazonaws.com", "tagpolicies.tag.amazonaws.com"],
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
    assert not any(unit.protect for unit in run.of(UNIT).values())


def test_lookup_makes_no_organization() -> None:
    run = run_program("org", "prod", {"mode": "lookup", "organizationalUnits": ["Development"]}, calls={LOOKUP: FOUND})
    assert run.of(ORGANIZATION) == {}
    assert run.one(UNIT).inputs["parentId"] == "r-found"
    assert run.outputs["organizationId"] == "o-found"


def test_lookup_says_all_that_is_off_and_how_to_turn_it_on() -> None:
    bare = {**FOUND, "enabledPolicyTypes": ["TAG_POLICY"], "awsServiceAccessPrincipals": ["backup.amazonaws.com"]}
    with pytest.raises(pulumi.RunError) as error:
        run_program("org", "prod", {"mode": "lookup", "organizationalUnits": ["A"]}, calls={LOOKUP: bare})
    text = str(error.value)
    for policy_type in ("BACKUP_POLICY", "SERVICE_CONTROL_POLICY"):
        assert f"enable-policy-type --root-id r-found --policy-type {policy_type}" in text
    assert "TAG_POLICY" not in text
    assert "enable-aws-service-access --service-principal tagpolicies.tag.amazonaws.com" in text
    assert "--service-principal backup.amazonaws.com" not in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mode": "make"}, "org:mode is 'make'"),
        ({"organisationalUnits": ["A"]}, "unknown key org:organisationalUnits"),
        ({"organizationalUnits": ["A/B/C/D/E/F"]}, "6 levels; AWS allows 5"),
        ({"organizationalUnits": ["A", "A"]}, "listed twice: A"),
        ({"organizationalUnits": []}, "org:organizationalUnits is '[]'"),
    ],
)
def test_bad_configuration_stops_before_any_resource(change: dict[str, Any], message: str) -> None:
    with pytest.raises(pulumi.RunError) as error:
        run_program("org", "sandbox", {"mode": "create", "organizationalUnits": ["A"], **change})
    assert message in str(error.value)
    assert str(error.value).startswith("stacks/org/Pulumi.sandbox.yaml: ")
