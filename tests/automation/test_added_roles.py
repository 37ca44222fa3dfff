"""Roles that the identity layer's deploy role may not add or take away: said before the run."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from automation import aws, operations
from shared.errors import UserError
from shared.layers import StackId, discover
from tests.automation.fake_engine import FakeRun
from tests.configuration import write_sandbox

IDENTITY = StackId("identity", "sandbox")
DEPLOYER = "arn:aws:sts::123456789012:assumed-role/DeployIdentity/ci"
URN = "urn:pulumi:sandbox::identity::aws-organization:identity:{}$aws:{}::{}"
HAS = [
    URN.format("Roles", "iam/groupPolicy:GroupPolicy", "assume-Auditor"),
    URN.format("Roles", "iam/group:Group", "Auditor"),
    URN.format("RolePeople", "ssoadmin/permissionSet:PermissionSet", "AssumeAuditor"),
    URN.format("Developers", "iam/groupPolicy:GroupPolicy", "assume-developer-role"),
]
AUDITOR = {"group": "auditors", "identityCenterGroup": "auditors"}
CENTER: dict[str, Any] = {"groups": {"auditors": {"users": []}}}


class Sts:
    def __init__(self, arn: str) -> None:
        self.arn = arn

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": self.arn}


def deploy(root: Path, roles: dict[str, Any]) -> FakeRun:
    write_sandbox(root)
    for stack, keys in (
        (IDENTITY, {"identity:roles": roles, "identity:identityCenter": CENTER}),
        (StackId("org", "sandbox"), {"org:additionalTrustedServices": ["sso.amazonaws.com"]}),
    ):
        file = stack.config_file(root)
        document = yaml.safe_load(file.read_text())
        document["config"] |= keys
        file.write_text(yaml.safe_dump(document))
    resources = [{"type": urn.split("$")[1].split("::")[0], "custom": True, "urn": urn, "outputs": {}} for urn in HAS]
    made = FakeRun(root, discover("sandbox", root), {IDENTITY: {"deployment": {"resources": resources}}})
    operations.deploy(made.run, [IDENTITY], yes=True, interactive=False)
    return made


@pytest.mark.parametrize(
    ("roles", "named"),
    [
        ({"Auditor": AUDITOR, "Releaser": {"group": "releasers"}}, "Releaser"),
        ({"Auditor": {"group": "auditors"}}, "Auditor"),
        ({"Auditor": {"identityCenterGroup": "auditors"}}, "Auditor"),
        ({}, "Auditor"),
    ],
)
def test_what_the_deploy_role_may_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, roles: dict[str, Any], named: str
) -> None:
    monkeypatch.setattr(aws, "client", lambda *_arguments: Sts(DEPLOYER))
    with pytest.raises(UserError) as error:
        deploy(tmp_path, roles)
    text = str(error.value)
    assert text.startswith(
        f"stacks/identity/Pulumi.sandbox.yaml: identity:roles.{named} is new or gone, and these AWS "
    )
    assert "invoke up identity --env sandbox" in text
    assert "\n" not in text
    # An administrator may.
    monkeypatch.setattr(aws, "client", lambda *_arguments: Sts("arn:aws:iam::123456789012:user/administrator"))
    assert deploy(tmp_path / "other", roles).engine.done


def test_what_stays_is_the_teams_to_deploy_and_nobody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "client", None)
    # People of a permission set that somebody else looks after take nothing but the roles' trust.
    roles = {"Auditor": {**AUDITOR, "requireMfa": False}, "Other": {"permissionSet": "Ops"}}
    assert deploy(tmp_path, roles).engine.done
