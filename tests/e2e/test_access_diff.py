"""`invoke access`: who may do what, and what a change of the files flips, as docs/access.md shows it, in order."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from shared.layers import ROOT
from tests.e2e.project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("deployed")]

DOCUMENT = ROOT / "docs" / "access.md"
DENIED = FLIPPED = 2
GIT = ("git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.com")


def shown(command: str) -> str:
    """What docs/access.md shows of a command, with accounts' ids as they are everywhere."""
    blocks = re.findall(r"^\$ (.+)\n((?:(?!\$ |```).*\n)*)", DOCUMENT.read_text(), re.MULTILINE)
    return _with_same_ids(dict(blocks)[command])


def _with_same_ids(text: str) -> str:
    return re.sub(r"\b\d{12}\b", "ID", text).strip()


def check(project: Project, command: str, *, expect: int = 0) -> str:
    """Run a command, whose output must be what the document shows."""
    words = command.removeprefix("invoke ").split()
    output = project.invoke(*words, expect=expect).output
    assert _with_same_ids(output) == shown(command)
    return output


def found(project: Project, *options: str, expect: int = FLIPPED) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(project.invoke("access", "--diff", "--json", *options, expect=expect).output)
    return answer


def test_who_may_do_what(project: Project) -> None:
    check(project, "invoke access --who")
    check(project, "invoke access --can DeveloperRole --account developer --action s3:PutBucketPolicy")
    check(project, "invoke access --can root --account developer --action s3:PutObject", expect=DENIED)
    check(
        project,
        "invoke access --can AutomationRole --account developer --action ec2:RunInstances "
        "--context aws:RequestedRegion=eu-west-1",
        expect=DENIED,
    )


def test_without_a_change_nothing_flips(project: Project) -> None:
    assert "no decision flips" in project.invoke("access", "--diff").output
    assert found(project, expect=0)["flips"] == []
    project.run("git", "init", "-q")
    (project.root / ".gitignore").write_text(".*\n__pycache__\n")
    project.run(*GIT, "add", "-A")
    project.run(*GIT, "commit", "-q", "-m", "deployed")


def test_what_a_change_flips(project: Project) -> None:
    regions = ["us-east-1", "us-west-2", "eu-west-1"]
    project.configure(
        "policies/Pulumi.sandbox.yaml",
        serviceControl={"Development": {"allowedRegions": regions}},
        tags={"Development": {"costCenters": ["Development", "Testing", "Operations"]}},
    )
    project.configure("identity/Pulumi.sandbox.yaml", users=["ada"], mfaEnrolment=["ada"])
    actions = {"DeveloperRole": ["cloudwatch:*", "dynamodb:*", "ec2:*", "s3:Get*", "s3:List*"]}
    project.configure("accounts/Pulumi.sandbox.developer.yaml", roleActions=actions)
    check(project, "invoke access --diff", expect=FLIPPED)
    flips = found(project)["flips"]
    lost = [each for each in flips if not each["allowed"]]
    assert [(each["principals"], each["accounts"]) for each in lost] == [(["DeveloperRole"], ["developer"])]
    assert "s3:PutBucketPolicy" in lost[0]["actions"]


def test_compared_with_a_commit_it_is_the_same(project: Project) -> None:
    against = found(project, "--against", "HEAD")
    assert against["flips"] == found(project)["flips"]
    refused = project.invoke("access", "--diff", "--against", "nothing", expect=1)
    assert "--against is 'nothing'; allowed: a git revision of this repository" in refused.output


def test_a_new_user_and_a_new_account_have_their_places(project: Project) -> None:
    """What AWS only then chooses, such as the account's id, hides no document."""
    project.configure("identity/Pulumi.sandbox.yaml", users=["ada", "zoe"], mfaEnrolment=["ada"])
    project.invoke("add-account", "staging", "--email", "staging@example.com", "--ou", "Development", "--tag",
                   "CostCenter=Testing", "--tag", "Owner=x")  # fmt: skip
    answer = found(project)
    gained = {(each["principal"], each["role"], each["account"], each["how"]) for each in answer["gained"]}
    assert {("zoe", "DeveloperRole", name, "with MFA") for name in ("developer", "shared-test", "staging")} <= gained
    assert ("cicd-automation", "AutomationRole", "staging", "") in gained
    assert "the account staging in Development" in answer["added"]
    assert answer["unread"] == []


def test_what_was_shown_is_what_happens(project: Project) -> None:
    planned = found(project)
    project.invoke("deploy-all")
    assert found(project, expect=0)["flips"] == []
    entries = json.loads(project.invoke("access", "--who", "--json").output)
    assert {tuple(each.values()) for each in planned["gained"]} <= {tuple(each.values()) for each in entries}


def test_full_access_that_somebody_detached(project: Project) -> None:
    api = project.aws("organizations")
    unit = project.outputs("org")["organizationalUnits"]["Development"]
    content = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    made = api.create_policy(Name="OnlyS3", Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(content))[
        "Policy"
    ]["PolicySummary"]["Id"]
    api.attach_policy(PolicyId=made, TargetId=unit)
    api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)
    ask = ("access", "--can", "AutomationRole", "--account", "developer", "--action")
    denied = project.invoke(*ask, "ec2:DescribeRegions", expect=DENIED).output
    assert re.search(r"no service control policy allows it: .*OnlyS3", denied)
    assert "not in the documents" not in denied
    project.invoke(*ask, "s3:ListBucket")
    api.attach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)


def test_wrong_arguments(project: Project) -> None:
    for words, message in (
        (("--can", "Nobody", "--action", "s3:GetObject"), "no principal is called 'Nobody'; allowed: "),
        (("--can", "ada", "--action", "s3:GetObjekt"), "--action is 's3:GetObjekt', which AWS does not have"),
        (("--can", "ada"), "--can needs --action"),
        (("--can", "root", "--account", "shop", "--action", "s3:GetObject"), "--account is 'shop'; allowed: "),
        (("--can", "ada", "--action", "s3:GetObject", "--context", "x"), "--context is 'x'; allowed: KEY=VALUE"),
    ):
        refused = project.invoke("access", *words, expect=1).output
        assert message in refused
        assert "Traceback" not in refused
