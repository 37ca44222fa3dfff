"""What no two accounts of AWS may have is found before a run, in one environment and across several."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from automation.configuration import check
from shared.errors import ConfigError
from shared.layers import discover
from tests.configuration import write_production, write_sandbox

PROD = "stacks/accounts/Pulumi.prod.developer.yaml"
SHARED = "stacks/accounts/Pulumi.prod.shared-test.yaml"
STAGING = "stacks/accounts/Pulumi.staging.developer.yaml"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files of a sandbox, and of `prod` and `staging` with accounts that have nothing in common."""
    write_production(write_sandbox(tmp_path))
    for file in sorted((tmp_path / "stacks").glob("*/Pulumi.prod*.yaml")):
        document = yaml.safe_load(file.read_text())
        document["config"]["aws:allowedAccountIds"] = ["210987654321"]
        if email := document["config"].get("accounts:email"):
            document["config"]["accounts:email"] = f"staging-{email}"
        file.with_name(file.name.replace("prod", "staging")).write_text(yaml.dump(document))
    return tmp_path


def configure(copy: Path, file: str, **keys: Any) -> None:
    path = copy / file
    document = yaml.safe_load(path.read_text())
    document["config"].update({f"accounts:{key}": value for key, value in keys.items()})
    path.write_text(yaml.dump(document))


def problems(copy: Path, environment: str) -> list[str]:
    try:
        check(discover(environment, copy), copy)
    except ConfigError as error:
        return error.problems
    return []


def test_what_the_sandbox_has_is_taken_nowhere_else(copy: Path) -> None:
    configure(copy, "stacks/accounts/Pulumi.sandbox.developer.yaml", alias="acme")
    configure(copy, PROD, alias="acme")
    assert problems(copy, "prod") == problems(copy, "staging") == problems(copy, "sandbox") == []


@pytest.mark.parametrize(
    ("key", "value", "there", "allowed"),
    [
        (
            "email",
            "Developer-Account@example.com",
            "developer-account@example.com",
            "an address that no other account has",
        ),
        ("alias", "acme-dev", "acme-dev", "an alias that no other account has, in any organization"),
    ],
)
def test_what_an_account_of_another_environment_has(copy: Path, key: str, value: str, there: str, allowed: str) -> None:
    configure(copy, PROD, **{key: there})
    configure(copy, STAGING, **{key: value})
    assert problems(copy, "staging") == [
        f"{STAGING}: accounts:{key} is {value!r}, which {PROD} has too; allowed: {allowed}"
    ]
    assert problems(copy, "prod") == [
        f"{PROD}: accounts:{key} is {there!r}, which {STAGING} has too; allowed: {allowed}"
    ]


def test_an_alias_twice_in_one_environment(copy: Path) -> None:
    for file in (PROD, SHARED):
        configure(copy, file, alias="acme-dev")
    (problem,) = problems(copy, "prod")
    assert problem.startswith(f"{SHARED}: accounts:alias is 'acme-dev', which {PROD} has too; allowed: an alias")


def test_a_file_of_another_environment_that_is_not_yaml_is_that_ones_problem(copy: Path) -> None:
    (copy / PROD).write_text("config: {accounts:email: staging-developer-account@example.com\n  - [")
    assert problems(copy, "staging") == []
