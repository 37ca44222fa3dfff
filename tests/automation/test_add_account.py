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


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"email": "no address"}, "accounts:email is 'no address'"),
        ({"email": "developer-account@example.com"}, "allowed: an address that no other account has"),
        ({"unit": "Nowhere"}, "names the OU 'Nowhere', which stack org does not export; allowed: Development"),
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
