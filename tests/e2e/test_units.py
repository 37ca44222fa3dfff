"""The life of organizational units, accounts and users after the first deployment. The tests build on each other."""

import json
from typing import Any

import pytest

from tests.e2e.project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("deployed")]

ORG = "org/Pulumi.sandbox.yaml"


def changes(project: Project, command: str, *options: str) -> dict[str, set[tuple[str, str]]]:
    """Stack → resource and change, of everything that the command changes, or would change."""
    file = project.root / "report.json"
    project.invoke(command, *options, "--report", str(file))
    stacks: list[dict[str, Any]] = json.loads(file.read_text())["stacks"]
    return {
        each["label"]: {(change["urn"].rpartition("::")[2], change["what"]) for change in each["changes"]}
        for each in stacks
        if each["changes"]
    }


def units(project: Project) -> dict[str, str]:
    """Name → id of the OUs directly under the root, as AWS has them."""
    organizations = project.aws("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    pages = organizations.get_paginator("list_organizational_units_for_parent").paginate(ParentId=root)
    return {unit["Name"]: unit["Id"] for page in pages for unit in page["OrganizationalUnits"]}


def test_a_renamed_unit_keeps_its_accounts_and_policies(project: Project) -> None:
    before = units(project)
    project.configure(ORG, organizationalUnits=[{"key": "Development", "name": "Engineering"}])
    renamed = {"org": {("Development", "updated")}}
    assert changes(project, "preview-all") == renamed
    assert changes(project, "deploy-all") == renamed
    assert units(project) == {"Engineering": before["Development"]}
    assert changes(project, "preview-all", "--force") == {}
