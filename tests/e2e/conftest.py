"""The end-to-end tests' project: one deployed organization for the tests of a story."""

import sys
from collections.abc import Iterator

import pytest

from tests.e2e.project import Project


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many random edits were made, where they were (not by the workers of xdist)."""
    edits = sys.modules.get("tests.e2e.test_random_edits")
    if edits and edits.TALLY:
        terminalreporter.section(f"{sum(edits.TALLY)} random edits in {len(edits.TALLY)} rounds")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A copy of the repository whose sandbox nobody else uses; nothing is deployed yet."""
    made = Project.copy_to(tmp_path_factory.mktemp("project"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def upstream(project: Project) -> Project:
    """The project with everything deployed that accounts read, and no account."""
    project.invoke("deploy-all", "--layer", "org", "--layer", "identity", "--layer", "policies")
    return project


@pytest.fixture(scope="module")
def deployed(project: Project) -> Project:
    """The project after its first `invoke deploy-all`, whose output is in `first-deploy.txt`."""
    output = project.invoke("deploy-all").output
    (project.root / "first-deploy.txt").write_text(output)
    return project
