"""Every file of an environment names its one management account; each way to get that wrong is one clear problem."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from automation.configuration import check
from shared.errors import ConfigError
from shared.layers import discover
from shared.yaml_files import Dumper
from tests.configuration import write_production, write_sandbox

ORG, DEVELOPER = "stacks/org/Pulumi.prod.yaml", "stacks/accounts/Pulumi.prod.developer.yaml"
NONE = object()
ID = "123456789012"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_production(write_sandbox(tmp_path))


def name(root: Path, value: Any, *files: str) -> None:
    """Put `value` under the key in the files, all of `prod` by default; NONE takes the key out."""
    for file in [root / each for each in files] or (root / "stacks").glob("*/Pulumi.prod*.yaml"):
        document = yaml.safe_load(file.read_text())
        document["config"].pop("aws:allowedAccountIds", None)
        if value is not NONE:
            document["config"]["aws:allowedAccountIds"] = value
        file.write_text(yaml.dump(document, Dumper=Dumper))


def problem(root: Path, environment: str = "prod", choose: Callable[[str], bool] = lambda _label: True) -> str:
    with pytest.raises(ConfigError) as error:
        check([stack for stack in discover(environment, root) if choose(stack.label)], root)
    (only,) = error.value.problems
    return only


@pytest.mark.parametrize("digits", ["012345678901", "012345670123", "000000000089"])
def test_an_id_without_quotes_is_a_number_to_the_engine(root: Path, digits: str) -> None:
    name(root, [ID])
    file = root / ORG
    file.write_text(file.read_text().replace(f"'{ID}'", digits))
    assert digits in file.read_text()
    assert "a number; quote it" in problem(root)


@pytest.mark.parametrize("value", [[ID], ["012345678901"], f'["{ID}"]', f' [ "{ID}" ]'])
def test_one_id_in_every_file_is_right(root: Path, value: Any) -> None:
    name(root, value)
    check(discover("prod", root), root)
    # The sandbox needs none.
    check(discover("sandbox", root), root)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([123456789012], r"is \[123456789012\]: a number; quote it"),
        ([0o12345670], r"a number; quote it"),
        ("[123456789012]", r"a number; quote it"),
        (ID, "is '123456789012': not a list"),
        (int(ID), "is 123456789012: not a list"),
        ("[", "not a list"),
        (None, "is None: not a list"),
        ([], "0 ids, and an environment belongs to one account"),
        ([ID, "210987654321"], "2 ids, and"),
        (["12345678901"], "has 12 digits"),
        (["1234-5678-9012"], "has 12 digits"),
        (["arn:aws:iam::123456789012:root"], "has 12 digits"),
        ([None], "has 12 digits"),
        ({"secure": "v1:q83vq83vq83vq83v:q83v"}, "is encrypted: not a list"),
    ],
)
def test_a_value_that_is_not_one_quoted_id(root: Path, value: Any, why: str) -> None:
    name(root, value, ORG)
    found = problem(root)
    assert found.startswith(f"{ORG}: aws:allowedAccountIds is ")
    assert re.search(why, found)
    assert found.endswith('in quotes: aws:allowedAccountIds: ["123456789012"]')
    assert "v1:q83vq83vq83vq83v:q83v" not in found


def test_files_without_it_are_one_problem_that_says_how_to_find_the_id(root: Path) -> None:
    name(root, NONE, ORG, DEVELOPER)
    found = problem(root)
    assert found.startswith(f"{ORG}, {DEVELOPER}: aws:allowedAccountIds is missing; allowed: ")
    assert found.endswith("aws sts get-caller-identity --query Account --output text")
    # Also of a stack that is only read.
    name(root, ["123456789012"], DEVELOPER)
    assert problem(root, choose=lambda label: label == "accounts/developer").startswith(f"{ORG}: ")


def test_two_ids_in_one_environment_are_one_problem_that_names_both_files(root: Path) -> None:
    name(root, ["210987654321"], DEVELOPER)
    assert problem(root).startswith(
        f"{DEVELOPER}: aws:allowedAccountIds is 210987654321, and in {ORG} it is 123456789012; allowed: the same id"
    )


@pytest.mark.parametrize("other", ["dev", "sandbox"])
def test_two_environments_of_one_account_are_one_problem_that_names_both(root: Path, other: str) -> None:
    file = root / f"stacks/identity/Pulumi.{other}.yaml"
    config = {**yaml.safe_load((root / ORG).read_text())["config"], "aws:allowedAccountIds": f'["{ID}"]'}
    file.write_text(yaml.safe_dump({"config": {key: config[key] for key in config if key.startswith("aws:")}}))
    assert problem(root) == (
        f"{ORG}: aws:allowedAccountIds is {ID}, which stacks/identity/Pulumi.{other}.yaml has too; "
        "allowed: one environment for each management account"
    )


def test_a_mistake_in_another_environment_is_not_reported_here(root: Path) -> None:
    for text in ("config: [", "config: {aws:allowedAccountIds: 7}\n"):
        (root / "stacks/org/Pulumi.dev.yaml").write_text(text)
        check(discover("prod", root), root)
