"""Configuration files: every mistake is found before an engine is started, and named."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from automation.configuration import check, settings_of
from automation.stack_files import read_raw
from shared.errors import ConfigError
from shared.layers import ROOT, StackId, discover
from shared.settings.fields import REGIONS
from stacks.accounts.config import AccountsConfig
from stacks.accounts.profiles import read_profiles
from tests.configuration import write_sandbox

DEVELOPER = "accounts/Pulumi.sandbox.developer.yaml"
ACCOUNTS = ["developer", "shared-test"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_sandbox(tmp_path)


def problems(root: Path) -> list[str]:
    with pytest.raises(ConfigError) as error:
        check(discover("sandbox", root), root)
    return error.value.problems


def change(root: Path, file: str, **keys: Any) -> None:
    path = root / "stacks" / file
    document = yaml.safe_load(path.read_text())
    namespace = file.split("/")[0]
    document["config"].update(
        {("aws:region" if key == "region" else f"{namespace}:{key}"): value for key, value in keys.items()}
    )
    path.write_text(yaml.safe_dump(document))


def more_units(root: Path) -> None:
    """Two more OUs, the upper one with rules for tags."""
    change(root, "org/Pulumi.sandbox.yaml", organizationalUnits=["Development", "Workloads/Production"])
    rules = {"Development": ["Development", "Testing"], "Workloads": ["Production"]}
    tags = {unit: {"costCenters": centers} for unit, centers in rules.items()}
    change(root, "policies/Pulumi.sandbox.yaml", tags=tags)


def test_right_files_are_no_problem(root: Path) -> None:
    stacks = discover("sandbox", root)
    assert len(stacks) == 5
    check(stacks, root)


@pytest.mark.parametrize(
    ("file", "keys", "message"),
    [
        (
            DEVELOPER,
            {"emial": "a@example.com"},
            "unknown key accounts:emial (value 'a@example.com'); did you mean email? allowed keys: acc",
        ),
        (DEVELOPER, {"email": "dev@localhost"}, "accounts:email is 'dev@localhost': not an e-mail address"),
        (DEVELOPER, {"email": None}, "accounts:email is 'null'"),
        (DEVELOPER, {"organizationalUnit": "Production"}, "names the OU 'Production', which stack org does not export"),
        (DEVELOPER, {"tags": {"CostCenter": "Sales", "Owner": "x"}}, "CostCenter is 'Sales'; the OU allows: Devel"),
        (DEVELOPER, {"tags": {"Owner": "x"}}, "accounts:tags.CostCenter is missing"),
        (DEVELOPER, {"region": "us-west-9"}, "aws:region is 'us-west-9'; allowed: one of af-south-1"),
        (
            DEVELOPER,
            {"email": "Shared-Test-Account@example.com"},
            "accounts:email is 'shared-test-account@example.com'",
        ),
        (
            DEVELOPER,
            {"accessRoleName": "Admin"},
            "accounts:accessRoleName is 'Admin', which stacks/policies/Pulumi.sandbox.yaml does not exempt from the",
        ),
        (
            "policies/Pulumi.sandbox.yaml",
            {"accessRoleName": "Admin"},
            "policies:accessRoleName is 'Admin': it has become a list of the access roles of all accounts; allowed: "
            "policies:accessRoleNames: [Admin]",
        ),
        (
            DEVELOPER,
            {"accessRoleName": "DeveloperRole"},
            "accounts:accessRoleName is 'DeveloperRole': a role that this project makes; allowed: any other name than "
            "DeveloperRole, AutomationRole, MyMonthlyBackupIamRole, PreviewRole, cicd-automation",
        ),
        (
            "policies/Pulumi.sandbox.yaml",
            {"accessRoleNames": ["OrganizationAccountAccessRole", "AutomationRole"]},
            "policies:accessRoleNames.1 is 'AutomationRole': a role that this project makes; allowed: any other name",
        ),
        (
            "identity/Pulumi.sandbox.yaml",
            {
                "automation": "oidc",
                "oidc": {
                    "issuer": "https://token.actions.githubusercontent.com",
                    "audience": "sts.amazonaws.com",
                    "subjects": ["repo:acme/infra:*", "repo:*/infra:*"],
                },
            },
            "identity:oidc.subjects.1 is 'repo:*/infra:*': strangers may have such a token; allowed: "
            "repo:OWNER/REPOSITORY:*, both without wildcards",
        ),
        (
            "identity/Pulumi.sandbox.yaml",
            {"users": ["ada", "Ada"]},
            'identity:users is \'["ada", "Ada"]\': listed twice',
        ),
        (DEVELOPER, {"tags": {"aws:Owner": "x"}}, "is 'aws:Owner': allowed: up to 128 letters"),
        (DEVELOPER, {"name": "Café"}, "accounts:name is 'Café': allowed: 1 to 50 printable ASCII characters"),
        ("policies/Pulumi.sandbox.yaml", {"accessRoleNames": []}, "policies:accessRoleNames is '[]'"),
        (DEVELOPER, {"protect": "perhaps"}, "accounts:protect is 'perhaps'"),
        ("org/Pulumi.sandbox.yaml", {"organizationalUnits": ["A/B/C/D/E/F"]}, "6 levels; AWS allows 5"),
        ("org/Pulumi.sandbox.yaml", {"mode": "guess"}, "org:mode is 'guess'"),
        ("identity/Pulumi.sandbox.yaml", {"users": []}, "identity:users is []"),
        ("policies/Pulumi.sandbox.yaml", {"tags": {"X": {"costCenters": ["A"]}}}, "policies:tags.X names the OU 'X'"),
        ("policies/Pulumi.sandbox.yaml", {"serviceControl": {"Development": {"allow": 1}}}, "Development.allow (value"),
    ],
)
def test_a_mistake_is_named_with_file_key_value_and_what_is_allowed(
    root: Path, file: str, keys: dict[str, Any], message: str
) -> None:
    change(root, file, **keys)
    found = problems(root)
    assert any(message in problem for problem in found), found
    assert all(problem.startswith("stacks/") for problem in found)


def test_every_problem_is_told_at_once(root: Path) -> None:
    change(root, DEVELOPER, email="x", protect="perhaps")
    change(root, "org/Pulumi.sandbox.yaml", mode="guess")
    assert len(problems(root)) == 3


def test_a_deployment_of_policies_alone_must_exempt_every_access_role_in_use_too(root: Path) -> None:
    change(root, DEVELOPER, accessRoleName="Admin")
    change(root, "policies/Pulumi.sandbox.yaml", accessRoleNames=["Admin"])
    with pytest.raises(ConfigError) as error:
        check([StackId("policies", "sandbox")], root)
    (problem,) = error.value.problems
    assert problem.startswith(
        "stacks/accounts/Pulumi.sandbox.shared-test.yaml: accounts:accessRoleName is 'OrganizationAccountAccessRole', "
    )
    check([StackId("identity", "sandbox")], root)


def test_access_roles_are_compared_where_the_policies_file_has_encrypted_values_too(root: Path) -> None:
    policies = "policies/Pulumi.sandbox.yaml"
    change(root, policies, accessRoleNames=["Admin"], tags={"Development": {"costCenters": [SECURE]}})
    assert [problem.partition(" is ")[0] for problem in problems(root)] == [
        f"stacks/accounts/Pulumi.sandbox.{account}.yaml: accounts:accessRoleName" for account in ACCOUNTS
    ]
    # What is encrypted itself, nobody can compare here.
    change(root, policies, accessRoleNames=[SECURE])
    check(discover("sandbox", root), root)


@pytest.mark.parametrize("role", ["organizationaccountaccessrole", "OrganizationAccountAccessRole2"])
def test_an_access_role_is_compared_as_a_whole_and_in_its_spelling(root: Path, role: str) -> None:
    change(root, DEVELOPER, accessRoleName=role)
    (problem,) = problems(root)
    assert f"accounts:accessRoleName is {role!r}, which" in problem
    assert "allowed: OrganizationAccountAccessRole, OrganizationalAccountAccessRole, or" in problem


@pytest.mark.parametrize("role", ["OrganizationAccountAccessRole", "OrganizationalAccountAccessRole"])
def test_both_spellings_of_the_access_role_are_exempt_unless_others_are_given(root: Path, role: str) -> None:
    change(root, DEVELOPER, accessRoleName=role)
    check(discover("sandbox", root), root)


def test_a_missing_key_says_what_it_is_for(root: Path) -> None:
    path = root / "stacks" / DEVELOPER
    path.write_text("config:\n  aws:region: us-west-2\n")
    assert f"stacks/{DEVELOPER}: accounts:email is missing; it is required: the root user's address" in "\n".join(
        problems(root)
    )


@pytest.mark.parametrize("text", ["config: [", "config: 7", "- a"])
def test_a_file_that_is_no_mapping_is_one_error(root: Path, text: str) -> None:
    (root / "stacks" / DEVELOPER).write_text(text)
    found = problems(root)
    assert len(found) == len(set(found)) == 1
    assert found[0].startswith(f"stacks/{DEVELOPER}:")


def test_a_key_of_another_layer_is_unknown(root: Path) -> None:
    path = root / "stacks" / DEVELOPER
    path.write_text(path.read_text().replace("config:\n", "config:\n  org:mode: create\n"))
    assert "unknown key org:mode" in "\n".join(problems(root))


def test_a_key_of_a_layer_whose_name_only_begins_alike_is_unknown(root: Path) -> None:
    path = root / "stacks" / "org" / "Pulumi.sandbox.yaml"
    path.write_text(path.read_text().replace("config:\n", "config:\n  organization:mode: create\n"))
    assert "unknown key organization:mode" in "\n".join(problems(root))


@pytest.mark.parametrize("unit", ["Workloads", "Workloads/Production"])
def test_tags_must_fit_the_nearest_unit_above(root: Path, unit: str) -> None:
    more_units(root)
    change(root, DEVELOPER, organizationalUnit=unit, tags={"CostCenter": "Development", "Owner": "x"})
    (problem,) = problems(root)
    assert problem.endswith("accounts:tags.CostCenter is 'Development'; the OU allows: Production")


@pytest.mark.parametrize("unit", ["Work", "Workloads/Prod", "Production", "workloads"])
def test_a_part_of_a_path_is_no_unit(root: Path, unit: str) -> None:
    more_units(root)
    change(root, DEVELOPER, organizationalUnit=unit)
    (problem,) = problems(root)
    assert f"accounts:organizationalUnit names the OU '{unit}'" in problem
    assert problem.endswith("allowed: /, Development, Workloads, Workloads/Production")


def test_the_root_is_a_place_for_an_account(root: Path) -> None:
    change(root, DEVELOPER, organizationalUnit="/", tags={})
    check(discover("sandbox", root), root)


SECURE = {"secure": "v1:q83vq83vq83vq83v:q83v"}
CONTACT = {"name": "Ada", "title": "CFO", "email": "ada@example.com", "phone": SECURE}


@pytest.mark.parametrize(
    "encrypted",
    [{"email": SECURE}, {"tags": {"Owner": SECURE}}, {"alternateContacts": {"billing": CONTACT}}, {"tags": [[SECURE]]}],
)
def test_a_file_with_encrypted_values_is_left_to_the_program(root: Path, encrypted: dict[str, Any]) -> None:
    stack = StackId("accounts", "sandbox", "developer")
    assert settings_of(stack, lambda each: read_raw(each, root)) is not None
    change(root, DEVELOPER, name="", **encrypted)
    assert settings_of(stack, lambda each: read_raw(each, root)) is None
    check(discover("sandbox", root), root)
    # The rest is checked all the same: that file's region, and the other files.
    change(root, DEVELOPER, region="us-west-9")
    change(root, "accounts/Pulumi.sandbox.shared-test.yaml", protect="perhaps")
    assert [problem.partition(" is ")[0] for problem in problems(root)] == [
        f"stacks/{DEVELOPER}: aws:region",
        "stacks/accounts/Pulumi.sandbox.shared-test.yaml: accounts:protect",
    ]


@pytest.mark.parametrize("layer", ["org", "identity", "policies", "accounts"])
@pytest.mark.parametrize(("region", "shown"), [(None, "None"), ("us-west-9", "'us-west-9'"), ("", "''"), (7, "7")])
def test_a_region_that_is_missing_or_wrong(root: Path, layer: str, region: Any, shown: str) -> None:
    file = DEVELOPER if layer == "accounts" else f"{layer}/Pulumi.sandbox.yaml"
    change(root, file, region=region)
    (problem,) = problems(root)
    assert problem.startswith(f"stacks/{file}: aws:region is {shown}; allowed: one of ")


def test_regions_are_real_ones() -> None:
    assert {"us-east-1", "eu-central-1"} < REGIONS
    assert "us-east-9" not in REGIONS


def test_the_production_examples_are_right(tmp_path: Path) -> None:
    for file in (ROOT / "stacks").glob("*/*.yaml.example"):
        target = tmp_path / file.relative_to(ROOT).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    stacks = discover("prod", tmp_path)
    assert [stack.label for stack in stacks] == ["org", "identity", "policies", "accounts/web-shop"]
    check(stacks, tmp_path)


def profiles(root: Path, by_unit: dict[str, Any]) -> None:
    folder = root / "stacks/accounts/profiles"
    folder.mkdir(exist_ok=True)
    (folder / "sandbox.yaml").write_text(yaml.safe_dump(by_unit))


PROFILES = "stacks/accounts/profiles/sandbox.yaml"


def test_what_a_profile_has_needs_not_be_in_the_accounts_files(root: Path) -> None:
    for account in ACCOUNTS:
        change(root, f"accounts/Pulumi.sandbox.{account}.yaml", tags={"Owner": "x"})
    profiles(root, {"/": {"tags": {"CostCenter": "Sales"}}, "Development": {"tags": {"CostCenter": "Testing"}}})
    check(discover("sandbox", root), root)
    settings = settings_of(
        StackId("accounts", "sandbox", "developer"),
        lambda stack: read_raw(stack, root),
        lambda environment: read_profiles(environment, root),
    )
    assert isinstance(settings, AccountsConfig)
    assert settings.tags == {"CostCenter": "Testing", "Owner": "x"}


@pytest.mark.parametrize(
    ("by_unit", "expected"),
    [
        ({"/": {"emial": "x"}}, [f"{PROFILES}: unknown key /:emial"]),
        ({"Nowhere": {}}, [f"{PROFILES}: a profile names the OU 'Nowhere', which stack org does not export; allowed"]),
        ({"Development": {"protect": "perhaps"}}, [f"{PROFILES}: Development:protect is 'perhaps'"]),
        (
            {"Development": {"tags": {"Owner": "x", "owner": "y"}}},
            [f"{PROFILES}: Development:tags is "],
        ),
        (
            {"/": {"accessRoleName": "Admin"}},
            [
                f"stacks/accounts/Pulumi.sandbox.{account}.yaml: accounts:accessRoleName is 'Admin', from {PROFILES} /,"
                " which stacks/policies/Pulumi.sandbox.yaml does not exempt"
                for account in ACCOUNTS
            ],
        ),
    ],
)
def test_a_mistake_in_a_profile_is_named_once(root: Path, by_unit: dict[str, Any], expected: list[str]) -> None:
    profiles(root, by_unit)
    found = problems(root)
    assert len(found) == len(expected)
    assert all(problem.startswith(start) for problem, start in zip(found, expected, strict=True))


def test_a_wrong_tag_of_a_profile_names_it(root: Path) -> None:
    profiles(root, {"Development": {"tags": {"CostCenter": "Sales"}}})
    change(root, DEVELOPER, tags={"Owner": "x"})
    (problem,) = problems(root)
    assert problem == (
        f"stacks/{DEVELOPER}: accounts:tags.CostCenter is 'Sales', from {PROFILES} Development; the OU allows: "
        "Development, Testing"
    )


def test_an_ou_of_a_profile_that_goes_is_named_when_only_the_organization_is_deployed(root: Path) -> None:
    profiles(root, {"Development": {}})
    change(root, "org/Pulumi.sandbox.yaml", organizationalUnits=["Workloads"])
    with pytest.raises(ConfigError, match="a profile names the OU 'Development'"):
        check([StackId("org", "sandbox")], root)


AUDITOR = {"managedPolicies": ["SecurityAudit"]}


def test_a_role_that_nobody_may_assume_is_found_before_the_run(root: Path) -> None:
    profiles(root, {"/": {"roles": {"Auditor": AUDITOR}}})
    change(root, "identity/Pulumi.sandbox.yaml", roles={"Releaser": {"group": "releasers"}})
    assert problems(root) == [
        f"stacks/accounts/Pulumi.sandbox.{account}.yaml: accounts:roles.Auditor, from {PROFILES} / may be assumed by "
        "nobody: stacks/identity/Pulumi.sandbox.yaml has no identity:roles.Auditor; allowed: Releaser, Auditor added "
        "there"
        for account in ACCOUNTS
    ]
    change(root, "identity/Pulumi.sandbox.yaml", roles={"Auditor": {"group": "auditors", "users": ["carol"]}})
    check(discover("sandbox", root), root)


def test_a_policy_whose_type_an_adopted_organization_has_not_on(root: Path) -> None:
    change(root, "org/Pulumi.sandbox.yaml", projectFeatures=False, policyTypes=["tag", "service-control"])
    found = problems(root)
    assert [each.partition("; allowed: ")[2] for each in found] == [
        f"{kind} in org:policyTypes in stacks/org/Pulumi.sandbox.yaml, or org:projectFeatures: true there"
        for kind in ("backup", "resource-control")
    ]
    change(root, "org/Pulumi.sandbox.yaml", policyTypes=["tag", "service-control", "backup"])
    change(root, "policies/Pulumi.sandbox.yaml", resourceControl="")  # null, once the engine has written the file
    check(discover("sandbox", root), root)
