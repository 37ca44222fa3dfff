"""The repository's own `stacks/*/Pulumi.sandbox*.yaml`, as they are: what `make sandbox` deploys.

No other test reads them, so they may be edited: these hold after every edit that is right.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from automation.configuration import check
from bench.copies import copy_repository
from shared.layers import discover
from tests.e2e.project import Project

pytestmark = pytest.mark.e2e


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Project]:
    """A copy of the repository that keeps its own files."""
    copy_repository(tmp_path)
    project = Project(tmp_path)
    yield project
    project.close()


def test_the_files_are_right_by_the_check_that_every_run_makes() -> None:
    check(discover("sandbox"))


def test_the_files_deploy_and_the_engine_has_nothing_to_change_in_them(own: Project) -> None:
    stacks = discover("sandbox", own.root)
    before = {stack.label: stack.config_file(own.root).read_text() for stack in stacks}
    own.invoke("deploy-all")
    again = own.invoke("deploy-all").output
    assert re.search(rf"^ *all +{len(stacks)} of {len(stacks)} done +0 +0 +0 +0 ", again, re.MULTILINE), again
    after = {stack.label: stack.config_file(own.root).read_text() for stack in stacks}
    # A file of `invoke add-account` has no salt before its first deployment.
    salted = {label: text for label, text in before.items() if "\nencryptionsalt: " in text}
    assert {label: after[label] for label in salted} == salted
