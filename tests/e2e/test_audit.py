"""`invoke audit`: what a new organization lacks, and that the printed fixes mend it."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.credentials import ACCESS_KEY_ID
from tests import aws_cli
from tests.e2e.project import Project

pytestmark = pytest.mark.e2e

NOT_EMULATED = {"organization-trail", "workloads"}

FORMS = (
    "invoke audit --fix-root-credentials --env sandbox",
    "aws account put-alternate-contact --alternate-contact-type [A-Z]+ --name [A-Z]+ --title [A-Z]+ "
    "--email-address [A-Z]+ --phone-number [A-Z]+",
    "aws organizations register-delegated-administrator --account-id ACCOUNT --service-principal [a-z.]+",
    "aws iam delete-login-profile --user-name eve",
)
"""What the audit prints and the test runs."""

CONTACT = {"name": "Ada", "title": "Head of security", "email": "security@example.com", "phone": "+49 30 1234"}


def control(project: Project, path: str, method: str = "GET", body: Any = None) -> Any:
    """Ask the emulator itself."""
    url = project.url
    data = json.dumps(body).encode() if body else b"" if method == "POST" else None
    request = urllib.request.Request(f"{url}/_sandbox/{path}", method=method, data=data)  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return json.loads(answer.read() or b"null")


def audited(project: Project, expect: int = 2) -> dict[str, dict[str, Any]]:
    """The controls by id."""
    found = json.loads(project.shell("invoke audit --json 2>/dev/null", expect=expect).output)
    return {each["id"]: each for each in found["controls"]}


def failed(controls: dict[str, dict[str, Any]]) -> set[str]:
    assert {id_ for id_, each in controls.items() if each["state"] == "unknown"} == NOT_EMULATED
    return {id_ for id_, each in controls.items() if each["state"] == "failed"}


def run(project: Project, command: str) -> None:
    """Run a command as it was printed, with the words in capitals put in."""
    for word, value in {"NAME": "Ada", "TITLE": "Head", "EMAIL": "ada@example.com", "PHONE": "+4930123"}.items():
        command = re.sub(rf"(?<= ){word}(?= |$)", value, command)
    print(command)
    project.shell(f'PATH="$PWD/bin:$PATH"; {command}', expect=None if command.startswith("invoke audit") else 0)


def test_a_new_organization_and_what_mends_it(deployed: Project) -> None:
    project = deployed
    aws_cli.install(project.root / "bin")
    control(project, "calls/reset", "POST")
    text = project.shell("invoke audit", expect=2).output
    assert "management-contacts: management: alternate contacts" in text
    called = {f"{service}:{action}" for service, actions in control(project, "calls").items() for action in actions}
    policy = json.loads((project.root / "automation" / "audit" / "reading.json").read_text())
    allowed = {*policy["Statement"][0]["Action"], "sts:AssumeRole", "sts:GetCallerIdentity"}
    assert called - {"lambda:"} <= allowed  # which operation of a missing service, the emulator does not know
    assert failed(audited(project)) == {"root-mfa", "management-contacts", "member-contacts"}

    # What a fresh organization has not: something wrong.
    account = project.outputs("accounts/developer")["accountId"]
    task = {"arn": "arn:aws:iam::aws:policy/root-task/IAMCreateRootUserPassword"}
    session = project.aws("sts").assume_root(TargetPrincipal=account, TaskPolicyArn=task)["Credentials"]
    project.aws("iam", session).create_login_profile()
    root = control(project, "root-access-keys", "POST", {"account_id": account})
    iam = project.aws("iam")
    iam.create_user(UserName="eve")
    iam.create_login_profile(UserName="eve", Password="Long-enough-1234!")
    project.aws("organizations").enable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")
    project.aws("organizations").disable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    inside = project.aws("iam", project.inside(account))
    inside.create_user(UserName="local")
    trust = {"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "sts:AssumeRole"}
    inside.create_role(
        RoleName="Guest", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    broken = audited(project)
    assert failed(broken) == {
        "root-mfa",
        "management-contacts",
        "member-contacts",
        "central-root-access",
        "root-credentials",
        "user-mfa",
        "delegated-administrators",
        "member-users",
        "outside-trust",
    }
    assert broken["root-credentials"]["found"].endswith("a password, an access key"), broken["root-credentials"]

    # Each is mended as it is printed.
    access, up = broken["central-root-access"]["fixes"]
    assert access == "run: aws organizations enable-aws-service-access --service-principal iam.amazonaws.com"
    run(project, access.removeprefix("run: "))
    assert up.endswith("invoke up org --env sandbox")
    run(project, "invoke up org --env sandbox")
    for id_ in ("root-credentials", "management-contacts", "delegated-administrators"):
        for fix in broken[id_]["fixes"]:
            command = fix.removeprefix("run: ")
            assert any(re.fullmatch(form, command) for form in FORMS), command
            run(project, command.replace("ACCOUNT", account))
    keys = {"AccessKeyId": root["access_key_id"], "SecretAccessKey": root["secret_access_key"]}
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        project.aws("sts", keys).get_caller_identity()
    (fix,) = broken["user-mfa"]["fixes"]
    run(project, re.findall("`(.+)`", fix)[0])
    inside.delete_user(UserName="local")
    inside.delete_role(RoleName="Guest")
    contacts = dict.fromkeys(("billing", "operations", "security"), CONTACT)
    for name in ("developer", "shared-test"):
        project.configure(f"accounts/Pulumi.sandbox.{name}.yaml", alternateContacts=contacts)
    run(project, "invoke deploy-all --env sandbox")
    assert failed(audited(project)) == {"root-mfa"}


def test_the_other_commands_that_it_names(deployed: Project) -> None:
    iam = deployed.aws("iam")
    iam.create_user(UserName="mallory")
    key = iam.create_access_key(UserName="mallory")["AccessKey"]["AccessKeyId"]
    assert key != ACCESS_KEY_ID
    run(deployed, f"aws iam delete-access-key --access-key-id {key} --user-name mallory")
    assert "mallory" in deployed.shell("invoke drift --env sandbox", expect=2).output
    iam.delete_user(UserName="mallory")
    deployed.shell("invoke audit --env sandbox", expect=2)
    run(deployed, "invoke up policies --env sandbox")
    run(deployed, "invoke up identity --env sandbox")
