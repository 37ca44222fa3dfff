"""Whatever a platform team edits: the preview says what the deployment does, and then there is nothing more to do.

`make edits` tries several hundred edits; `make test` a few.
"""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from tests import edits
from tests.conftest import rounds
from tests.e2e.project import Project
from tests.e2e.reports import files, steps

pytestmark = pytest.mark.e2e

TALLY: list[int] = []
"""The number of edits of each round, which `make edits` shows at its end."""


class Team:
    """Edits the organization of a project, and keeps a list of what it did."""

    def __init__(self, project: Project, scratch: Path) -> None:
        self.project = project
        self.organization = edits.start()
        self.log: list[str] = []
        self.failure: AssertionError | None = None
        self._scratch = scratch
        for file in project.root.glob("stacks/*/Pulumi.sandbox*.yaml"):
            file.unlink()
        self.organization.write(scratch)
        self.organization.write(project.root)
        project.invoke("deploy-all")

    def edit(self, chosen: list[tuple[edits.Edit, int]]) -> set[str]:
        """Make the edits; returns the names of the accounts that they add."""
        before = copy.deepcopy(self.organization)
        self.organization, done = edits.edited(before, chosen, self._scratch)
        self.organization.write(self.project.root)
        TALLY.append(len(done))
        self.log += [f"-- round, {len(done)} edits", *done]
        return {keys["name"] for name, keys in self.organization.accounts.items() if name not in before.accounts}

    def accounts(self) -> dict[str, str]:
        """Name and status of every account in AWS."""
        pages = self.project.aws("organizations").get_paginator("list_accounts").paginate()
        return {account["Name"]: account["Status"] for page in pages for account in page["Accounts"]}


@pytest.fixture(scope="module")
def team(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Team:
    return Team(project, tmp_path_factory.mktemp("scratch"))


_ONE = st.tuples(st.sampled_from(edits.EDITS), st.integers(0, 2**32))


@rounds(1)
@given(chosen=st.lists(_ONE, min_size=2, max_size=6))
def test_the_preview_is_the_truth_whatever_is_edited(team: Team, chosen: list[tuple[edits.Edit, int]]) -> None:
    if team.failure:  # hypothesis tries a failing round again, and what is deployed is another organization by then
        raise team.failure
    project, accounts = team.project, team.accounts()
    added = team.edit(chosen)
    try:
        before = files(project)
        planned = steps(project, "preview-all")
        assert files(project) == before, "a preview has written something"
        done = steps(project, "deploy-all")
        assert done <= planned, f"not previewed: {sorted(done - planned)}"
        assert steps(project, "preview-all", "--force") == set()
        project.invoke("drift")
        assert team.accounts() == accounts | dict.fromkeys(added, "ACTIVE")
    except AssertionError as error:
        team.failure = AssertionError("\n".join([str(error), *team.log]))
        raise team.failure from None
    for line in team.log[-len(chosen) :]:
        event(line.partition(" ")[0])
