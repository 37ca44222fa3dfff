"""From an organization that exists to a team that works on it: the states in S3, their secrets under a key of KMS."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.s3 import Server, served
from tests import organizations
from tests.e2e.accidents import control, kill_both, until
from tests.e2e.project import Project
from tests.e2e.test_adopt import NOTHING, company, everything, shell_variables

pytestmark = pytest.mark.e2e

BUCKET = "states"
LOCKS = ".pulumi/locks/"
SKIPPED = "unchanged (inputs)"

PLAN = organizations.Plan(
    units=((0, "Workloads"), (1, "Prod/EU")),
    accounts=(organizations.Account("shop", 2, "OrganizationalAccountAccessRole", {"Env": "no"}, closed=False),),
    policies=(
        organizations.Policy("Deny", organizations.SCP, organizations.DOCUMENTS[organizations.SCP][0], "", (1,), False),
    ),
    types=frozenset(),
    services=frozenset({"sso.amazonaws.com"}),
    developers=1,
    groups=frozenset({"developers"}),
    permission_sets=(organizations.PermissionSet("Admins", "administrators", (0,)),),
)


@dataclass
class Team:
    """The repository of somebody here, that of a colleague, and what both have their states in."""

    project: Project
    colleague: Path
    server: Server
    url: str

    def run(self, command: str, where: Path | None = None, expect: int | None = 0) -> str:
        """Run a command, here or at the colleague's."""
        there = where or self.project.root
        script = (
            f"export PULUMI_BACKEND_URL='{self.url}' PYTHONPATH={there}; unset PULUMI_CONFIG_PASSPHRASE; cd {there}"
        )
        output = self.project.shell(f"{script}; {command}", expect=expect).output
        assert "Traceback" not in output, output
        return output

    def keys(self, prefix: str) -> list[str]:
        """What is in the bucket."""
        found = self.server.client().list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [each["Key"] for each in found.get("Contents", [])]


@pytest.fixture
def team(project: Project, tmp_path: Path) -> Iterator[Team]:
    for folder in project.root.glob("stacks/*/*.example"):
        folder.unlink()
    company(project, PLAN)
    with served(tmp_path) as server:
        colleague = Project.copy_to(tmp_path / "colleague")
        yield Team(project, colleague.root, server, server.bucket(BUCKET))


def test_an_organization_is_adopted_and_a_team_goes_on_with_it(team: Team) -> None:
    project = team.project
    calls, before = control(project, "GET", "calls"), everything(project)
    adopt = ["adopt", "--env", "prod", "--yes", "--secrets-provider", team.server.key()]

    # Killed in the middle. Who has the lock is said, since when, and what frees it.
    variables = {**shell_variables(project), "PULUMI_BACKEND_URL": team.url}
    del variables["PULUMI_CONFIG_PASSPHRASE"]
    running = project.start(*adopt, env=variables)
    until(lambda: [key for key in team.keys(LOCKS) if "/identity/" in key] or running.poll() is not None, 200)
    assert running.poll() is None, running.communicate()[0]
    kill_both(running)
    while left := team.keys(LOCKS):
        said = team.run(f"invoke {' '.join(adopt[:-2])}", expect=1)
        assert re.search(r"locked by another run \(\S+@\S+, process \d+, since 20\d\d-", said), said
        commands = set(re.findall(r"pulumi cancel -s prod\S* --cwd stacks/\w+", said))
        assert commands, said
        for command in commands:
            team.run(f"{command} --yes")
        assert len(team.keys(LOCKS)) < len(left)
    assert NOTHING in team.run(f"invoke {' '.join(adopt[:-2])}")
    assert organizations.writes(control(project, "GET", "calls")) == organizations.writes(calls)
    assert everything(project) == before

    # What is added is seen first, and changes nothing of what was there.
    assert NOTHING in team.run("invoke preview-all --env prod")
    team.run("invoke deploy-all --env prod --yes")
    after = everything(project)
    assert {key: value for key, value in after.items() if key not in ("users", "groups")} == {
        key: value for key, value in before.items() if key not in ("users", "groups")
    }

    # A colleague with a clone of the repository has nothing to do, and then nothing is run, here neither.
    shutil.rmtree(team.colleague / "stacks")
    shutil.copytree(project.root / "stacks", team.colleague / "stacks")
    team.run("invoke deploy-all --env prod --yes", team.colleague)
    for where in (team.colleague, project.root):
        output = team.run("invoke deploy-all --env prod --yes", where)
        skipped = {line.partition("|")[0].strip() for line in output.splitlines() if line.endswith(f"| {SKIPPED}")}
        # The groups of Identity Center that are looked up are asked for each time.
        assert skipped == {"org", "policies", "accounts/shop"}, output
    team.run("invoke drift --env prod")

    # One account more.
    new = "--email new@example.com --ou Workloads/Prod-EU"
    team.run(f"invoke add-account new {new} --env prod && invoke up accounts/new --env prod --yes")
    assert "new" in {each["Name"] for each in everything(project)["accounts"]}
