"""What layers export: exactly what the contract says, under its names."""

import asyncio
from typing import Any

import pytest

from shared.stack_outputs import BackupTargetSpec, IdentityOutputs, OrgOutputs, PoliciesOutputs, StackOutputs, exports

CONTRACTS: dict[type[StackOutputs], dict[str, str]] = {
    OrgOutputs: {
        "organization_id": "organizationId",
        "management_account_id": "managementAccountId",
        "root_id": "rootId",
        "organizational_units": "organizationalUnits",
    },
    IdentityOutputs: {
        "principals": "principals",
        "mfa_required": "mfaRequired",
        "permission_set_roles": "permissionSetRoles",
        "identity_center": "identityCenter",
    },
    PoliciesOutputs: {
        "backup": "backup",
        "tag_rules": "tagRules",
        "access_role_names": "accessRoleNames",
        "more_backups": "moreBackups",
        "optional_tags": "optionalTags",
        "vaults": "vaults",
        "bucket_backups": "bucketBackups",
    },
}
"""The fields of each contract and the names of the outputs."""


@pytest.mark.parametrize("model", CONTRACTS, ids=lambda model: model.layer)
def test_exports_have_the_names_of_outputs(model: type[StackOutputs]) -> None:
    names = CONTRACTS[model]

    async def exported() -> list[str]:
        return list(exports(model, **dict.fromkeys(names, "value")))

    assert asyncio.run(exported()) == list(names.values())


@pytest.mark.parametrize(
    ("model", "missing"), [(model, field) for model, fields in CONTRACTS.items() for field in fields]
)
def test_a_field_that_is_not_exported_is_refused(model: type[StackOutputs], missing: str) -> None:
    fields = {field: "value" for field in CONTRACTS[model] if field != missing}
    with pytest.raises(TypeError, match=rf"{model.__name__} and the exported outputs differ in {missing}\Z"):
        exports(model, **fields)


@pytest.mark.parametrize("model", CONTRACTS, ids=lambda model: model.layer)
def test_an_output_that_no_contract_has_is_refused(model: type[StackOutputs]) -> None:
    fields = {**dict.fromkeys(CONTRACTS[model], "value"), "more": "value"}
    with pytest.raises(TypeError, match=r"differ in more\Z"):
        exports(model, **fields)


@pytest.mark.parametrize(
    ("primary", "regions"),
    [(["us-west-2"], ["us-west-2", "us-east-1"]), (["c", "a", "b"], ["c", "a", "b", "us-east-1"])],
)
def test_vaults_are_needed_in_every_primary_region_and_the_copy_region(primary: list[str], regions: list[str]) -> None:
    exported: dict[str, Any] = {"vaultName": "V", "roleName": "R", "primaryRegions": primary, "copyRegion": "us-east-1"}
    assert BackupTargetSpec.model_validate(exported).regions == regions
