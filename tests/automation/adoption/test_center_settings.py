"""IAM Identity Center in the files: as it was found, or named with the reason, and never more than was found."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from automation.adoption.center_settings import KEY, as_it_is
from automation.adoption.existing_files import with_key
from automation.adoption.files import center_key
from automation.adoption.identity_center import FoundAssignment, FoundCenter, FoundSet
from automation.adoption.people import assignments, permission_sets
from automation.adoption.snapshot import Snapshot
from automation.backend.pending import Creation
from automation.events import Resource
from automation.imports.engine_file import Key
from automation.imports.existing import Planned
from shared.layers import StackId
from tests.automation.adoption.test_drafts import MANAGEMENT, adopted, config, small, write
from tests.stacks.harness import Run, run_program
from tests.stacks.samples import ORG

INSTANCE, STORE = "arn:aws:sso:::instance/ssoins-0123456789abcdef", "d-0123456789"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
NAMES = {"000000000001": "shop", "000000000002": "web"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]})
GROUPS = {"g-1": "Everybody", "g-2": "Ops", "g-3": "Twice", "g-4": "Twice"}


def has(*pairs: tuple[str, str], kind: str = "GROUP") -> tuple[FoundAssignment, ...]:
    return tuple(FoundAssignment(account, kind, principal) for principal, account in pairs)


def one(name: str = "Admins", **more: Any) -> FoundSet:
    return FoundSet(f"arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-{name.lower()}", name, **more)


def organization(
    *sets: FoundSet, services: tuple[str, ...] = ("sso.amazonaws.com",), region: str = "eu-central-1"
) -> Snapshot:
    return small(services=services, identity_center=FoundCenter(INSTANCE, STORE, region, sets, GROUPS))


def setting(*sets: FoundSet) -> Any:
    return as_it_is(organization(*sets), NAMES, "eu-central-1").setting


def said(*sets: FoundSet, **more: Any) -> str:
    return "\n".join(as_it_is(organization(*sets, **more), NAMES, "eu-central-1").staying)


ALL = one(
    "All",
    description="all of it",
    duration="PT1H30M",
    relay_state="https://console.aws.amazon.com/s3",
    tags={"no": "017"},
    managed=(ADMINISTRATOR,),
    customer=("/teams/Logs",),
    inline=DOCUMENT,
    boundary="/teams/Most",
    assignments=has(("g-1", "000000000002"), ("g-1", "000000000001")),
)


def test_all_that_a_permission_set_has_is_in_the_file() -> None:
    found = setting(ALL, one())
    assert found["groups"] == {"Everybody": {}}
    assert json.loads(found["permissionSets"]["All"].pop("inlinePolicy")) == json.loads(DOCUMENT)
    assert found["permissionSets"] == {
        "All": {
            "description": "all of it",
            "managedPolicies": [ADMINISTRATOR],
            "customerPolicies": ["/teams/Logs"],
            "sessionDuration": "PT1H30M",
            "relayState": "https://console.aws.amazon.com/s3",
            "tags": {"no": "017"},
            "boundary": "/teams/Most",
        },
        "Admins": {"sessionHours": 1, "boundary": "none"},
    }
    # The accounts one by one: an OU would give it to accounts to come, too.
    assert found["assignments"] == [
        {"group": "Everybody", "permissionSet": "All", "targets": ["accounts/shop", "accounts/web"]}
    ]
    elsewhere = as_it_is(organization(ALL, region="us-east-1"), NAMES, "eu-central-1").setting
    assert elsewhere is not None
    assert elsewhere["region"] == "us-east-1"


def identity(value: Mapping[str, Any]) -> Run:
    calls = {
        "aws:ssoadmin/getInstances:getInstances": {
            "arns": [INSTANCE], "id": "x", "identityStoreIds": [STORE], "region": "us-west-2"
        },
        "aws:identitystore/getGroups:getGroups": {
            "groups": [{"displayName": name, "groupId": identity} for identity, name in GROUPS.items()],
            "identityStoreId": STORE,
        },
    }  # fmt: skip
    settings = {"users": ["grace"], "identityCenter": dict(value)}
    return run_program("identity", "sandbox", settings, upstream={"org": ORG}, calls=calls)


def test_the_program_makes_what_was_found_and_each_part_has_its_id() -> None:
    """The ids are those of https://www.pulumi.com/registry/packages/aws/api-docs/ssoadmin/."""
    run = identity(setting(ALL, one(managed=(ADMINISTRATOR,))))
    kinds = ("ssoadmin/", "identitystore/")
    creations = {
        Key(each.type, each.name): Creation(
            Resource(f"urn:pulumi:p::identity::{each.type}::{each.name}"), each.inputs, {}
        )
        for each in run.resources
        if each.type.startswith(tuple(f"aws:{kind}" for kind in kinds))
    }
    planned = Planned(StackId("identity", "prod"), creations)
    center = organization(ALL, one(managed=(ADMINISTRATOR,))).identity_center
    found = {f"{key.type.rpartition(':')[2]} {key.name}": value for key, value in permission_sets(planned, center)}
    tail = f"{ALL.arn},{INSTANCE}@us-west-2"
    admins = f"{one().arn},{INSTANCE}@us-west-2"
    assert found == {
        "PermissionSet All": tail,
        "PermissionSetInlinePolicy All": tail,
        "PermissionsBoundaryAttachment All": tail,
        "ManagedPolicyAttachment All-AdministratorAccess": f"{ADMINISTRATOR},{tail}",
        "CustomerManagedPolicyAttachment All-Logs": f"Logs,/teams/,{tail}",
        "PermissionSet Admins": admins,
        "ManagedPolicyAttachment Admins-AdministratorAccess": f"{ADMINISTRATOR},{admins}",
    }
    assert len(found) == len(creations), "nothing else is made"
    made = run.of("aws:ssoadmin/permissionSet:PermissionSet")["All"].inputs
    assert (made["sessionDuration"], made["relayState"], made["tags"]) == ("PT1H30M", ALL.relay_state, {"no": "017"})
    bounds = run.one("aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment").inputs
    assert bounds["permissionsBoundary"] == {"customerManagedPolicyReference": {"name": "Most", "path": "/teams/"}}
    assert {each["boundary"] for each in run.outputs["identityCenter"]["assignments"]} == {""}


@pytest.mark.parametrize("boundary", ["/teams/Other", "none", ADMINISTRATOR])
def test_another_boundary_than_the_one_that_is_there_is_not_imported(boundary: str) -> None:
    kind = "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment"
    inputs = {"permissionsBoundary": {"customerManagedPolicyReference": {"name": "Most", "path": "/teams/"}}}
    creation = Creation(Resource(f"urn:pulumi:p::identity::{kind}::All"), inputs, {})
    planned = Planned(StackId("identity", "prod"), {Key(kind, "All"): creation})
    center = organization(one("All", boundary=boundary)).identity_center
    assert dict(permission_sets(planned, center)) == {}


def test_an_assignment_is_found_by_its_group_and_account() -> None:
    kind = "aws:ssoadmin/accountAssignment:AccountAssignment"

    def ids(name: str, group: str, account: str) -> list[str]:
        inputs = {"principalId": group, "region": "eu-central-1"}
        creation = Creation(Resource(f"urn:pulumi:p::accounts::{kind}::{name}"), inputs, {})
        planned = Planned(StackId("accounts", "prod", "shop"), {Key(kind, name): creation})
        return [each for _, each in assignments(planned, organization(ALL).identity_center, account)]

    shop = "000000000001"
    expected = f"g-1,GROUP,{shop},AWS_ACCOUNT,{ALL.arn},{INSTANCE}@eu-central-1"
    assert ids("All-Everybody", "g-1", shop) == [expected]
    assert ids("All-Ops", "g-2", shop) == []
    assert ids("Other-Everybody", "g-1", shop) == []
    assert ids("All-Everybody", "g-1", "000000000003") == []


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (one(assignments=has(("u-1", "000000000001"), kind="USER")), "is assigned to a user (u-1); allowed here: "),
        (one(assignments=has(("g-3", "000000000001"))), "to the group g-3, which has no name of its own: 0000"),
        (one(assignments=has(("g-9", "000000000001"))), "to the group g-9, which has no name of its own: 0000"),
        (one(assignments=has(("g-1", MANAGEMENT))), f"assigned to Everybody in accounts without a stack: {MANAGEMENT}"),
        (one(description=" x"), "Admins: its description or relay state begins or ends with white space"),
        (one(managed=("arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/b/A")), "two policies that are called A"),
        (one(customer=("/a,b/Logs",)), "permission set Admins: customerPolicies.0: "),
        (one(tags={"a": "1", "A": "2"}), "permission set Admins: tags: "),
        (one(duration="PT13H"), "permission set Admins: sessionHours: allowed: less than or equal to 12"),
        (one(relay_state="x" * 241), "permission set Admins: relayState: allowed: at most 240 characters"),
    ],
    ids=["user", "two-groups", "no-group", "management", "space", "policies", "comma", "tags", "hours", "long"],
)  # fmt: skip
def test_what_no_file_can_say_stays_as_it_is(found: FoundSet, text: str) -> None:
    assert text in said(found)
    value = setting(found)
    assert not (value or {}).get("assignments")


def test_groups_are_named_that_nothing_here_names() -> None:
    lines = said(ALL).splitlines()
    assert lines == ["IAM Identity Center: groups that no account here is assigned to: Ops, Twice, Twice"]


def test_without_trusted_access_all_of_it_stays() -> None:
    found = as_it_is(organization(ALL, services=()), NAMES, "eu-central-1")
    assert found.setting is None
    (line,) = found.staying
    assert line.startswith(
        "IAM Identity Center: permission sets All (2 accounts); groups Everybody, Ops, Twice, Twice; "
    )
    assert "no trusted access for sso.amazonaws.com" in line


IDENTITY = "stacks/identity/Pulumi.prod.yaml"


def test_a_part_has_nothing_of_it_and_the_whole_adds_it_to_the_file(tmp_path: Path) -> None:
    found = organization(ALL)
    part = adopted(tmp_path, found, account="web")
    assert "identityCenter" not in config(part, IDENTITY)
    assert "it is adopted with the whole organization" in part.staying[0]
    write(tmp_path, part)
    file = tmp_path / IDENTITY
    file.write_text(file.read_text().replace("config:", "config:\n  # Ours.\n  identity:requireMfa: true", 1))
    whole = adopted(tmp_path, found)
    assert IDENTITY in {each.label for each in whole.change}
    write(tmp_path, whole)
    text = file.read_text()
    assert "# Ours." in text
    assert yaml.safe_load(text)["config"][KEY] == setting(ALL)
    again = adopted(tmp_path, found)
    assert (again.write, again.change, again.kept) == ([], [], [IDENTITY])


def test_who_has_said_that_there_is_none_is_believed(tmp_path: Path) -> None:
    write(tmp_path, adopted(tmp_path, organization(ALL), account="web"))
    file = tmp_path / IDENTITY
    file.write_text(file.read_text().replace("config:", f"config:\n  {KEY}: null", 1))
    assert adopted(tmp_path, organization(ALL)).kept == [IDENTITY]


@pytest.mark.parametrize("text", ["{}", "config: {}", "config: {a: b}\n", f"config:\n  {KEY}:\n"])
def test_a_key_that_cannot_be_added(text: str) -> None:
    assert with_key(text, KEY, center_key({"groups": {"a": {}}})) is None


def test_a_key_is_added_with_the_indentation_of_the_file() -> None:
    changed = with_key("# Ours.\nconfig: # all\n\n    # One.\n    a: b\n", KEY, center_key({"groups": {"a": {}}}))
    assert changed is not None
    assert changed.startswith("# Ours.\nconfig: # all\n    # IAM Identity Center as it was found.")
    assert yaml.safe_load(changed)["config"] == {KEY: {"groups": {"a": {}}}, "a": "b"}
