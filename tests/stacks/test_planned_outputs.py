"""Programs in a preview that gives them the planned outputs of their upstream stacks."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.output import Unknown
from pulumi.runtime.rpc import UNKNOWN

from shared import planned_outputs
from shared.layers import StackId, parse_stack
from shared.planned_outputs import Planned
from shared.stack_outputs import OrgOutputs
from shared.stack_references import Upstream
from tests.stacks.harness import Run, run_program
from tests.stacks.samples import ACCOUNT, AUTOMATION, IDENTITY, ORG, POLICIES, POLICY_SETTINGS, UPSTREAM, USERS

ROLE = "aws:iam/role:Role"
ORG_ACCOUNT = "aws:organizations/account:Account"
VAULT = "aws:backup/vault:Vault"
STAGING = {**ACCOUNT, "organizationalUnit": "Staging", "tags": {}}
STAGING_UNITS = {"organizationalUnits": {**ORG["organizationalUnits"], "Staging": UNKNOWN}}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(planned_outputs.VARIABLE, str(tmp_path))
    return tmp_path


def preview(
    folder: Path,
    planned: Mapping[str, Mapping[str, Any]],
    layer: str = "accounts",
    config: Mapping[str, Any] = ACCOUNT,
    *,
    exists: bool = True,
    preview: bool = True,
) -> Run:
    """A run of the program with the planned outputs of some layers."""
    stack = parse_stack(layer, "sandbox.developer" if layer == "accounts" else "sandbox")
    found = {StackId(name, "sandbox"): Planned(outputs, exists) for name, outputs in planned.items()}
    planned_outputs.write(folder, stack, found)
    return run_program(layer, stack.name, config, upstream=UPSTREAM, preview=preview)


def test_an_account_in_a_unit_of_the_same_change(folder: Path) -> None:
    run = preview(folder, {"org": {**ORG, **STAGING_UNITS}}, config=STAGING)
    assert isinstance(run.one(ORG_ACCOUNT).inputs["parentId"], Unknown)
    known = preview(folder, {"org": {**ORG, **STAGING_UNITS}})
    assert known.one(ORG_ACCOUNT).inputs["parentId"] == "ou-dev"


def test_a_unit_that_will_not_exist_is_refused(folder: Path) -> None:
    units = {"organizationalUnits": {"Sandbox": "ou-sandbox", "Staging": UNKNOWN}}
    with pytest.raises(pulumi.RunError, match="names the OU 'Development', which stack org does not export"):
        preview(folder, {"org": {**ORG, **units}})


def test_only_what_is_unknown_is_unknown(folder: Path) -> None:
    principals = {"DeveloperRole": [*USERS, UNKNOWN], "AutomationRole": [AUTOMATION]}
    run = preview(folder, {"identity": {**IDENTITY, "principals": principals}})
    trusts = {name: role.inputs["assumeRolePolicy"] for name, role in run.of(ROLE).items()}
    assert isinstance(trusts["DeveloperRole"], Unknown)
    assert AUTOMATION in trusts["AutomationRole"]


@pytest.mark.parametrize("principals", [UNKNOWN, {"DeveloperRole": UNKNOWN, "AutomationRole": [AUTOMATION]}])
def test_an_output_of_which_nothing_is_known(folder: Path, principals: Any) -> None:
    run = preview(folder, {"identity": {**IDENTITY, "principals": principals}})
    assert isinstance(run.of(ROLE)["DeveloperRole"].inputs["assumeRolePolicy"], Unknown)


def test_vaults_follow_the_policies_that_will_be(folder: Path) -> None:
    backup = {**POLICIES["backup"]["Development"], "copyRegion": "eu-north-1"}
    run = preview(folder, {"policies": {**POLICIES, "backup": {"Development": backup}}})
    assert set(run.of(VAULT)) == {"vault-us-west-2", "vault-eu-west-1", "vault-eu-north-1"}
    assert not preview(folder, {"policies": {**POLICIES, "backup": {}}}).of(VAULT)
    assert not preview(folder, {"policies": {**POLICIES, "backup": UNKNOWN}}).of(VAULT)


def test_tags_are_checked_against_the_rules_that_will_be(folder: Path) -> None:
    rules = {"Development": {"CostCenter": ["Research"], "Owner": ["*"]}}
    with pytest.raises(pulumi.RunError, match="the OU allows: Research"):
        preview(folder, {"policies": {**POLICIES, "tagRules": rules}})


def test_policies_on_a_unit_of_the_same_change(folder: Path) -> None:
    settings = {**POLICY_SETTINGS, "tags": {"Staging": {"costCenters": ["Testing"]}}}
    run = preview(folder, {"org": {**ORG, **STAGING_UNITS}}, "policies", settings)
    assert set(run.outputs["tagRules"]) == {*ORG["organizationalUnits"], "Staging"}
    assert "Testing" in run.outputs["tagRules"]["Staging"]["CostCenter"]


def test_an_organization_of_the_same_change_is_nobodys_yet(folder: Path) -> None:
    planned = {**dict.fromkeys(ORG, UNKNOWN), "organizationalUnits": {"Development": UNKNOWN}}
    run = preview(folder, {"org": planned}, exists=False)
    assert isinstance(run.one(ORG_ACCOUNT).inputs["parentId"], Unknown)


@pytest.mark.parametrize("exists", [True, False])
def test_a_stack_that_does_not_exist_is_not_referred_to(folder: Path, exists: bool, monkeypatch: Any) -> None:
    referred: list[str] = []
    made = pulumi.StackReference

    def refer(name: str) -> pulumi.StackReference:
        referred.append(name)
        return made(name)

    monkeypatch.setattr(pulumi, "StackReference", refer)
    preview(folder, {"org": ORG, "identity": IDENTITY, "policies": POLICIES}, exists=exists)
    assert len(referred) == (3 if exists else 0)


def test_a_deployment_never_reads_them(folder: Path) -> None:
    run = preview(folder, {"org": {**ORG, "organizationalUnits": {"Development": "ou-planned"}}}, preview=False)
    assert run.one(ORG_ACCOUNT).inputs["parentId"] == "ou-dev"


def test_planned_outputs_that_break_the_contract_are_refused(folder: Path) -> None:
    with pytest.raises(pulumi.RunError, match="the outputs of identity are not what accounts/developer reads"):
        preview(folder, {"identity": {"principals": {"DeveloperRole": 1}, "mfaRequired": UNKNOWN}})


def test_none_is_a_result_and_not_unknown() -> None:
    upstream = Upstream(StackId("org", "sandbox"), OrgOutputs.model_validate(ORG))

    async def known() -> bool:
        return await upstream.get(lambda _outputs: None).is_known()

    assert asyncio.run(known())
