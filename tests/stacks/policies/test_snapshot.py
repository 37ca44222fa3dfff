"""The four keys of the configuration give the resources and documents that they always gave, byte for byte.

`snapshot.json` was written by the program as it was when its policies were Python code. An organization that was
deployed then has these names and texts, and an upgrade must change none. The changes since then are meant and told
in the changelog: `protect-roles` has the path of added roles, `data-stays` the call that copies into a vault,
`protect-account` the budget and default VPCs.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.configuration import SANDBOX
from tests.stacks.harness import MANAGEMENT, run_program

SNAPSHOT = Path(__file__).with_name("snapshot.json")
UNITS = ["Development", "Sandbox", "Work", "Work/Web", "Work/Web/Shop", "Workloads", "Other"]
ORG = {
    "organizationId": "o-a1b2c3d4e5",
    "managementAccountId": MANAGEMENT,
    "rootId": "r-a1b2",
    "organizationalUnits": {path: f"ou-a1b2-{number:08}" for number, path in enumerate(UNITS)},
}
GUARDRAILS = [
    "leave-organization", "stop-cloudtrail", "stop-backup", "protect-roles", "protect-account", "local-identities",
    "data-stays", "root-user",
]  # fmt: skip

REGIONS = ["us-west-2", "eu-west-1", "eu-central-1", "ap-south-1"]


def backup(units: list[str], regions: list[str], copy_region: str) -> dict[str, Any]:
    return {"organizationalUnits": units, "primaryRegions": regions, "copyRegion": copy_region}


CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "sandbox": {key.partition(":")[2]: value for key, value in SANDBOX["policies/Pulumi.sandbox.yaml"].items()},
    "nothing": {},
    "no root": {"serviceControl": {"/": {"guardrails": []}}, "resourceControl": None},
    "many units": {
        "backup": backup(["Work/Web", "Workloads"], ["us-west-2", "eu-west-1", "eu-central-1"], "ap-south-1"),
        "tags": {
            "Work": {"costCenters": ["A"]},
            "Work/Web": {"costCenters": ["B", "C*"], "enforcedFor": ["ec2:instance", "s3:bucket"]},
            "Workloads": {"costCenters": ["D é"], "enforcedFor": []},
        },
        "serviceControl": {
            "/": {
                "guardrails": ["leave-organization", "root-user"],
                "allowedRegions": ["us-west-2", "eu-west-1", "eu-central-1", "ap-south-1"],
            },
            "Work": {},
            "Workloads": {"guardrails": [], "allowedRegions": ["ap-south-1", "eu-central-1", "eu-west-1", "us-west-2"]},
            "Other": {"guardrails": ["data-stays"]},
            "Sandbox": {"guardrails": []},
        },
        "resourceControl": {
            "trustedAccounts": ["999999999999", "012345678901"],
            "trustedIssuers": ["https://token.actions.githubusercontent.com", "https://issuer.example.com/id/a"],
        },
        "accessRoleNames": ["Access", "Other"],
    },
    "trusted accounts": {"resourceControl": {"trustedAccounts": ["999999999999"]}},
    "trusted issuers": {"resourceControl": {"trustedIssuers": ["https://gitlab.com"]}},
    **{each: {"serviceControl": {"/": {"guardrails": [each]}}} for each in GUARDRAILS},
}


def made(config: dict[str, Any]) -> Any:
    """All that the program makes, and what it exports."""
    run = run_program("policies", "sandbox", config, upstream={"org": ORG})
    # What was not there then.
    later = [run.outputs.pop(key) for key in ("moreBackups", "optionalTags", "vaults", "bucketBackups")]
    assert later == [{}, {}, {}, {}]
    resources = [[each.type, each.name, each.parent, each.inputs] for each in run.resources]
    return json.loads(json.dumps({"resources": sorted(resources, key=lambda each: each[:3]), "outputs": run.outputs}))


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_an_upgrade_changes_no_document_and_no_name(name: str) -> None:
    assert made(CONFIGURATIONS[name]) == json.loads(SNAPSHOT.read_text())[name]
