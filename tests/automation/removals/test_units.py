"""OUs that change in the configuration: what is refused before a run, and what is let go."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from automation import aws, operations
from automation.removals.units import TYPE, Unit, renamed_or_moved
from shared.errors import ConfigError, UserError
from shared.layers import StackId, discover
from tests.automation.fake_engine import FakeRun
from tests.configuration import write_sandbox

ORG = StackId("org", "sandbox")


def unit(key: str, name: str | None = None, *, protected: bool = True) -> Unit:
    return Unit(key, f"ou-{key}", name or key.rpartition("/")[2], urn(key), protected)


def urn(key: str) -> str:
    return f"urn:pulumi:sandbox::org::{TYPE}::{key}"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (["A", "B"], {"A": "A"}, None),
        (["A"], {"A": "A", "B": "B"}, None),
        (["A"], {"A": "Alpha"}, None),
        (["A/B", "A"], {}, None),
        (["A", "C/D", "C"], {"A": "A", "A/X": "X", "C": "C"}, None),
        (["A"], {"B": "B"}, "allowed: {key: A, name: B}"),
        (["A"], {"B": "No: 1"}, "allowed: {key: A, name: 'No: 1'}"),
        (["P", "P/A", "P/A/X"], {"P": "P", "P/B": "B", "P/B/X": "X"}, "allowed: {key: P/A, name: B}"),
        (["P", "P/A"], {"P": "P", "A": "A"}, "AWS cannot move an OU: allowed: both 'P/A' and 'A'"),
        (["A", "B"], {"A": "B", "B": "C"}, "'A' is to be called 'B'"),
        (["A", "B"], {"A": "B"}, "'A' is to be called 'B'"),
        (["A"], {"A": "Alpha", "B": "A"}, "'B' is to be called 'A'"),
        (["P", "P/A", "A"], {"P": "P", "P/A": "B", "A": "A", "B": "B"}, None),
    ],
)
def test_what_a_change_of_the_units_means(before: Sequence[str], after: Mapping[str, str], problem: str | None) -> None:
    found = renamed_or_moved({key: unit(key) for key in before}, after)
    assert len(found) == (1 if problem else 0), found
    assert problem is None or problem in found[0]


class Organizations:
    """AWS's answers: what is in each OU, by id. `asked` are the OUs that were looked into."""

    def __init__(self, accounts: Mapping[str, Any], units: Mapping[str, Any]) -> None:
        self.contents = {
            "list_accounts_for_parent": ("Accounts", accounts),
            "list_organizational_units_for_parent": ("OrganizationalUnits", units),
        }
        self.asked: list[str] = []

    def get_paginator(self, operation: str) -> Any:
        key, contents = self.contents[operation]
        outer = self

        class Paginator:
            def paginate(self, ParentId: str) -> list[dict[str, Any]]:
                outer.asked.append(ParentId)
                if ParentId == "ou-Gone":
                    from botocore.exceptions import ClientError

                    raise ClientError({"Error": {"Code": "ParentNotFoundException"}}, operation)
                # In two pages.
                return [{key: [each]} for each in contents.get(ParentId, [])]

        return Paginator()


@pytest.fixture
def organizations(monkeypatch: pytest.MonkeyPatch) -> Organizations:
    accounts = {
        "ou-Full": [
            {"Id": "111111111111", "Name": "Dev", "Email": "Developer-Account@example.com", "Status": "ACTIVE"},
            {"Id": "222222222222", "Name": "Foreign", "Email": "f@example.com", "Status": "ACTIVE"},
            {"Id": "333333333333", "Name": "Closed", "Email": "shared-test-account@example.com", "Status": "SUSPENDED"},
        ]
    }
    units = {"ou-Parent": [{"Id": "ou-Parent/Child", "Name": "Child"}], "ou-Other": [{"Id": "ou-9", "Name": "Nine"}]}
    made = Organizations(accounts, units)
    monkeypatch.setattr(aws, "client", lambda *_arguments: made)
    return made


def fake(root: Path, *keys: str, protected: bool = True, units: Sequence[Any] = ("Development",)) -> FakeRun:
    """A run over the sandbox's files with `units`; the OUs `keys` are deployed."""
    write_sandbox(root)
    file = ORG.config_file(root)
    document = yaml.safe_load(file.read_text())
    document["config"]["org:organizationalUnits"] = list(units)
    file.write_text(yaml.safe_dump(document))
    resources = [
        {"type": TYPE, "urn": urn(key), "id": f"ou-{key}", "outputs": {"name": key}, "protect": protected}
        for key in ("Development", *keys)
    ]
    outputs = {"type": "pulumi:pulumi:Stack", "urn": "urn:pulumi:sandbox::org::s::s", "outputs": {"rootId": "r-1"}}
    states = {ORG: {"version": 3, "deployment": {"resources": [outputs, *resources]}}}
    return FakeRun(root, discover("sandbox", root), states)


def deploy(made: FakeRun, *chosen: StackId) -> int:
    return operations.deploy(made.run, chosen or [ORG], yes=True, interactive=False)


def test_an_empty_unit_loses_its_protection_right_before_it_is_deleted(
    tmp_path: Path, organizations: Organizations
) -> None:
    made = fake(tmp_path, "Parent", "Parent/Child", "Gone")
    assert operations.preview(made.run, [ORG]) == 0
    assert made.engine.done == ["preview with another state org"]
    protect = {each["urn"]: each.get("protect") for each in made.engine.replaced[0]["deployment"]["resources"]}
    assert [key for key in ("Development", "Parent", "Parent/Child", "Gone") if protect[urn(key)]] == ["Development"]
    assert deploy(made) == 0
    # The rules judge the deployment before the protection is taken away.
    unprotect = f"unprotect {urn('Gone')}, {urn('Parent')}, {urn('Parent/Child')}"
    assert made.engine.done[1:] == ["preview with another state org", unprotect, "up org"]
    assert set(organizations.asked) == {"ou-Parent", "ou-Parent/Child", "ou-Gone"}


def test_a_unit_without_protection_is_previewed_and_deleted_as_it_is(
    tmp_path: Path, organizations: Organizations
) -> None:
    made = fake(tmp_path, "Gone", protected=False)
    assert (operations.preview(made.run, [ORG]), deploy(made)) == (0, 0)
    assert made.engine.done == ["preview org", "up org"]
    assert organizations.asked


@pytest.mark.usefixtures("organizations")
def test_a_unit_that_is_not_empty_stops_the_run_before_anything_is_done(tmp_path: Path) -> None:
    made = fake(tmp_path, "Full", "Other")
    for doing in (partial(deploy, made), partial(operations.preview, made.run, [ORG])):
        with pytest.raises(UserError) as error:
            doing()
        assert str(error.value).splitlines() == [
            "nothing was changed: AWS deletes only empty OUs",
            "the OU 'Full' is gone from stacks/org/Pulumi.sandbox.yaml and still holds",
            "  account 111111111111 (Dev): with another accounts:organizationalUnit in "
            "stacks/accounts/Pulumi.sandbox.developer.yaml, invoke up accounts/developer --env sandbox moves it",
            "  account 222222222222 (Foreign), no file describes it: aws organizations move-account "
            "--account-id 222222222222 --source-parent-id ou-Full --destination-parent-id r-1",
            "  account 333333333333 (Closed), it is closed, and AWS keeps it for 90 days: aws organizations "
            "move-account --account-id 333333333333 --source-parent-id ou-Full --destination-parent-id r-1",
            "the OU 'Other' is gone from stacks/org/Pulumi.sandbox.yaml and still holds",
            "  OU 'Nine' (ou-9), which no file describes: aws organizations delete-organizational-unit "
            "--organizational-unit-id ou-9",
            "Put it back into org:organizationalUnits, empty it, and remove it in a later deployment",
        ]
    assert made.engine.done == []


def test_drift_shows_what_a_deployment_would_delete_or_refuse_to(tmp_path: Path, organizations: Organizations) -> None:
    made = fake(tmp_path, "Full")
    assert operations.drift(made.run, [ORG]) == 0
    assert made.engine.done == ["preview with another state and refresh org"]
    assert organizations.asked == []


@pytest.mark.usefixtures("organizations")
def test_a_unit_that_a_file_names_is_not_removed(tmp_path: Path) -> None:
    made = fake(tmp_path, units=["Elsewhere"])
    made.engine.states[ORG]["deployment"]["resources"].append(
        {"type": TYPE, "urn": urn("Elsewhere"), "id": "ou-e", "outputs": {"name": "Elsewhere"}}
    )
    with pytest.raises(ConfigError) as error:
        deploy(made)
    assert [problem.partition(" names ")[0] for problem in error.value.problems] == [
        "stacks/accounts/Pulumi.sandbox.developer.yaml: accounts:organizationalUnit",
        "stacks/accounts/Pulumi.sandbox.shared-test.yaml: accounts:organizationalUnit",
        "stacks/policies/Pulumi.sandbox.yaml: policies:backup.organizationalUnits",
    ]
    assert made.engine.done == []


def test_nobody_is_asked_about_what_stays_or_is_not_deployed(tmp_path: Path, organizations: Organizations) -> None:
    made = fake(tmp_path, "Full", units=["Development", "Full", "New"])
    assert deploy(made) == 0
    assert deploy(fake(tmp_path / "other", "Full"), StackId("identity", "sandbox")) == 0
    assert organizations.asked == []


@pytest.mark.usefixtures("organizations")
def test_a_renamed_key_is_one_error_that_says_what_to_write(tmp_path: Path) -> None:
    made = fake(tmp_path, "Old", units=["Development", "New"])
    with pytest.raises(ConfigError, match=r"Pulumi\.sandbox\.yaml: the OU 'Old' .* allowed: {key: Old, name: New}"):
        deploy(made)
    assert made.engine.done == []
