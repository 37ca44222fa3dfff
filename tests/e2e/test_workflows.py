"""`invoke workflows` as it is printed, in an environment `prod` that needs no deployment for it."""

from __future__ import annotations

import re

import pytest

from shared.layers import ROOT
from tests.configuration import write_production
from tests.e2e.project import Project

pytestmark = pytest.mark.e2e

DEPLOYMENTS = "invoke workflows --deployments deployments --organization acme --repository acme/infrastructure"
OPERATOR = (
    "invoke workflows --operator operator --repository acme/infrastructure "
    '--backend "s3://acme-states?region=eu-central-1" --commit "$(git rev-parse HEAD)"'
)
SEVERAL = "invoke workflows --env prod --env staging"


@pytest.fixture(scope="module")
def prod(project: Project) -> Project:
    write_production(project.root)
    for file in (project.root / "stacks").glob("*/Pulumi.prod*.yaml"):
        new = file.with_name(file.name.replace("prod", "staging"))
        text = file.read_text().replace("123456789012", "210987654321")
        new.write_text(text.replace("@example.com", "@staging.example.com"))
    git = "git -c user.name=a -c user.email=a@example.com"
    project.run("bash", "-c", f"{git} init -q && {git} commit -q --allow-empty -m a")
    return project


@pytest.mark.parametrize("command", [DEPLOYMENTS, OPERATOR], ids=["deployments", "operator"])
def test_the_commands_write_what_the_document_shows(prod: Project, command: str) -> None:
    document = (ROOT / "docs" / "deployments-and-operator.md").read_text()
    (shown,) = re.findall(rf"\$ {re.escape(command)}\n(.*?)```", document, re.DOTALL)
    assert prod.run("bash", "-c", command).output == shown
    for name in re.findall(r"wrote (.*)", shown):
        assert (prod.root / name).is_file()


def test_several_environments(prod: Project) -> None:
    written = prod.run("bash", "-c", SEVERAL).output
    assert "wrote .github/workflows/deploy-staging.yml" in written
    assert "removed .github/workflows/deploy-staging.yml" in prod.invoke("workflows").output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--env nope", "no environment is called 'nope'"),
        ("--env sandbox", "--env sandbox: its AWS is on this machine alone"),
        ("--deployments deployments", "--organization is missing"),
        ("--operator operator --repository acme/a --backend s3://a --commit main", "--commit is 'main'"),
    ],
    ids=["unknown", "sandbox", "organization", "commit"],
)
def test_a_mistake_is_one_line(prod: Project, options: str, said: str) -> None:
    output = prod.run("bash", "-c", f"invoke workflows {options}", expect=1).output
    assert output.startswith(said)
    assert output.count("\n") == 1
