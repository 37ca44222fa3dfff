"""What nobody declared is seen, by the commands that work on all stacks. The tests build on each other."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests import aws_cli
from tests.e2e.project import REGION, Project

pytestmark = pytest.mark.e2e

DEVELOPER = "stacks/accounts/Pulumi.sandbox.developer.yaml"
RENAMED = "stacks/accounts/Pulumi.sandbox.team-a.yaml"
NO_FILE = "the stack accounts/developer (sandbox.developer) has "


def states(project: Project) -> dict[Path, bytes]:
    folder = project.root / ".sandbox" / "state" / ".pulumi" / "stacks"
    return {file: file.read_bytes() for file in folder.rglob("*.json")}


def test_an_account_whose_file_was_renamed_is_not_taken_over(deployed: Project) -> None:
    before = states(deployed)
    (deployed.root / DEVELOPER).rename(deployed.root / RENAMED)
    for command in ("deploy-all", "preview-all"):
        refused = deployed.invoke(command, expect=1).output
        assert "accounts/team-a has the account that the stack accounts/developer manages (" in refused
        assert "invoke rename-account developer team-a --env sandbox" in refused
        assert "Traceback" not in refused
    assert states(deployed) == before
    deployed.invoke("rename-account", "developer", "team-a", "--env", "sandbox")
    assert "| created" not in deployed.invoke("deploy-all").output
    deployed.invoke("rename-account", "team-a", "developer", "--env", "sandbox")
    (deployed.root / DEVELOPER).rename(deployed.root / "put-away.yaml")


@pytest.mark.parametrize("command", ["deploy-all", "preview-all", "refresh-all", "outputs", "access", "doctor"])
def test_an_account_whose_file_was_removed_is_named(deployed: Project, command: str) -> None:
    output = deployed.invoke(command, expect=1 if command == "doctor" else 0).output
    assert output.count(NO_FILE) == 1
    assert "invoke forget-account developer --env sandbox" in output
    assert NO_FILE not in deployed.invoke("preview", "identity").output


def test_nothing_is_destroyed_while_a_stack_without_a_file_holds_something(deployed: Project) -> None:
    before = states(deployed)
    refused = deployed.invoke("destroy-all", "--include-protected", "--confirm", "sandbox", expect=1).output
    assert "nothing was destroyed: these read what would be destroyed, and no file has them" in refused
    assert NO_FILE in refused
    assert states(deployed) == before
    (deployed.root / "put-away.yaml").rename(deployed.root / DEVELOPER)
    assert "no file" not in deployed.invoke("deploy-all").output


def make_account(project: Project, name: str, unit: str | None = None) -> str:
    """An account made by hand, in the root or an OU; returns its id."""
    organizations = project.aws("organizations")
    email = f"{name.lower()}@example.com"
    asked = organizations.create_account(AccountName=name, Email=email)["CreateAccountStatus"]["Id"]
    status: dict[str, Any] = {}
    while "AccountId" not in status:
        answer = organizations.describe_create_account_status(CreateAccountRequestId=asked)
        status = answer["CreateAccountStatus"]
    if unit:
        root = organizations.list_roots()["Roots"][0]["Id"]
        organizations.move_account(AccountId=status["AccountId"], SourceParentId=root, DestinationParentId=unit)
    return str(status["AccountId"])


def drift(project: Project, expect: int, *options: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """What was printed, and what is in no stack, by its id."""
    file = project.root / "drift.json"
    output = project.invoke("drift", "--report", str(file), *options, expect=expect).output
    return output, {each["id"]: each for each in json.loads(file.read_text())["foreign"]}


def run_aws(project: Project, line: str, account: str | None = None) -> None:
    """Carry out a line of `aws` commands, as the AWS CLI would, with credentials of a member account if it is given."""
    credentials = project.inside(account) if account else None
    for command in line.split(" && "):
        aws, *words = shlex.split(command)
        assert aws == "aws"
        service, operation, parameters, options = aws_cli.request(words)
        client = project.aws(service, credentials, options.region or REGION)
        getattr(client, operation)(**parameters)


def test_what_was_made_by_hand_is_found_and_can_be_removed(deployed: Project) -> None:
    output, foreign = drift(deployed, 0)
    assert foreign == {}
    assert "All that is in the organization is in a stack." in output

    organizations, iam = deployed.aws("organizations"), deployed.aws("iam")
    org = deployed.outputs("org")
    top, development = org["rootId"], org["organizationalUnits"]["Development"]
    legacy = organizations.create_organizational_unit(ParentId=top, Name="Legacy")["OrganizationalUnit"]["Id"]
    # More than a page of OUs, and one in them.
    inner = [
        organizations.create_organizational_unit(ParentId=legacy, Name=f"Old {number}")["OrganizationalUnit"]["Id"]
        for number in range(22)
    ]
    stray, legacy_account = make_account(deployed, "Stray"), make_account(deployed, "Forgotten", inner[0])
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:Create*", "Resource": "*"}]}
    by_hand = organizations.create_policy(
        Name="By hand", Description="x", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(deny)
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=by_hand, TargetId=development)
    pages = organizations.get_paginator("list_policies").paginate(Filter="SERVICE_CONTROL_POLICY")
    own = next(one["Id"] for page in pages for one in page["Policies"] if one["Name"].startswith("Guardrails-"))
    organizations.attach_policy(PolicyId=own, TargetId=legacy)
    organizations.enable_aws_service_access(ServicePrincipal="sso.amazonaws.com")
    organizations.enable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")
    organizations.register_delegated_administrator(AccountId=stray, ServicePrincipal="guardduty.amazonaws.com")
    iam.create_user(UserName="eve")
    iam.create_access_key(UserName="eve")
    iam.add_user_to_group(GroupName="developers", UserName="eve")
    iam.create_group(GroupName="Admins")
    iam.add_user_to_group(GroupName="Admins", UserName="ada")
    iam.put_group_policy(GroupName="developers", PolicyName="More", PolicyDocument=json.dumps(deny))
    iam.add_user_to_group(GroupName="developers", UserName="cicd-automation")
    trust = {"Effect": "Allow", "Principal": {"AWS": stray}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="DeveloperRole", AssumeRolePolicyDocument=json.dumps({**deny, "Statement": [trust]}))

    output, foreign = drift(deployed, 2)
    assert set(foreign) == {
        *(
            legacy,
            *inner,
            stray,
            legacy_account,
            by_hand,
            f"{legacy}:{own}",
            "sso.amazonaws.com",
            "guardduty.amazonaws.com",
        ),
        *(f"{stray}/guardduty.amazonaws.com", "eve", "Admins", "More", "cicd-automation", "DeveloperRole"),
    }
    for identity, each in foreign.items():
        called = f"  {each['kind']} {each['name']}" + (f" ({identity})" if identity != each["name"] else "")
        line = next(line for line in output.splitlines() if line.startswith(f"{called};"))
        for command in (each["adopt"], each["remove"]):
            assert command is None or command in line
        assert each["adopt"] or each["remove"]
    assert f"invoke import org:Legacy {legacy} --env sandbox" in output
    assert f"invoke import accounts/stray {stray} --env sandbox" in output
    assert "invoke import identity:eve eve --env sandbox" in output

    # What is to be left alone is; an entry that fits nothing is named.
    # A pattern, because YAML's writers leave the quotes of an id out that the engine needs.
    ignore = ["Legacy", f"{stray[:-1]}*", "user/*", "group/Admins", "nobody"]
    deployed.configure("org/Pulumi.sandbox.yaml", ignore=ignore)
    output, left = drift(deployed, 2)
    assert set(foreign) - set(left) == {
        *(legacy, *inner, stray, legacy_account, f"{stray}/guardduty.amazonaws.com", f"{legacy}:{own}", "eve", "Admins")
    }
    assert "org:ignore has 'nobody', which fits nothing that was found" in output
    assert "(29 left alone: org:ignore)" in output
    deployed.configure("org/Pulumi.sandbox.yaml", ignore=None)

    # Who looks at one account does not look at the organization.
    file = deployed.root / "drift.json"
    assert "Stray" not in deployed.invoke("drift", "--only", "accounts/developer", "--report", str(file)).output
    assert json.loads(file.read_text())["foreign"] is None

    # Each command that removes something works as printed, in the order of the lines.
    whole = {
        legacy_account: f"aws organizations close-account --account-id {legacy_account}",
        inner[1]: f"aws organizations delete-organizational-unit --organizational-unit-id {inner[1]}",
        by_hand: f"aws organizations detach-policy --policy-id {by_hand} --target-id {development} && "
        f"aws organizations delete-policy --policy-id {by_hand}",
        f"{stray}/guardduty.amazonaws.com": "aws organizations deregister-delegated-administrator "
        f"--account-id {stray} --service-principal guardduty.amazonaws.com",
        "sso.amazonaws.com": "aws organizations disable-aws-service-access --service-principal sso.amazonaws.com",
        "cicd-automation": "aws iam remove-user-from-group --group-name developers --user-name cicd-automation",
    }
    assert {identity: foreign[identity]["remove"] for identity in whole} == whole
    for identity, each in foreign.items():
        if identity not in (stray, inner[0], legacy):
            run_aws(deployed, each["remove"])
    # A closed account still is in its OU.
    run_aws(
        deployed,
        f"aws organizations move-account --account-id {legacy_account} --source-parent-id {inner[0]} "
        f"--destination-parent-id {top}",
    )
    for unit in (inner[0], legacy):
        run_aws(deployed, foreign[unit]["remove"].rpartition("), ")[2])

    # So does what adopts.
    words = ["add-account", "stray", "--email", "stray@example.com", "--ou", "/", "--display-name", "Stray"]
    words += ["--env", "sandbox"]
    assert foreign[stray]["adopt"] == (
        f"invoke {shlex.join(words)} (with the tags of the OU), then invoke import accounts/stray {stray} --env sandbox"
    )
    deployed.invoke(*words)
    deployed.invoke("import", "accounts/stray", stray, "--env", "sandbox", "--yes")
    assert drift(deployed, 0, "--layer", "org")[1] == {}
    # An account in the root gets what every account gets, and stays where it is.
    assert "Nothing that exists would change; " in deployed.invoke("preview", "accounts/stray").output
    assert deployed.aws("organizations").list_parents(ChildId=stray)["Parents"][0]["Id"] == top
    # It leaves the organization again.
    deployed.invoke("destroy", "accounts/stray", "--env", "sandbox", "--include-protected", "--confirm", "sandbox")
    (deployed.root / "stacks/accounts/Pulumi.sandbox.stray.yaml").unlink()


def test_an_account_in_an_ou_that_nobody_declared_is_found_before_anything_is_destroyed(deployed: Project) -> None:
    organizations = deployed.aws("organizations")
    root = deployed.outputs("org")["rootId"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="Side")["OrganizationalUnit"]["Id"]
    side = make_account(deployed, "SideProject", unit)
    before = states(deployed)
    words = ["destroy-all", "--include-protected", "--confirm", "sandbox"]
    refused = deployed.invoke(*words, "--env", "sandbox", expect=1).output
    assert "nothing was destroyed: org cannot be destroyed because of these" in refused
    assert f"account SideProject in Side ({side})" in refused
    assert f"remove: aws organizations remove-account-from-organization --account-id {side}\n" in refused
    assert f"OU Side ({unit})" in refused
    assert "Traceback" not in refused
    assert states(deployed) == before
    # It left with its account, and the OU is removed, as was said.
    run_aws(deployed, f"aws organizations remove-account-from-organization --account-id {side}")
    run_aws(deployed, f"aws organizations delete-organizational-unit --organizational-unit-id {unit}")


def test_what_a_stack_gave_up_is_listed_and_is_no_difference(deployed: Project) -> None:
    deployed.configure("policies/Pulumi.sandbox.yaml", backup=None)
    deployed.invoke("deploy-all")
    output, foreign = drift(deployed, 0)
    assert foreign == {}
    assert "Stayed in AWS when a stack gave it up, with its backups: 6\n" in output
    for account in ("developer", "shared-test"):
        assert f"  role of accounts/{account}, MyMonthlyBackupIamRole (arn:aws:iam::" in output
        for region in ("us-east-1", "us-west-2"):
            assert f"  vault of accounts/{account}, Default in {region}, with 0 recovery points (arn:" in output
    developer = deployed.outputs("accounts/developer")["accountId"]
    delete = "aws backup delete-backup-vault --backup-vault-name Default --region us-east-1"
    assert f"with credentials of account {developer}: {delete}\n" in output
    run_aws(deployed, delete, developer)


def test_a_closed_account_is_recognized_before_the_engine_works_in_it(deployed: Project) -> None:
    closed = deployed.outputs("accounts/developer")["accountId"]
    deployed.aws("organizations").close_account(AccountId=closed)
    message = re.compile(
        rf"account {closed} \(DeveloperAccount\) is closed \((PENDING_CLOSURE|CLOSED)\): "
        "invoke close-account developer --env sandbox takes its stack and file out"
    )
    before = states(deployed)
    for command in (["deploy-all", "--force"], ["preview-all", "--force"], ["refresh-all"]):
        output = deployed.invoke(*command, "--layer", "accounts", expect=1).output
        assert message.search(output)
        assert re.search(r"accounts/shared-test +unchanged", output)
    output, foreign = drift(deployed, 2)
    assert message.search(output)
    assert foreign == {}
    assert re.search(r"accounts/developer +aws:organizations/account:Account account +closed in AWS", output)
    for file, content in states(deployed).items():
        if file.name == "sandbox.developer.json":
            assert content == before[file]
    # What the message says ends it.
    deployed.invoke("close-account", "developer", "--env", "sandbox", "--confirm", "developer")
    assert drift(deployed, 0)[1] == {}


def test_an_account_that_was_handed_over_is_in_no_stack(deployed: Project) -> None:
    account = deployed.outputs("accounts/shared-test")["accountId"]
    (deployed.root / "stacks/accounts/Pulumi.sandbox.shared-test.yaml").unlink()
    deployed.invoke("forget-account", "shared-test", "--env", "sandbox", "--confirm", "shared-test")
    output, foreign = drift(deployed, 2)
    assert set(foreign) == {account}
    assert "no file" not in output
