"""An environment belongs to one management account: with any other credentials no command changes anything."""

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.configuration import MANAGEMENT_ACCOUNT, write_production
from tests.e2e import accidents
from tests.e2e.project import Project
from tests.e2e.test_access import new_administrator, outside_account

pytestmark = pytest.mark.e2e

DESTROY = "destroy-all --env prod --yes --include-protected --confirm prod"
TASKS = [f"{command} --env prod" for command in ("deploy-all --yes", "preview-all", "refresh-all", "drift")] + [DESTROY]
READS = ("Describe", "Get", "List", "AssumeRole")

STACKS = {"org": "prod", "identity": "prod", "policies": "prod", "accounts": "prod.developer"}
PLAIN = [
    f"pulumi {operation} --yes --cwd stacks/{layer} --stack {stack}"
    for layer, stack in STACKS.items()
    for operation in ("up", "refresh", "destroy")
]


@pytest.fixture(scope="module")
def prod(project: Project) -> Project:
    """A deployed environment `prod`, in the emulated AWS."""
    project.invoke("sandbox.start")
    write_production(project.root)
    project.shell("invoke deploy-all --env prod --yes")
    return project


@pytest.fixture(scope="module")
def wrong(prod: Project) -> dict[str, Mapping[str, Any]]:
    """Credentials that are not the management account's."""
    accounts = prod.aws("organizations").list_accounts()["Accounts"]
    developer = next(each["Id"] for each in accounts if each["Name"] == "DeveloperAccount")
    outside = outside_account(prod)
    other = new_administrator(prod, prod.inside(outside), "other")
    prod.aws("organizations").remove_account_from_organization(AccountId=outside)
    prod.aws("organizations", other).create_organization(FeatureSet="ALL")
    return {
        "member": prod.inside(developer),
        "other organization": other,
        "stranger": {"AccessKeyId": "AKIASTRANGER00000000", "SecretAccessKey": "x"},
    }


SAID = {
    "member": "these AWS credentials are of member account ",
    "other organization": ", the management account of organization o-",
    "stranger": "asking whose AWS credentials these are failed: InvalidClientTokenId",
}


def signed_in(keys: Mapping[str, Any]) -> str:
    """A shell's line."""
    names = {"AccessKeyId": "ACCESS_KEY_ID", "SecretAccessKey": "SECRET_ACCESS_KEY", "SessionToken": "SESSION_TOKEN"}
    given = [f"AWS_{names[name]}={shlex.quote(keys[name])}" for name in names if name in keys]
    return f"export {' '.join(given)}"


def states(project: Project) -> dict[Path, bytes]:
    """The state files."""
    folder = project.root / ".sandbox/state/.pulumi/stacks"
    return {file: file.read_bytes() for file in folder.rglob("*.json")}


def resources(states: Mapping[Path, bytes]) -> dict[Path, Any]:
    """What is in the states: plain `pulumi` writes the file anew when it fails."""
    return {file: json.loads(text)["checkpoint"]["latest"].get("resources") for file, text in states.items()}


def writes(project: Project) -> dict[str, int]:
    """How often each action that changes something was called, refused or not."""
    counted = accidents.control(project, "GET", "calls")
    return {
        f"{service}:{action}": count
        for service, actions in counted.items()
        for action, count in actions.items()
        if not action.startswith(READS)
    }


@pytest.mark.parametrize("command", TASKS)
@pytest.mark.parametrize("who", SAID)
def test_a_task_changes_nothing_with_the_wrong_credentials(
    prod: Project, wrong: Mapping[str, Mapping[str, Any]], who: str, command: str
) -> None:
    before, called = states(prod), writes(prod)
    output = prod.shell(f"{signed_in(wrong[who])}; invoke {command}", expect=1).output
    assert SAID[who] in output
    if who != "stranger":
        assert f"environment prod belongs to account {MANAGEMENT_ACCOUNT}" in output
        assert "Nothing was changed." in output
    assert output.count(SAID[who]) == 1
    assert "Traceback" not in output
    assert states(prod) == before
    assert writes(prod) == called


@pytest.mark.parametrize(
    ("who", "command"),
    # The layers' providers are bound alike: all operations of the first one, and one of the others, stand for them all.
    [("member", command) for command in [*PLAIN[:3], *PLAIN[3::3]]]
    + [(who, command) for who in ("other organization", "stranger") for command in PLAIN[:3]],
)
def test_plain_pulumi_changes_nothing_with_the_wrong_credentials(
    prod: Project, wrong: Mapping[str, Mapping[str, Any]], who: str, command: str
) -> None:
    before, called = states(prod), writes(prod)
    done = prod.shell(f"{signed_in(wrong[who])}; {command}", expect=None)
    output = done.output
    assert done.code != 0
    assert ("InvalidClientTokenId" if who == "stranger" else "AWS account ID not allowed: ") in output, output
    assert "Traceback" not in output, output
    assert resources(states(prod)) == resources(before)
    assert writes(prod) == called


def test_doctor_says_whose_the_credentials_are(prod: Project, wrong: Mapping[str, Mapping[str, Any]]) -> None:
    # Production must not have the embedded provider, so the doctor never finds all well here.
    right = prod.shell("invoke doctor --env prod", expect=1).output
    assert re.search(rf"ok +AWS credentials +account {MANAGEMENT_ACCOUNT}, the management account of org", right), right
    assert re.search(r"ok +management account ", right), right
    member = prod.shell(f"{signed_in(wrong['member'])}; invoke doctor --env prod", expect=1).output
    assert re.search(r"missing +AWS credentials +member account \d{12} of organization o-", member), member
    assert re.search(r"missing +management account +these AWS credentials are of member account", member), member


def test_with_the_right_credentials_everything_is_as_it_was(
    prod: Project, wrong: Mapping[str, Mapping[str, Any]]
) -> None:
    assert wrong
    assert prod.shell("invoke deploy-all --env prod --yes").output.count("| unchanged") == 5
    prod.shell("invoke refresh-all --env prod")
    prod.shell("pulumi refresh --yes --cwd stacks/org --stack prod")
    prod.shell(f"invoke {DESTROY}")
