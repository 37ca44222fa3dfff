"""What a team does with an organization that exists and a state in S3, line by line; the key of secrets is KMS's.

A colleague works on a machine of their own: another copy of the repository, with nothing that this one remembers.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from bench.copies import copy_repository
from bench.s3 import Server, served
from tests import organizations
from tests.e2e.accidents import calls, control, faults, kill_both, until
from tests.e2e.project import REGION, Project

pytestmark = pytest.mark.e2e

# The group that has the permission set is looked up, so the program asks AWS for it.
PLAN = organizations.Plan(
    units=((0, "Workloads"),),
    accounts=(organizations.Account("Web", 1, None, {}, closed=False),),
    policies=(),
    types=frozenset(organizations.DOCUMENTS),
    services=frozenset({"sso.amazonaws.com"}),
    developers=1,
    groups=frozenset({"developers"}),
    permission_sets=(organizations.PermissionSet("Admins", "empty", (0,)),),
)

READ = "DescribeOrganizationalUnit"
"""What an import asks AWS for, and the adoption itself does not."""

SKIPPED = "unchanged (inputs)"
NOTHING = "Nothing that exists would change; "
STACKS = ("org", "identity", "policies", "accounts/web")


@dataclass(frozen=True)
class Machine:
    """Somebody's copy of the repository, and the variables of their shell."""

    project: Project
    variables: Mapping[str, str]

    def run(self, command: str, expect: int = 0) -> str:
        """Run a command as it is printed."""
        output = self.project.run("bash", "-c", command, env=self.variables, expect=expect).output
        print(command, output, sep="\n")
        assert "Traceback" not in output
        return output

    def deploy(self, more: str = "--yes") -> dict[str, str]:
        """Deploy the environment; what the summary says of each stack."""
        printed = self.run(f"invoke deploy-all --env prod {more}")
        summary = printed[printed.rindex("  stack  ") :].partition("  all  ")[0].splitlines()[2:]
        return dict(re.split(r" {2,}", line.strip())[:2] for line in summary if line.startswith("  ") and line.strip())

    def pulls(self, other: Machine) -> None:
        """Get the configuration that the other one has committed."""
        for file in other.project.root.glob("stacks/**/*.yaml"):
            there = self.project.root / file.relative_to(other.project.root)
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, there)


@dataclass(frozen=True)
class Team:
    """Two who work with the state in one bucket."""

    here: Machine
    colleague: Machine
    server: Server

    def locks(self) -> list[str]:
        """The locks in the bucket."""
        found = self.server.client().list_objects_v2(Bucket="states", Prefix=".pulumi/locks/")
        return [each["Key"] for each in found.get("Contents", [])]


def without_configuration(project: Project) -> Project:
    for file in (*project.root.glob("stacks/*/Pulumi.*.*"), *project.root.glob("stacks/policies/environments/*/*")):
        file.unlink()
    return project


@pytest.fixture(scope="module")
def team(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    without_configuration(project).invoke("sandbox.start")
    made = organizations.make(PLAN, project.aws)
    control(project, "POST", "identity-center", {"region": REGION})
    organizations.make_people(PLAN, project.aws, made)
    other = Project(tmp_path_factory.mktemp("colleague"))
    copy_repository(other.root)
    without_configuration(other)
    variables = dict(line.split("=", 1) for line in project.shell("env -0").output.split("\0") if "=" in line)
    shutil.copytree(f"{variables['PULUMI_HOME']}/plugins", other.root / "home/plugins", symlinks=True)
    with served(tmp_path_factory.mktemp("s3")) as server:
        variables["PULUMI_BACKEND_URL"] = server.bucket("states")
        del variables["PULUMI_CONFIG_PASSPHRASE"]
        theirs = {**variables, "PULUMI_HOME": str(other.root / "home")}
        for name in ("PATH", "PYTHONPATH"):
            theirs[name] = variables[name].replace(str(project.root), str(other.root))
        yield Team(Machine(project, variables), Machine(other, theirs), server)


def adoption_is_killed_and_goes_on(team: Team) -> None:
    here = team.here
    adopt = f"invoke adopt --env prod --yes --secrets-provider '{team.server.key()}'"
    faults(here.project, {"service": "organizations", "action": READ, "delay_seconds": 5, "times": 20})
    running = here.project.start(*adopt.replace("'", "").split()[1:], env=here.variables)
    until(lambda: team.locks() and calls(here.project, "organizations", READ))
    kill_both(running)
    control(here.project, "DELETE", "faults")

    said = here.run(adopt, expect=1)
    found = re.search(
        r"the stack is locked by another run \(\S+@\S+, process \d+, since \d{4}-\S+\)\. .* with: (.*)", said
    )
    assert found, said
    assert found[1] == "pulumi cancel -s prod --cwd stacks/org"
    here.run(f"PULUMI_SKIP_CONFIRMATIONS=true {found[1]}")  # here nobody answers what plain `pulumi` asks
    assert NOTHING in here.run(adopt)


def test_from_an_organization_that_exists_to_a_colleague_s_account(team: Team) -> None:
    here, colleague = team.here, team.colleague
    adoption_is_killed_and_goes_on(team)
    assert NOTHING in here.run("invoke preview-all --env prod")
    assert here.deploy() == {**dict.fromkeys(STACKS, "deployed"), "org": "unchanged"}

    colleague.pulls(here)
    assert colleague.deploy() == dict.fromkeys(STACKS, "unchanged")
    assert here.deploy() == dict.fromkeys(STACKS, SKIPPED), "what a colleague's no-op writes is no change"
    assert "No drift: AWS has what the programs say, in 4 stacks." in here.run("invoke drift --env prod")

    here.run("invoke add-account shop --email shop@example.com --ou Workloads --env prod")
    colleague.pulls(here)
    assert "accounts/shop | would change (14 created)" in colleague.run(
        "invoke preview-all --env prod --plan plan.json"
    )
    assert colleague.deploy("--plan plan.json") == {"accounts/shop": "deployed"}

    # Whoever merges the pull request has never deployed the account, and its file has no key of its secrets.
    assert here.deploy() == {**dict.fromkeys(STACKS, SKIPPED), "accounts/shop": "unchanged"}
    everything = dict.fromkeys((*STACKS, "accounts/shop"), SKIPPED)
    assert here.deploy() == everything
    assert colleague.deploy() == everything
