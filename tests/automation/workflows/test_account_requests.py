"""The workflow of account requests, and the form that is written with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from automation.vending.form import APPROVED, REQUESTED
from automation.workflows import account_requests, command
from automation.workflows.steps import PROD, Place
from shared.layers import ROOT
from tests.configuration import write_production, write_sandbox

FORM = ".github/ISSUE_TEMPLATE/new-account.yml"
STAGING = Place("staging", first=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return write_production(write_sandbox(tmp_path))


def accepted(file: Path) -> bool:
    check = str(Path(sys.executable).with_name("check-jsonschema"))
    words = [check, "--builtin-schema", "vendor.github-issue-forms", str(file)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def test_the_form_is_one_of_github(repository: Path) -> None:
    command.write(root=repository)
    file = repository / FORM
    assert "from the files of environment prod." in file.read_text()
    assert accepted(file)
    assert accepted(ROOT / FORM)
    form = yaml.safe_load(file.read_text())
    assert form["labels"] == [REQUESTED]
    labels = [each["attributes"].get("label") for each in form["body"]]
    assert len(labels) == len(set(labels)), "GitHub takes each once"
    file.write_text(file.read_text().replace("type: dropdown", "type: list"))
    assert not accepted(file)


def test_before_there_is_an_environment_the_form_is_of_the_sandbox(tmp_path: Path) -> None:
    (text,) = account_requests.forms(PROD, write_sandbox(tmp_path)).values()
    assert "from the files of environment sandbox." in text


def test_an_environment_s_workflow_reads_its_own_requests(repository: Path) -> None:
    ((name, text),) = account_requests.workflows(STAGING).items()
    assert name == ".github/workflows/new-account-staging.yml"
    assert f"contains(github.event.issue.labels.*.name, '{REQUESTED}-staging')" in text
    for file in (repository / "stacks").glob("*/Pulumi.prod*.yaml"):
        file.rename(file.with_name(file.name.replace("prod", "staging")))
    (form,) = account_requests.forms(STAGING, repository).values()
    assert yaml.safe_load(form)["labels"] == [f"{REQUESTED}-staging"]


def test_nobody_s_request_is_read_before_it_is_known_who_asks() -> None:
    (text,) = account_requests.workflows().values()
    jobs = yaml.safe_load(text)["jobs"]
    who, request = jobs["who"], jobs["request"]
    assert who["permissions"] == {}
    assert "uses" not in str(who["steps"])
    for condition in (
        "github.event.issue.state == 'open'",
        f"'{REQUESTED}'",
        f"github.event.label.name == '{APPROVED}'",
    ):
        assert condition in who["if"]
    assert request["if"] == "needs.who.outputs.may == 'true'"
    assert request["needs"] == ["who"]
    assert "id-token" not in request["permissions"], "it has no role in AWS"
    checkout = next(step["with"] for step in request["steps"] if "checkout" in step.get("uses", ""))
    assert checkout == {"ref": "main", "persist-credentials": False}
    with_token = [step["name"] for step in request["steps"] if "GH_TOKEN" in step.get("env", {})]
    assert with_token == ["Bring the pull request up to date", "Post the comment"]
