"""The files of an adoption: whatever an organization has, they say it as it is, and a run has nothing against them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automation.adoption import naming
from automation.adoption.access import Access
from automation.adoption.drafts import Adoption, Drafting, known_accounts
from automation.adoption.files import Target
from automation.adoption.part import Part, choose_part
from automation.adoption.policy_texts import reads_as
from automation.adoption.snapshot import FoundPolicy, Snapshot
from automation.inventory.identities import Identities, Principal
from automation.inventory.organization import Member, Organization, Unit
from shared.errors import UsageError
from tests.configuration import SALT
from tests.organizations import ACCOUNT_NAMES, DOCUMENTS, NAMES, RCP, SCP, TAG
from tests.stacks.harness import run_program

ROOT_ID, MANAGEMENT = "r-root", "123456789012"
UNITS = st.lists(st.tuples(st.integers(0, 20), st.sampled_from(NAMES)), max_size=8)
MEMBERS = st.lists(st.tuples(st.sampled_from(ACCOUNT_NAMES), st.integers(0, 20), st.booleans()), max_size=8)
POLICIES = st.lists(
    st.tuples(
        st.sampled_from([(kind, each) for kind, found in DOCUMENTS.items() for each in found]),
        st.sampled_from(["Deny", "no", "017", "RootTags"]),
        st.lists(st.integers(0, 20), max_size=3, unique=True),
    ),
    max_size=4,
)


def tree(wanted: list[tuple[int, str]]) -> list[Unit]:
    """The root, and OUs to five levels whose names differ below one parent."""
    units = [Unit(ROOT_ID, "")]
    for number, (above, name) in enumerate(wanted):
        parent = units[above % len(units)]
        path = f"{parent.path}/{name}" if parent.path else name
        if len(parent.within) < 10 and path not in {unit.path for unit in units}:
            units.append(Unit(f"ou-root-{number:08}", path, parent.within))
    return units


def snapshot(units: list[Unit], **more: Any) -> Snapshot:
    """An organization with these OUs."""
    members = more.pop("members", ())
    organization = Organization(
        "o-example123", units[0], tuple(units[1:]), tuple(members), (), more.pop("services", ())
    )
    return Snapshot(organization, MANAGEMENT, "eu-central-1", **more)


def drafting(root: Path, found: Snapshot) -> tuple[Drafting, dict[str, str], dict[str, str]]:
    """What makes the files of the environment prod, and the names of OUs and accounts."""
    keys = naming.unit_keys(found.organization)
    known = {email: name for email, (name, _) in known_accounts("prod", root).items()}
    names = naming.stack_names(found.members, known)
    target = Target("prod", found.region, MANAGEMENT, found.organization.id)
    return Drafting(root, target, found, keys, names), keys, names


def adopted(root: Path, found: Snapshot, **part: str | None) -> Adoption:
    """The files for a part, all accounts with AWS's own access role."""
    made, keys, names = drafting(root, found)
    chosen = choose_part(found, keys, names, account=part.get("account"), unit=part.get("unit"))
    return made.adoption(chosen, {each.id: Access("OrganizationAccountAccessRole") for each in chosen.members})


def config(adoption: Adoption, label: str) -> dict[str, Any]:
    """The configuration in a file, without the names of layers."""
    (draft,) = [each for each in adoption.write if each.label == label]
    found: Mapping[str, Any] = yaml.safe_load(draft.text)["config"]
    return {key.partition(":")[2]: value for key, value in found.items() if not key.startswith("aws:")}


def write(root: Path, adoption: Adoption) -> None:
    """Write all of it."""
    for draft in (*adoption.write, *adoption.change):
        (root / draft.path).parent.mkdir(parents=True, exist_ok=True)
        (root / draft.path).write_text(draft.text)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    wanted=UNITS, types=st.frozensets(st.sampled_from([SCP, TAG, RCP])), services=st.booleans(), tagged=st.booleans()
)
def test_the_program_describes_the_organization_as_it_is(
    wanted: list[tuple[int, str]], types: frozenset[str], services: bool, tagged: bool
) -> None:
    units = tree(wanted)
    names = ("sso.amazonaws.com",) if services else ()
    tags = {unit.id: {"no": "017"} for unit in units[1::2]} if tagged else {}
    found = snapshot(units, types=tuple(sorted(types)), services=names, tags=tags)
    with tempfile.TemporaryDirectory() as folder:
        settings_ = config(adopted(Path(folder), found), "stacks/org/Pulumi.prod.yaml")
    run = run_program("org", "prod", settings_)
    organization = run.one("aws:organizations/organization:Organization").inputs
    assert (organization.get("enabledPolicyTypes") or []) == sorted(types)
    assert (organization.get("awsServiceAccessPrincipals") or []) == list(names)
    made = run.of("aws:organizations/organizationalUnit:OrganizationalUnit")
    inputs = {naming.unit_keys(found.organization)[unit.id]: unit for unit in units[1:]}
    parents = naming.unit_names(found.organization)
    assert {key: (each.inputs["name"], each.inputs.get("tags")) for key, each in made.items()} == {
        key: (parents[unit.id][1], tags.get(unit.id)) for key, unit in inputs.items()
    }
    assert run.of("aws:iam/organizationsFeatures:OrganizationsFeatures") == {}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(wanted=UNITS, accounts=MEMBERS, policies=POLICIES)
def test_nothing_is_lost_without_a_word_and_a_second_time_all_is_there(
    wanted: list[tuple[int, str]], accounts: list[tuple[str, int, bool]], policies: list[tuple[Any, str, list[int]]]
) -> None:
    units = tree(wanted)
    members = [
        Member(
            f"{number:012}", name, f"a{number}@example.com", units[unit % len(units)], "SUSPENDED" if gone else "ACTIVE"
        )
        for number, (name, unit, gone) in enumerate(accounts)
    ]
    targets = [*(unit.id for unit in units), *(each.id for each in members)]
    described = tuple(
        FoundPolicy(
            f"p-{number:08}",
            name,
            kind,
            "",
            json.dumps(document),
            tuple({targets[each % len(targets)] for each in where}),
        )
        for number, ((kind, document), name, where) in enumerate(policies)
    )
    found = snapshot(units, members=members, policies=described)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        first = adopted(root, found)
        said = "\n".join(first.left)
        managed = {each.id for each in first.members.values()}
        for member in found.members:
            assert (member.id in managed) != (f"({member.id})" in said), member
        write(root, first)
        texts = "".join((root / draft.path).read_text() for draft in first.write)
        for policy in described:
            assert (policy.id in texts) != (f"({policy.id})" in said), policy
            files = [each for each in first.write if policy.id in each.text]
            assert all(reads_as(root / each.path, policy) for each in files)
        again = adopted(root, found)
        assert (again.write, again.change, again.kept) == ([], [], [])
        assert set(again.there) == {each.label for each in first.write}
        assert again.members == first.members
        assert {each for each in again.left if "mayBreak" not in each} == set(first.left)


def small(**more: Any) -> Snapshot:
    """Three OUs, an account in each."""
    units = tree([(0, "Workloads"), (1, "Prod"), (0, "Security")])
    members = [
        Member(f"{number:012}", name, f"{name}@example.com", unit)
        for number, (name, unit) in enumerate(zip(("shop", "web", "logs"), units[1:], strict=True), start=1)
    ]
    deny = json.dumps(DOCUMENTS[SCP][0])
    attached = FoundPolicy("p-both1234", "Both", SCP, "", deny, (units[2].id, units[3].id))
    inside = FoundPolicy("p-inside12", "Inside", SCP, "", deny, (units[2].id, members[1].id))
    return snapshot(units, members=members, policies=(attached, inside), **more)


def test_a_part_has_what_is_above_it_and_the_policies_that_are_only_there(tmp_path: Path) -> None:
    found = small()
    one = adopted(tmp_path, found, account="web")
    assert config(one, "stacks/org/Pulumi.prod.yaml")["organizationalUnits"] == ["Workloads/Prod"]
    assert [each.account for each in one.members] == ["web"]
    assert [each.path.name for each in one.write if "environments" in each.label] == ["inside.yaml"]
    write(tmp_path, one)
    file = tmp_path / "stacks/org/Pulumi.prod.yaml"
    file.write_text(file.read_text().replace("config:", "config:\n  # Mine.", 1) + f"encryptionsalt: {SALT}\n")

    rest = adopted(tmp_path, found, unit="Security")
    (changed,) = rest.change
    assert "# Mine." in changed.text
    assert f"encryptionsalt: {SALT}" in changed.text
    assert yaml.safe_load(changed.text)["config"]["org:organizationalUnits"] == ["Security", "Workloads/Prod"]
    assert [each.account for each in rest.members] == ["logs"]


def test_a_list_that_cannot_be_added_to_is_said_with_what_is_missing(tmp_path: Path) -> None:
    found = small()
    write(tmp_path, adopted(tmp_path, found, account="web"))
    file = tmp_path / "stacks/org/Pulumi.prod.yaml"
    file.write_text(file.read_text().replace("\n    - Workloads/Prod", " [Workloads/Prod]"))
    with pytest.raises(UsageError, match=r"organizationalUnits lacks these; put them in.*\n    - Security$"):
        adopted(tmp_path, found, unit="Security")


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"account": "shop", "unit": "Security"}, "--account and --ou are given"),
        ({"account": "nobody"}, r"no such account in the organization; allowed: logs \(000000000003\)"),
        ({"account": MANAGEMENT}, "the management account, which has no stack"),
        ({"unit": "Nowhere"}, "--ou is 'Nowhere': no such OU"),
    ],
    ids=["both", "account", "management", "ou"],
)
def test_a_part_that_is_not_there(tmp_path: Path, given_: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        adopted(tmp_path, small(), **given_)


@pytest.mark.parametrize(
    ("access", "said"),
    [
        (Access(), "aws iam create-role --role-name OrganizationAccountAccessRole"),
        (Access("AWSControlTowerExecution"), None),
    ],
    ids=["none", "control-tower"],
)
def test_the_access_role_is_the_one_that_was_found(tmp_path: Path, access: Access, said: str | None) -> None:
    found = small()
    made, keys, _names = drafting(tmp_path, found)
    adoption = made.adoption(Part(frozenset(keys), found.members[:1], whole=True), {found.members[0].id: access})
    if said:
        assert said in adoption.left[0]
        assert adoption.members == {}
        return
    assert config(adoption, "stacks/accounts/Pulumi.prod.logs.yaml")["accessRoleName"] == access.role
    for layer in ("identity", "policies"):
        assert access.role in config(adoption, f"stacks/{layer}/Pulumi.prod.yaml")["accessRoleNames"]


@pytest.mark.parametrize(
    ("users", "settings_"),
    [
        ((), {"userSource": "external"}),
        (({"UserName": "ada", "Path": "/"},), {"users": ["ada"]}),
        (({"UserName": "ada", "Path": "/"}, {"UserName": "eve", "Path": "/x/"}), {"userSource": "external"}),
        (({"UserName": "ada", "Path": "/", "Tags": [{"Key": "a", "Value": "b"}]},), {"userSource": "external"}),
    ],
    ids=["nobody", "plain", "path", "tags"],
)
def test_users_are_managed_only_if_nothing_of_them_would_change(
    tmp_path: Path, users: tuple[Mapping[str, Any], ...], settings_: Mapping[str, Any]
) -> None:
    principals = tuple(Principal(str(each["UserName"]), ("developers",)) for each in users)
    found = snapshot(tree([]), users=users, identities=Identities(principals))
    written = config(adopted(tmp_path, found), "stacks/identity/Pulumi.prod.yaml")
    assert {key: written[key] for key in ("users", "userSource") if key in written} == settings_
    assert written["passwordPolicy"] is None
