"""What the documents and messages tell the reader to run is run here as it is printed: see tests/docs/stories.py."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests import aws_cli
from tests.e2e.accidents import until
from tests.e2e.project import Project

pytestmark = pytest.mark.e2e

# Here nobody answers what plain `pulumi` asks.
QUIET = "export PULUMI_SKIP_CONFIRMATIONS=true"

LOOKING = (
    "invoke doctor",
    "invoke graph",
    "invoke graph --affected --json",
    "invoke graph --svg > stacks.svg",
    "invoke outputs",
    "invoke access",
    "invoke preview-all",
    "invoke preview-all --parallel 4",
    "invoke preview accounts/developer --env sandbox",
    "invoke doctor --env sandbox",
    "invoke --help import",
)

DEPLOYING = (
    "invoke deploy-all",
    "invoke deploy-all --parallel 4",
    "invoke deploy-all --only identity --only accounts/developer --report run.json",
    "invoke up org --env sandbox",
    "invoke up accounts/developer",
)

PLAIN = (
    "cd stacks/identity && pulumi up --stack sandbox",
    "cd stacks/accounts && pulumi up --stack sandbox.developer",
    "cd stacks/accounts && pulumi config set --secret accounts:alias hidden --stack sandbox.developer",
    "cd stacks/org && pulumi stack select sandbox && pulumi stack ls && pulumi stack export && pulumi up",
    "cd stacks/org && pulumi up --yes --skip-preview",
    "pulumi cancel -s sandbox --cwd stacks/org",
    "pulumi cancel -s sandbox.developer --cwd stacks/accounts",
)

NEW_ACCOUNT = (
    "invoke add-account web-shop --email aws-web-shop@example.com --ou Development "
    "--tag CostCenter=Development --tag Owner=web-shop-team",
    "rm stacks/accounts/Pulumi.sandbox.web-shop.yaml",
    "invoke add-account web-shop --email aws-web-shop@example.com --ou Development "
    "--tag CostCenter=Testing --tag Owner=web-team",
    "invoke preview accounts/web-shop",
    "invoke up accounts/web-shop --env sandbox",
    "invoke up accounts/web-shop",
    "invoke outputs --only accounts/web-shop",
)


def run_all(project: Project, commands: tuple[str, ...]) -> None:
    """Run each command in a shell of its own."""
    for command in commands:
        print(command)
        output = project.shell(f"{QUIET}; {command}").output
        assert "Traceback" not in output, command


def test_daily_life(project: Project) -> None:
    aws_cli.install(project.root / "bin")
    project.invoke("sandbox.start")
    # What is affected, git tells; the copy is no repository yet.
    commit = "git add -A && git -c user.name=a -c user.email=a@example.com commit -qm all"
    project.run("bash", "-c", f"git init -q -b main && {commit} && git switch -q -c work")
    run_all(project, DEPLOYING)
    run_all(project, LOOKING)
    remove(project, "DeveloperRole", project.inside(project.outputs("accounts/developer")["accountId"]))
    assert "gone in AWS" in project.shell("invoke drift", expect=2).output
    project.shell("invoke refresh-all --env sandbox")
    deployed = project.shell("invoke refresh-all && invoke deploy-all && invoke deploy-all --env sandbox").output
    assert "2 created" in deployed, deployed
    run_all(project, PLAIN)
    run_all(project, NEW_ACCOUNT)
    project.shell('PATH="$PWD/bin:$PATH"; aws iam create-access-key --user-name cicd-automation')
    assert "To destroy them too" in project.shell("invoke destroy-all", expect=1).output
    run_all(project, ("invoke sandbox.reset", "invoke sandbox.start"))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose AWS has an organization and an account, made by hand, and the examples' files for `prod`."""
    project = Project.copy_to(tmp_path_factory.mktemp("company"))
    aws_cli.install(project.root / "bin")
    for example in project.root.glob("stacks/*/*.example"):
        example.rename(example.with_suffix(""))
    project.invoke("sandbox.start")
    yield project
    project.close()


def answer(project: Project, command: str, typed: str, expect: int | None = 0) -> str:
    """Run a command in a terminal, and type something when it asks."""
    script = f'cd {project.root}; eval "$(invoke sandbox.env)"; PATH="$PWD/bin:$PATH"; {command}'
    done = subprocess.run(
        ["script", "-qefc", script, "/dev/null"],
        env={**project.env, "SHELL": "/bin/bash"},
        input=f"{typed}\n",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert expect is None or done.returncode == expect, done.stdout
    return done.stdout


def shell(project: Project, command: str, expect: int | None = 0) -> str:
    """Run a command with the AWS command line on PATH; what it printed."""
    output = project.shell(f'PATH="$PWD/bin:$PATH"; {command}', expect=expect).output
    assert "Traceback" not in output, output
    return output


def test_an_organization_that_exists_goes_to_production(company: Project) -> None:
    organizations = company.aws("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    units = {"": root}
    for path in ("Security", "Workloads", "Workloads/Production"):
        above, _, name = path.rpartition("/")
        made = organizations.create_organizational_unit(ParentId=units[above], Name=name)
        units[path] = made["OrganizationalUnit"]["Id"]
    asked = organizations.create_account(Email="aws-web-shop@example.com", AccountName="WebShop")
    request = asked["CreateAccountStatus"]["Id"]

    def account() -> str | None:
        found = organizations.describe_create_account_status(CreateAccountRequestId=request)
        id_: str | None = found["CreateAccountStatus"].get("AccountId")
        return id_

    until(account)
    shop = str(account())
    organizations.move_account(AccountId=shop, SourceParentId=root, DestinationParentId=units["Workloads/Production"])

    assert shop not in shell(company, "aws sts get-caller-identity")
    assert shell(company, "aws sts get-caller-identity --query Account --output text").strip() != shop
    shell(company, "invoke doctor --env prod", expect=None)
    # The organization lacks what the policies need; the error says what to run.
    refused = shell(company, f"invoke import org:Workloads {units['Workloads']} --env prod --yes", expect=1)
    commands = re.findall(r"\((aws organizations [^)]+)\)", refused)
    assert len(commands) == 6, refused
    forms = (
        f"aws organizations enable-policy-type --root-id {root} --policy-type [A-Z_]+",
        r"aws organizations enable-aws-service-access --service-principal [a-z.]+",
    )
    for command in commands:
        assert any(re.fullmatch(form, command) for form in forms), command
        shell(company, command)
    assert "without a terminal to ask on needs --yes" in shell(
        company, f"invoke import org:Workloads/Production {units['Workloads/Production']} --env prod", expect=1
    )
    units_command = f"invoke import org:Workloads/Production {units['Workloads/Production']} --env prod"
    assert "Import this into prod? [y/N]" in answer(company, units_command, "n", expect=1)
    print(answer(company, units_command, "y"))
    finding = (
        f"aws organizations list-organizational-units-for-parent --parent-id {root} "
        "--query \"OrganizationalUnits[?Name=='Security'].Id\" --output text"
    )
    print(shell(company, f'invoke import org:Security "$({finding})" --env prod --yes'))
    print(shell(company, "invoke up org --env prod --yes"))
    exported = company.outputs("org", "prod")["organizationalUnits"]
    assert exported.pop("Workloads/Development") not in units.values()
    assert exported == {path: id_ for path, id_ in units.items() if path}

    # An account that was invited has no access role.
    role = "OrganizationAccountAccessRole"
    company.configure("accounts/Pulumi.prod.web-shop.yaml", accessRoleName=role)
    inside = company.aws("sts").assume_role(RoleArn=f"arn:aws:iam::{shop}:role/{role}", RoleSessionName="test")
    iam = company.aws("iam", inside["Credentials"])
    iam.create_user(UserName="administrator")
    iam.attach_user_policy(UserName="administrator", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    keys = iam.create_access_key(UserName="administrator")["AccessKey"]
    remove(company, role, dict(keys))
    command = f"invoke import accounts/web-shop {shop} --env prod"
    refused = shell(company, f"{command} --yes", expect=1)
    administrator = f"AWS_ACCESS_KEY_ID={keys['AccessKeyId']} AWS_SECRET_ACCESS_KEY={keys['SecretAccessKey']}"
    steps = re.findall(r"^  (aws iam .*)", refused, re.MULTILINE)
    create = f"aws iam create-role --role-name {role} --assume-role-policy-document '.+'"
    attach = f"aws iam attach-role-policy --role-name {role} --policy-arn arn:aws:iam::aws:policy/AdministratorAccess"
    assert len(steps) == 2, refused
    assert re.fullmatch(create, steps[0])
    assert steps[1] == attach
    for step in steps:
        shell(company, f"export {administrator}; {step}")
    print(shell(company, f"{command} --yes"))
    before = organizations.list_accounts()["Accounts"]
    # What follows, the deployment, is the same as after an adoption: see test_adopt.py.
    assert "created aws:organizations/account" not in shell(company, "invoke preview-all --env prod")
    assert organizations.list_accounts()["Accounts"] == before


def remove(project: Project, role: str, credentials: Mapping[str, Any]) -> None:
    """Delete a role. The credentials are not its own: without its policies it can do nothing."""
    iam = project.aws("iam", credentials)
    for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    iam.delete_role(RoleName=role)
