"""AWS refuses, hesitates, or does not answer: what is said, and that `invoke deploy-all` run again gets it done."""

import re
from collections.abc import Iterator

import pytest
import yaml

from tests import aws_cli
from tests.configuration import MANAGEMENT_ACCOUNT
from tests.e2e import accidents
from tests.e2e.project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("upstream")]

CREATE_ACCOUNT = {"service": "organizations", "action": "CreateAccount"}
CREATE_ROLE = {"service": "iam", "action": "CreateRole"}
CREATE_UNIT = {"service": "organizations", "action": "CreateOrganizationalUnit"}
ORG = "org/Pulumi.sandbox.yaml"
TAKE_OVER = "run this again, which imports it"


@pytest.fixture(autouse=True)
def no_faults(project: Project) -> Iterator[None]:
    yield
    accidents.control(project, "DELETE", "faults")


def add_unit(project: Project, name: str) -> None:
    """Let the organization have one more OU."""
    units = yaml.safe_load((project.root / "stacks" / ORG).read_text())["config"]["org:organizationalUnits"]
    project.configure(ORG, organizationalUnits=[*units, name])


def fewer_tries(project: Project, file: str) -> None:
    """Let the layer's provider give up after a second try."""
    path = project.root / "stacks" / file
    document = yaml.safe_load(path.read_text())
    document["config"]["aws:maxRetries"] = 1
    path.write_text(yaml.safe_dump(document))


def fails(project: Project, *args: str) -> str:
    """What `deploy-all` prints that fails, once for each stack that does."""
    output = project.invoke("deploy-all", *args, expect=1).output
    assert "Traceback" not in output
    return output


def test_a_lost_answer_of_create_organizational_unit(project: Project) -> None:
    add_unit(project, "Lost")
    accidents.faults(project, {**CREATE_UNIT, "lost": True})
    output = fails(project, "--only", "org")
    assert "aws:organizations/organizationalUnit:OrganizationalUnit Lost: " in output
    assert "DuplicateOrganizationalUnitException" in output
    assert TAKE_OVER in output
    again = accidents.converges(project, "--only", "org")
    assert "org: importing aws:organizations/organizationalUnit:OrganizationalUnit Lost, which an earlier" in again


def test_lost_answers_of_create_account_and_create_role(project: Project) -> None:
    # The address is a secret, which the engine's events do not tell.
    email = accidents.add_account(project, "role")
    file = project.root / "stacks/accounts/Pulumi.sandbox.role.yaml"
    project.configure("accounts/Pulumi.sandbox.role.yaml", email=None)
    command = f"pulumi stack init sandbox.role; pulumi config set --secret -s sandbox.role accounts:email {email}"
    project.shell(command, cwd="stacks/accounts")
    assert email not in file.read_text()
    accidents.faults(project, {**CREATE_ACCOUNT, "lost": True}, {**CREATE_ROLE, "lost": True})
    output = fails(project, "--only", "accounts/role")
    assert "EMAIL_ALREADY_EXISTS" in output or "has this e-mail address already" in output
    assert TAKE_OVER in output
    # The account is imported, and then its role meets the same.
    second = project.invoke("deploy-all", "--only", "accounts/role", expect=None)
    assert "importing aws:organizations/account:Account account" in second.output
    if second.code:
        assert "EntityAlreadyExists" in second.output
        assert TAKE_OVER in second.output
        again = accidents.converges(project, "--only", "accounts/role")
    else:  # it was the role that stays in AWS when it leaves the stack, which is taken back at once
        again = second.output
    assert "importing aws:iam/role:Role " in again
    assert accidents.accounts(project)[email] == 1
    states = (project.root / ".sandbox/state/.pulumi/stacks/accounts").glob("sandbox.role.json")
    assert [email in state.read_text() for state in states] == [False]


def test_a_few_refusals_are_ridden_out(project: Project) -> None:
    add_unit(project, "Busy")
    accidents.faults(
        project,
        {**CREATE_UNIT, "code": "TooManyRequestsException", "status": 429, "times": 2},
        {**CREATE_UNIT, "code": "ConcurrentModificationException", "times": 2},
    )
    assert re.search(r"org +deployed +1 ", accidents.converges(project, "--only", "org"))


def test_concurrent_changes_that_do_not_end(project: Project) -> None:
    fewer_tries(project, ORG)
    add_unit(project, "Late")
    accidents.faults(project, {**CREATE_UNIT, "code": "ConcurrentModificationException", "times": 1000})
    output = fails(project, "--only", "org")
    assert "OrganizationalUnit Late: creating Organizations Organizational Unit (Late)" in output
    assert "api error ConcurrentModificationException" in output
    assert "AWS was changing the organization or was asked too often at that moment; run this again" in output
    accidents.control(project, "DELETE", "faults")
    assert re.search(r"org +deployed +1 ", accidents.converges(project, "--only", "org"))


def test_throttling_that_does_not_end(project: Project) -> None:
    file = "identity/Pulumi.sandbox.yaml"
    fewer_tries(project, file)
    project.configure(file, users=["ada", "grace", "hopper"])
    throttled = {"service": "iam", "action": "CreateUser", "code": "Throttling", "message": "Rate exceeded"}
    accidents.faults(project, {**throttled, "times": 1000})
    output = fails(project, "--only", "identity")
    assert "aws:iam/user:User hopper: " in output
    assert "api error Throttling: Rate exceeded" in output
    accidents.control(project, "DELETE", "faults")
    accidents.converges(project, "--only", "identity")


def test_accounts_that_fail_and_that_take_longer_than_the_provider_waits(project: Project) -> None:
    emails = [accidents.add_account(project, name) for name in ("refused", "slow")]
    component = project.root / "stacks" / "accounts" / "member_account.py"
    before = component.read_text()
    short = before.replace("protect=args.protect,", "protect=args.protect, custom_timeouts={'create': '2s'},")
    assert short != before
    component.write_text(short)
    accidents.faults(
        project,
        {**CREATE_ACCOUNT, "code": "ACCOUNT_LIMIT_EXCEEDED"},
        {**CREATE_ACCOUNT, "code": "IN_PROGRESS", "delay_seconds": 6},
    )
    chosen = ("--only", "accounts/refused", "--only", "accounts/slow")
    output = fails(project, *chosen)
    component.write_text(before)
    assert re.search(r"AWS could not make the account \(request car-\w+\): ACCOUNT_LIMIT_EXCEEDED", output)
    assert "no account was made, and the same can be run again" in output
    assert re.search(r"waiting for the account \(request car-\w+\): still not done after 2 seconds", output)
    assert "AWS goes on with it: run this again in a while" in output
    again = accidents.converges(project, *chosen)
    assert "importing aws:organizations/account:Account account, which an earlier run had begun to create" in again
    assert [accidents.accounts(project)[email] for email in emails] == [1, 1]
    # One that failed, one that took its time, and the first once more.
    assert accidents.calls(project, "organizations", "CreateAccount") >= 3


def test_elsewhere_a_person_takes_over_with_the_command_that_is_named(project: Project) -> None:
    organizations = project.aws("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.create_organizational_unit(ParentId=root, Name="Prod")
    settings = {
        "aws:region": "us-west-2",
        "aws:allowedAccountIds": [MANAGEMENT_ACCOUNT],
        "org:mode": "lookup",
        "org:organizationalUnits": ["Prod"],
    }
    (project.root / "stacks/org/Pulumi.prod.yaml").write_text(yaml.safe_dump({"config": settings}))
    command = "invoke deploy-all --env prod --yes --only org"
    for _ in range(2):  # also not the second time
        output = project.shell(command, expect=1).output
        assert "DuplicateOrganizationalUnitException" in output
        assert TAKE_OVER not in output
    found = re.search(r"import it with `(invoke import [^`]+)`", output)
    assert found, output
    assert f"--parent-id {root}" in found[1]
    assert "or delete it" not in output
    aws_cli.install(project.root / "bin")
    project.shell(f'PATH="$PWD/bin:$PATH"; {found[1]} --yes')
    done = project.shell(command).output
    assert "failed" not in done
