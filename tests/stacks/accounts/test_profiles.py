"""What accounts get from the profiles of their OUs: the rules of inheritance, and errors in the file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import ConfigError
from stacks.accounts import profiles as module
from stacks.accounts.profiles import NOTHING, Part, Profiles, Source, join, part, plain, read_profiles, sources
from tests.stacks.harness import Run, refusal, run_program
from tests.stacks.samples import ACCOUNT, UPSTREAM

LABEL = "stacks/accounts/profiles/sandbox.yaml"
FILE = "stacks/accounts/Pulumi.sandbox.developer.yaml"

# Values need not be right here: the rules are the same for all of them.
SCALARS: Any = st.none() | st.booleans() | st.sampled_from(["a", "b", ""]) | st.lists(st.sampled_from("ab"), max_size=2)
NAMES = st.sampled_from(["x", "y"])


def a_map(values: Any) -> Any:
    return st.none() | st.dictionaries(NAMES, values, max_size=2)


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "protect": SCALARS,
        "resourceNamesPrefix": SCALARS,
        "tags": a_map(st.none() | st.sampled_from("abc")) | st.just("no map"),
        "roleActions": a_map(SCALARS) | st.just("no map"),
        "roles": a_map(a_map(SCALARS)) | st.just("no map"),
        "budget": a_map(SCALARS) | st.just("no map"),
    },
)
UNITS = ["/", "A", "A/B", "A/B/C", "Other", "Other/B", "AB"]
SOURCES = [Source(LABEL, unit) for unit in UNITS]


def parts() -> Any:
    return st.builds(part, SETTINGS, st.sampled_from(SOURCES))


@given(parts(), parts(), parts())
def test_it_does_not_matter_in_which_order_levels_are_joined(one: Part, two: Part, three: Part) -> None:
    assert join(join(one, two), three) == join(one, join(two, three))


@given(parts())
def test_an_empty_profile_changes_nothing(some: Part) -> None:
    assert join(NOTHING, some) == some == join(some, NOTHING)


def effective(by_unit: Mapping[str, Mapping[str, Any]], own: Mapping[str, Any]) -> module.Effective:
    return Profiles(LABEL, by_unit).effective({"organizationalUnit": "A/B", **own}, FILE)


PROFILES = st.dictionaries(st.sampled_from(UNITS), SETTINGS)


@given(PROFILES, SETTINGS)
def test_what_an_account_says_itself_goes(by_unit: Any, own: Any) -> None:
    found = effective(by_unit, own).values
    for key in ("protect", "resourceNamesPrefix"):
        if own.get(key) is not None:
            assert found[key] == own[key]
        elif key in own:
            assert key not in found
    for name, value in own["tags"].items() if isinstance(own.get("tags"), dict) else ():
        assert found["tags"].get(name) == value


@given(PROFILES, SETTINGS)
def test_null_takes_away_whatever_is_above(by_unit: Any, own: Any) -> None:
    found = effective(by_unit, {**own, "tags": None, "roles": {"x": None}, "protect": None}).values
    assert "tags" not in found
    assert "protect" not in found
    assert "x" not in found.get("roles", {})


@given(PROFILES, SETTINGS, st.sampled_from(["Other", "Other/B", "AB", "A/B/C"]), SETTINGS)
def test_the_profile_of_another_ou_changes_nothing(by_unit: Any, own: Any, other: str, new: Any) -> None:
    assert effective({**by_unit, other: new}, own) == effective(by_unit, own)


@settings(max_examples=300)
@given(PROFILES, SETTINGS)
def test_a_value_is_where_its_source_says(by_unit: Any, own: Any) -> None:
    found = effective(by_unit, own)
    for path, source in found.sources.items():
        value: Any = {"organizationalUnit": "A/B", **own} if source.unit is None else by_unit[source.unit]
        there: Any = found.values
        for step in path:
            value, there = value[step], there[step]
        assert value == there
        assert source.unit in (None, "/", "A", "A/B")


@given(PROFILES, SETTINGS)
def test_every_value_has_a_source(by_unit: Any, own: Any) -> None:
    found = effective(by_unit, own)

    def leaves(value: Any, path: tuple[str, ...], levels: int) -> set[tuple[str, ...]]:
        if levels == 0 or not isinstance(value, dict):
            return {path}
        return {leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key), levels - 1)}

    levels = {"tags": 1, "roleActions": 1, "roles": 2, "budget": 1}
    expected = {leaf for key, value in found.values.items() for leaf in leaves(value, (key,), levels.get(key, 0))}
    assert set(found.sources) == expected


@given(PROFILES, SETTINGS)
def test_a_level_is_what_the_level_above_gives_with_its_own_profile(by_unit: Any, own: Any) -> None:
    """An account directly in A/B gets what one in A would get, then what A/B says."""
    above: Part = NOTHING
    for unit in ("/", "A"):
        above = join(above, part(by_unit.get(unit, {}), Source(LABEL, unit)))
    below = join(above, part(by_unit.get("A/B", {}), Source(LABEL, "A/B")))
    whole = join(below, part(own, Source(FILE)))
    found = effective(by_unit, own)
    assert {key: value for key, value in found.values.items() if key != "organizationalUnit"} == plain(whole)
    assert {path: at for path, at in found.sources.items() if path[0] != "organizationalUnit"} == dict(sources(whole))


def test_keys_that_no_profile_may_have_stay_as_they_are() -> None:
    own = {"emial": None, "name": None, "alias": None}
    assert effective({"/": {"protect": False}}, own).values == {"organizationalUnit": "A/B", "protect": False, **own}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the profiles of a program that runs."""
    made = tmp_path / "stacks" / "accounts" / "profiles"
    made.mkdir(parents=True)
    monkeypatch.setattr(module, "profiles_file", lambda environment, _root=None: made / f"{environment}.yaml")
    return made


def problems(folder: Path, text: str) -> list[str]:
    (folder / "sandbox.yaml").write_text(text)
    with pytest.raises(ConfigError) as error:
        read_profiles("sandbox")
    return error.value.problems


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Development: {emial: x}", "Development:emial (value 'x'); allowed keys: accessRoleName, alternateContacts"),
        ("Development: {email: x}", "unknown key Development:email"),
        ("A/B: {protect: perhaps}", "A/B:protect is 'perhaps'"),
        ("/: {tags: {'aws:x': y}}", "/:tags.aws:x"),
        ("/: {alternateContacts: {billing: x, security: null}}", "/:alternateContacts.billing is 'x'"),
        ("/: {accessRoleName: DeveloperRole}", "/:accessRoleName is 'DeveloperRole': a role that this project makes"),
        ("/: {roleActions: {DeveloperRole: ['iam:*']}}", "/:roleActions.DeveloperRole.0 is 'iam:*': allowed: actions"),
        ("A//B: {}", "'A//B' is no OU path: allowed: OU names joined by '/', such as Workloads/Development"),
        ("/A: {}", "'/A' is no OU path"),
        ("7: {}", "7 is no OU path: not text"),
        ("A: [tags]", "A is ['tags']; allowed: a mapping with keys of accessRoleName"),
        ("[A]", "it is ['A']; allowed: a mapping of OU paths"),
        ("A: {protect: true}\nA: {protect: false}", "not YAML: the key 'A' is there twice"),
        ("A: {protect: true, protect: false}", "not YAML: the key 'protect' is there twice"),
        ("A: {", "not YAML: "),
    ],
)
def test_a_mistake_in_the_file_is_named(folder: Path, text: str, problem: str) -> None:
    (found,) = problems(folder, text)
    assert found.startswith(f"{LABEL}:")
    assert problem in found


def test_all_mistakes_are_named_at_once(folder: Path) -> None:
    assert len(problems(folder, "A: {protect: x, emial: y}\nB: {blockPublicS3: z}")) == 3


@pytest.mark.parametrize("text", ["", "A:", "/: {}", "A: {tags: null, roleActions: {DeveloperRole: null}}"])
def test_what_may_be_in_the_file(folder: Path, text: str) -> None:
    (folder / "sandbox.yaml").write_text(text)
    read_profiles("sandbox")


@pytest.mark.usefixtures("folder")
def test_no_file_is_no_profile() -> None:
    assert read_profiles("sandbox") == Profiles(LABEL, {})


# The program: plain `pulumi up` has the profiles too.


def account(config: Mapping[str, Any] = ACCOUNT, **options: Any) -> Run:
    return run_program("accounts", "sandbox.developer", config, upstream=UPSTREAM, **options)


def test_the_program_takes_what_the_profiles_have(folder: Path) -> None:
    (folder / "sandbox.yaml").write_text(
        "/:\n  protect: false\n  tags: {Team: all, Owner: nobody}\n"
        "Development:\n  blockPublicS3: false\n  tags: {Team: web}\n"
        "Sandbox:\n  closeOnDeletion: true\n"
    )
    run = account()
    made = run.one("aws:organizations/account:Account")
    assert not made.protect
    assert made.inputs["tags"] == {"Team": "web", **ACCOUNT["tags"]}
    assert made.inputs["closeOnDeletion"] is False
    assert not run.of("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock")


def test_null_in_an_account_s_file_takes_away_in_the_program_too(folder: Path) -> None:
    (folder / "sandbox.yaml").write_text("/: {protect: false, tags: {Team: all}}")
    # The engine passes null as an empty text, and null inside an object as JSON.
    tags = json.dumps({**ACCOUNT["tags"], "Team": None})
    made = account({**ACCOUNT, "protect": "", "tags": tags}).one("aws:organizations/account:Account")
    assert made.protect
    assert made.inputs["tags"] == ACCOUNT["tags"]


def test_without_a_file_nothing_changes(folder: Path) -> None:
    without = account().aws()
    (folder / "sandbox.yaml").write_text("Sandbox: {protect: false}")
    assert account().aws() == without


def test_a_program_names_a_mistake_in_a_profile(folder: Path) -> None:
    (folder / "sandbox.yaml").write_text("Development: {protect: perhaps}")
    message = refusal("accounts", "sandbox.developer", ACCOUNT, upstream=UPSTREAM)
    assert message.startswith(f"{LABEL}: Development:protect is 'perhaps'")


def test_a_program_names_an_ou_that_does_not_exist(folder: Path) -> None:
    (folder / "sandbox.yaml").write_text("Nowhere: {protect: false}")
    message = refusal("accounts", "sandbox.developer", ACCOUNT, upstream=UPSTREAM)
    assert message == (
        f"{LABEL}: a profile names the OU 'Nowhere', which stack org does not export; "
        "allowed: /, Development, Development/Web, Sandbox"
    )


def test_a_program_names_the_profile_of_a_wrong_tag(folder: Path) -> None:
    (folder / "sandbox.yaml").write_text("Development: {tags: {CostCenter: Sales}}")
    config = {**ACCOUNT, "tags": {"Owner": "web"}}
    message = refusal("accounts", "sandbox.developer", config, upstream=UPSTREAM)
    assert f"{FILE}: accounts:tags.CostCenter is 'Sales', from {LABEL} Development; the OU allows: Dev" in message


PASSWORDS = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"


def test_a_password_policy_is_made_only_where_there_is_one(folder: Path) -> None:
    assert account().of(PASSWORDS) == {}
    (folder / "sandbox.yaml").write_text("/: {passwordPolicy: {minimumLength: 20}}")
    made = account().one(PASSWORDS)
    assert "account-inside" in made.provider
    assert made.inputs == {
        "minimumPasswordLength": 20,
        "passwordReusePrevention": 24,
        "maxPasswordAge": 90,
        "allowUsersToChangePassword": True,
        "requireLowercaseCharacters": True,
        "requireUppercaseCharacters": True,
        "requireNumbers": True,
        "requireSymbols": True,
    }
    assert account({**ACCOUNT, "passwordPolicy": ""}).of(PASSWORDS) == {}
    own = account({**ACCOUNT, "passwordPolicy": {"maxAgeDays": 30}}).one(PASSWORDS).inputs
    assert (own["minimumPasswordLength"], own["maxPasswordAge"]) == (14, 30), "it is replaced as a whole"


BUDGET = "aws:budgets/budget:Budget"


def test_a_budget_is_joined_of_what_each_level_says(folder: Path) -> None:
    assert account().of(BUDGET) == {}
    (folder / "sandbox.yaml").write_text(
        "/: {budget: {emails: [costs@example.com]}}\nDevelopment: {budget: {monthlyAmount: 500, actual: [50, 80.5]}}"
    )
    made = account({**ACCOUNT, "budget": {"monthlyAmount": 750.25}}).one(BUDGET)
    assert "account-inside" in made.provider
    alerts = [("ACTUAL", 50), ("ACTUAL", 80.5), ("FORECASTED", 100)]
    assert made.inputs == {
        "name": "organization-monthly",
        "budgetType": "COST",
        "timeUnit": "MONTHLY",
        "limitAmount": "750.25",
        "limitUnit": "USD",
        "notifications": [
            {
                "comparisonOperator": "GREATER_THAN",
                "notificationType": kind,
                "threshold": percent,
                "thresholdType": "PERCENTAGE",
                "subscriberEmailAddresses": ["costs@example.com"],
            }
            for kind, percent in alerts
        ],
    }
    assert account().one(BUDGET).inputs["limitAmount"] == "500.0"
    assert account({**ACCOUNT, "budget": ""}).of(BUDGET) == {}, "null takes it away"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"emails": ["a@example.com"]}, "accounts:budget has no monthlyAmount; allowed: an amount in USD"),
        ({"monthlyAmount": 5}, "accounts:budget tells nobody; allowed: emails, snsTopic or both"),
        ({"actual": [], "forecasted": []}, "accounts:budget has 0 percentages in actual and forecasted; allowed: 1 to"),
        ({"actual": list(range(1, 11))}, "accounts:budget has 11 percentages in actual and forecasted; allowed: 1 to"),
    ],
    ids=["amount", "nobody", "none", "eleven"],
)
def test_a_budget_has_to_be_whole_once_it_is_joined(given: Mapping[str, Any], expected: str, folder: Path) -> None:
    assert not (folder / "sandbox.yaml").exists()
    whole = {"monthlyAmount": 5, "emails": ["a@example.com"]}
    budget = given if given.keys() & whole.keys() else {**whole, **given}
    message = refusal("accounts", "sandbox.developer", {**ACCOUNT, "budget": budget}, upstream=UPSTREAM)
    assert f"{FILE}: {expected}" in message


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("monthlyAmount", 0, "greater than 0"),
        ("monthlyAmount", 0.001, "no more than 2 decimal places"),
        ("monthlyAmount", True, "not a number"),
        ("currency", "EUR", "allowed: USD"),
        ("actual", [80, 80.0], "listed twice"),
        ("forecasted", [-1], "greater than 0"),
        ("emails", ["nobody"], "not an e-mail address"),
        ("emails", [f"a{number}@example.com" for number in range(11)], "a list of 10 or fewer"),
        ("emails", ["a@example.com", "A@example.com"], "listed twice"),
        ("snsTopic", "arn:aws:sns:us-east-1:123456789012:costs.fifo", "a standard SNS topic"),
        ("limit", 5, "allowed keys: actual, currency, emails, forecasted, monthlyAmount, snsTopic"),
    ],
    ids=str,
)
def test_a_budgets_values_are_checked(key: str, value: Any, expected: str, folder: Path) -> None:
    (message,) = problems(folder, json.dumps({"/": {"budget": {key: value}}}))
    assert message.startswith(f"{LABEL}: ")
    assert f"budget.{key}" in message
    assert expected in message


def test_ebs_encrypts_in_the_regions_of_a_profile_too(folder: Path) -> None:
    (folder / "sandbox.yaml").write_text("Development: {regions: [ap-south-1, us-west-2]}")
    made = account().of("aws:ebs/encryptionByDefault:EncryptionByDefault")
    assert {each.inputs["region"] for each in made.values()} == {"ap-south-1", "eu-west-1", "us-east-1", "us-west-2"}
    message = problems(folder, "Development: {regions: [us-west-9]}")
    assert "Development:regions.0 is 'us-west-9'" in message[0]
    assert "listed twice" in problems(folder, "/: {regions: [us-west-2, us-west-2]}")[0]
