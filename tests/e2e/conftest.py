"""The end-to-end tests' project: one deployed organization for the tests of a story."""

import shutil
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.project import Project


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many random edits were made, where they were (not by the workers of xdist)."""
    edits = sys.modules.get("tests.e2e.test_random_edits")
    if edits and edits.TALLY:
        terminalreporter.section(f"{sum(edits.TALLY)} random edits in {len(edits.TALLY)} rounds")


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A copy of the repository whose sandbox nobody else uses; nothing is deployed yet."""
    # What a run records holds for one folder, so those that begin with `deployed` have the same one, after each other.
    after_each_other = any("deployed" in each.fixturenames for each in _of_module(request))
    root = tmp_path_factory.getbasetemp() / "deployed" if after_each_other else tmp_path_factory.mktemp("project")
    if root.exists():
        shutil.rmtree(root)
    made = Project.copy_to(root)
    yield made
    made.close()


def _of_module(request: pytest.FixtureRequest) -> list[pytest.Function]:
    items = request.session.items
    return [each for each in items if isinstance(each, pytest.Function) and each.path == request.path]


@pytest.fixture(scope="module")
def upstream(project: Project) -> Project:
    """The project with everything deployed that accounts read, and no account."""
    project.invoke("deploy-all", "--layer", "org", "--layer", "identity", "--layer", "policies")
    return project


@pytest.fixture(scope="session")
def first_deployment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Project], None]:
    """Makes a project one after its first `invoke deploy-all`: the first time by that, then by a copy of the result."""
    kept = tmp_path_factory.getbasetemp() / "after-the-first-deployment"

    def deploy(project: Project) -> None:
        if kept.exists():
            project.close()  # an earlier test of the module may have started it
            shutil.rmtree(project.root)
            shutil.copytree(kept, project.root, symlinks=True)
            url = project.url
            project.invoke("sandbox.start")
            if project.url == url:
                return
            # Another program has the port by now, and with another one nothing that was recorded holds.
            project.close()
            shutil.rmtree(kept)
            shutil.rmtree(project.root)
            Project.copy_to(project.root)
        output = project.invoke("deploy-all").output
        (project.root / "first-deploy.txt").write_text(output)
        project.close()
        shutil.copytree(project.root, kept, symlinks=True)
        project.invoke("sandbox.start")

    return deploy


@pytest.fixture(scope="module")
def deployed(project: Project, first_deployment: Callable[[Project], None]) -> Project:
    """The project after its first `invoke deploy-all`, whose output is in `first-deploy.txt`."""
    first_deployment(project)
    return project
