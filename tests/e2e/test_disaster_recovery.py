"""What docs/disaster-recovery.md says, done as it is printed there: an environment `prod` in the emulated AWS."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.s3 import Server, served
from shared.yaml_files import Dumper
from tests import aws_cli
from tests.configuration import write_production
from tests.e2e import accidents
from tests.e2e.project import Project

pytestmark = pytest.mark.e2e

STACKS = {"org": "prod", "identity": "prod", "policies": "prod", "accounts": "prod.developer"}


@pytest.fixture(scope="module")
def prod(project: Project) -> Project:
    """An environment `prod` with one account."""
    (project.root / "stacks/accounts/Pulumi.sandbox.shared-test.yaml").unlink()
    write_production(project.root)
    project.invoke("sandbox.start")
    aws_cli.install(project.root / "bin")
    project.shell("invoke deploy-all --env prod --yes")
    return project


def shell(project: Project, command: str, expect: int | None = 0) -> str:
    """Run a command with the AWS command line on PATH; what it printed."""
    output = project.shell(f'PATH="$PWD/bin:$PATH"; {command}', expect=expect).output
    assert "Traceback" not in output, output
    return output


def resources(project: Project, layer: str) -> dict[str, str]:
    """URN → id of what is in the state of a layer's stack."""
    file = project.root / f".sandbox/state/.pulumi/stacks/{layer}/{STACKS[layer]}.json"
    found = (json.loads(file.read_text())["checkpoint"]["latest"] or {}).get("resources") or []
    return {each["urn"]: each["id"] for each in found if each["type"].startswith("aws:")}


def variables(project: Project) -> dict[str, str]:
    """What `invoke sandbox.env` gives a shell, for a process that is to be killed."""
    return dict(line.split("=", 1) for line in project.shell("env -0").output.split("\0") if "=" in line)


def test_a_backend_that_a_killed_engine_left_locked(prod: Project) -> None:
    accidents.faults(prod, {"service": "iam", "action": "GetGroup", "delay_seconds": 5, "times": 20})
    locks = prod.root / ".sandbox/state/.pulumi/locks"
    run = prod.start("refresh-all", "--only", "identity", "--env", "prod", env=variables(prod))
    accidents.until(lambda: list(locks.rglob("identity/prod/*.json")) and accidents.calls(prod, "iam", "GetGroup"))
    accidents.kill_both(run)
    accidents.control(prod, "DELETE", "faults")
    printed = shell(prod, "invoke refresh-all --only identity --env prod", expect=1)
    assert re.search(r"the stack is locked by another run \(\S+@\S+, process \d+, since \d{4}-", printed), printed
    (command,) = set(re.findall(r"free it with: (pulumi cancel -s prod --cwd stacks/identity)", printed))
    shell(prod, f"{command} --yes")
    shell(prod, "invoke refresh-all --only identity --env prod")


def test_a_wrong_import_is_undone(prod: Project) -> None:
    organizations = prod.aws("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="Legacy")["OrganizationalUnit"]["Id"]
    before = resources(prod, "org")
    prod.configure("org/Pulumi.prod.yaml", organizationalUnits=["Development", "Legacy"])
    shell(prod, f"invoke import org:Legacy {unit} --env prod --yes")
    shown = shell(prod, "pulumi stack --show-urns --stack prod --cwd stacks/org")
    (urn,) = re.findall(r"URN: (urn:\S+::Legacy)", shown)
    shell(prod, f"pulumi state unprotect '{urn}' --yes --stack prod --cwd stacks/org")
    shell(prod, f"pulumi state delete '{urn}' --yes --stack prod --cwd stacks/org")
    prod.configure("org/Pulumi.prod.yaml", organizationalUnits=["Development"])
    assert resources(prod, "org") == before
    shell(prod, "pulumi preview --expect-no-changes --cwd stacks/org --stack prod")
    assert organizations.describe_organizational_unit(OrganizationalUnitId=unit)
    organizations.delete_organizational_unit(OrganizationalUnitId=unit)


def test_the_management_account_is_handed_over(prod: Project) -> None:
    iam = prod.aws("iam")
    iam.create_user(UserName="founder")
    iam.attach_user_policy(UserName="founder", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="founder")["AccessKey"]["AccessKeyId"]
    assert key in shell(prod, "aws iam list-access-keys --user-name founder")
    shell(prod, f"aws iam delete-access-key --access-key-id {key} --user-name founder")
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    shell(prod, f"aws iam detach-user-policy --user-name founder --policy-arn {policy}")
    shell(prod, "aws iam delete-user --user-name founder")
    prod.configure("identity/Pulumi.prod.yaml", users=["grace", "linus"], mfaEnrolment=["linus"])
    shell(prod, "invoke up identity --env prod --yes")
    users = {each["UserName"] for each in iam.list_users()["Users"]}
    assert {"grace", "linus"} <= users
    assert users.isdisjoint({"ada", "founder"})
    assert "grace can assume DeveloperRole in developer" in shell(prod, "invoke access --who --env prod")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A KMS."""
    with served(tmp_path_factory.mktemp("keys")) as server:
        yield server


def document(project: Project) -> dict[str, Any]:
    """The file of the account."""
    found: dict[str, Any] = yaml.safe_load((project.root / "stacks/accounts/Pulumi.prod.developer.yaml").read_text())
    return found


def test_the_key_is_changed_while_the_old_one_is_there(prod: Project, keys: Server) -> None:
    where = "--stack prod.developer --cwd stacks/accounts"
    shell(prod, f"pulumi config set --secret accounts:email developer-account@example.com {where}")
    shell(prod, "invoke up accounts/developer --env prod --yes")
    key = keys.key()
    shell(prod, f"pulumi stack change-secrets-provider '{key}' --stack prod.developer --cwd stacks/accounts")
    assert document(prod)["secretsprovider"] == key
    change = "pulumi stack change-secrets-provider passphrase --stack prod.developer --cwd stacks/accounts"
    shell(prod, change)
    assert "secretsprovider" not in document(prod)


def test_an_older_state_is_put_back(prod: Project, tmp_path: Path) -> None:
    file = tmp_path / "org.json"
    shell(prod, f"pulumi stack export --file {file} --stack prod --cwd stacks/org")
    before = resources(prod, "org")
    (urn,) = (each for each in before if each.endswith("::Development"))
    shell(prod, f"pulumi state delete '{urn}' --force --target-dependents --yes --stack prod --cwd stacks/org")
    shell(prod, f"pulumi stack import --file {file} --stack prod --cwd stacks/org")
    assert resources(prod, "org") == before


def of_aws(project: Project, layer: str) -> dict[str, str]:
    """`resources`, without the ids of memberships in groups, which the provider makes up."""
    found = resources(project, layer)
    return {urn: "" if "UserGroupMembership::" in urn else each for urn, each in found.items()}


def roles(project: Project, account: str) -> Mapping[str, str]:
    """Name → AWS's own id of each role in an account: another one, if it is made anew."""
    found = project.aws("iam", project.inside(account)).list_roles()["Roles"]
    return {each["RoleName"]: each["RoleId"] for each in found}


def test_the_state_and_the_key_of_its_secrets_are_lost(prod: Project) -> None:
    account = prod.outputs("accounts/developer", "prod")["accountId"]
    before = {layer: of_aws(prod, layer) for layer in STACKS}
    there = roles(prod, account)
    other = "export PULUMI_CONFIG_PASSPHRASE=another"
    said = shell(prod, f"{other}; invoke up org --force --env prod --yes", expect=1)
    assert "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to what the stack was made with" in said

    shutil.rmtree(prod.root / ".sandbox/state/.pulumi")
    for file in prod.root.glob("stacks/*/Pulumi.prod*.yaml"):
        found = yaml.safe_load(file.read_text())
        found.pop("encryptionsalt", None)
        if "accounts:email" in found["config"]:
            assert set(found["config"]["accounts:email"]) == {"secure"}
            found["config"]["accounts:email"] = "developer-account@example.com"
        file.write_text(yaml.dump(found, Dumper=Dumper))
    print(shell(prod, f"{other}; invoke adopt --env prod --yes"))
    print(shell(prod, f"{other}; invoke deploy-all --import-existing --env prod --yes"))
    assert {layer: of_aws(prod, layer) for layer in STACKS} == before
    assert roles(prod, account) == there
