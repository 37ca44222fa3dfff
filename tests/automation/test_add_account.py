"""Adding an account's configuration."""

from pathlib import Path

import pytest
import yaml

from automation.add_account import add_account
from shared.errors import ConfigError, LayerError
from shared.layers import discover
from tests.configuration import write_production, write_sandbox

TAGS = {"CostCenter": "Development", "Owner": "platform-team"}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Configuration files alone."""
    return write_sandbox(tmp_path)


def test_what_is_written_is_a_stack_that_passes_every_check(copy: Path) -> None:
    file = add_account("sandbox", "data-lake", email="lake@example.com", unit="Development", tags=TAGS, root=copy)
    assert file == copy / "stacks" / "accounts" / "Pulumi.sandbox.data-lake.yaml"
    written = yaml.safe_load(file.read_text())["config"]
    assert written == {
        "aws:region": "us-west-2",
        "accounts:name": "DataLakeAccount",
        "accounts:email": "lake@example.com",
        "accounts:organizationalUnit": "Development",
        "accounts:tags": TAGS,
    }
    assert "accounts/data-lake" in [stack.label for stack in discover("sandbox", copy)]


def test_it_belongs_to_the_management_account_of_its_environment(copy: Path) -> None:
    write_production(copy, "012345678901")
    file = add_account("prod", "data-lake", email="lake@example.com", unit="Development", tags=TAGS, root=copy)
    assert "aws:allowedAccountIds:\n  - '012345678901'\n" in file.read_text()


def test_its_secrets_are_encrypted_as_those_of_the_environment_are(copy: Path) -> None:
    org = copy / "stacks" / "org" / "Pulumi.sandbox.yaml"
    org.write_text(f"secretsprovider: awskms://alias/pulumi\nencryptedkey: of-org\n{org.read_text()}")
    file = add_account("sandbox", "data-lake", email="lake@example.com", unit="Development", tags=TAGS, root=copy)
    written = yaml.safe_load(file.read_text())
    assert written["secretsprovider"] == "awskms://alias/pulumi"
    assert set(written) == {"secretsprovider", "config"}, "a key is for one stack"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"email": "no address"}, "accounts:email is 'no address'"),
        ({"email": "developer-account@example.com"}, "allowed: an address that no other account has"),
        ({"unit": "Nowhere"}, "names the OU 'Nowhere', which stack org does not export; allowed: /, Development"),
        ({"tags": {**TAGS, "CostCenter": "Gold"}}, "CostCenter"),
        ({"region": "mars-1"}, "aws:region is 'mars-1'"),
        ({"name": "developer"}, "account 'developer' exists already"),
    ],
)
def test_bad_input_is_one_error_and_no_file(copy: Path, changed: dict[str, object], message: str) -> None:
    files = sorted(copy.rglob("*.yaml"))
    arguments: dict[str, object] = {"email": "lake@example.com", "unit": "Development", "tags": TAGS, **changed}
    name = str(arguments.pop("name", "data-lake"))
    with pytest.raises(ConfigError) as caught:
        add_account("sandbox", name, root=copy, **arguments)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert len(caught.value.problems) == 1
    assert sorted(copy.rglob("*.yaml")) == files


def test_bad_names(copy: Path) -> None:
    with pytest.raises(LayerError, match="account 'Data Lake': allowed are"):
        add_account("sandbox", "Data Lake", email="a@example.com", unit="Development", tags=TAGS, root=copy)
    with pytest.raises(LayerError, match="no environment is called 'nope'"):
        add_account("nope", "lake", email="a@example.com", unit="Development", tags=TAGS, root=copy)


def edit(copy: Path, file: str, **keys: object) -> None:
    path = copy / "stacks" / file
    document = yaml.safe_load(path.read_text())
    document["config"] |= {name.replace("_", ":", 1): value for name, value in keys.items()}
    path.write_text(yaml.safe_dump(document))


def test_its_address_is_by_the_setting_unless_one_is_given(copy: Path) -> None:
    edit(copy, "org/Pulumi.sandbox.yaml", org_accountEmail="aws+{name}@example.com")
    file = add_account("sandbox", "data-lake", unit="Development", tags=TAGS, root=copy)
    assert "accounts:email: aws+data-lake@example.com\n" in file.read_text()
    file = add_account("sandbox", "other", email="other@example.com", unit="Development", tags=TAGS, root=copy)
    assert "accounts:email: other@example.com\n" in file.read_text()


def test_without_address_and_setting_the_error_says_where_to_write_one(copy: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        add_account("sandbox", "data-lake", unit="Development", tags=TAGS, root=copy)
    assert str(caught.value).startswith("stacks/org/Pulumi.sandbox.yaml: org:accountEmail is missing")
    assert "--email ADDRESS" in str(caught.value)


@pytest.mark.parametrize("scheme", ["aws@example.com", "{name}{name}@example.com", "{name}", "a {name}@example.com"])
def test_a_setting_that_makes_no_address_is_refused(copy: Path, scheme: str) -> None:
    edit(copy, "org/Pulumi.sandbox.yaml", org_accountEmail=scheme)
    with pytest.raises(ConfigError) as caught:
        add_account("sandbox", "data-lake", unit="Development", tags=TAGS, root=copy)
    assert any("org:accountEmail is" in each and "aws+{name}@example.com" in each for each in caught.value.problems)
    assert not (copy / "stacks/accounts/Pulumi.sandbox.data-lake.yaml").exists()


def test_it_signs_in_as_the_other_accounts_do(copy: Path) -> None:
    for account in ("developer", "shared-test"):
        edit(copy, f"accounts/Pulumi.sandbox.{account}.yaml", aws_profile="accounts")
    file = add_account("sandbox", "data-lake", email="lake@example.com", unit="Development", tags=TAGS, root=copy)
    assert yaml.safe_load(file.read_text())["config"]["aws:profile"] == "accounts"
    edit(copy, "accounts/Pulumi.sandbox.developer.yaml", aws_profile="other")
    file = add_account("sandbox", "shop", email="shop@example.com", unit="Development", tags=TAGS, root=copy)
    assert "aws:profile" not in file.read_text()
