"""The tests' own configuration files: whoever edits `stacks/*/Pulumi.*.yaml` breaks no test.

`tests/e2e/test_sandbox_files.py` alone is about the repository's own.
"""

from pathlib import Path
from typing import Any

import yaml

from shared.yaml_files import Dumper

SANDBOX: dict[str, dict[str, Any]] = {
    "org/Pulumi.sandbox.yaml": {"org:mode": "create", "org:organizationalUnits": ["Development"]},
    "identity/Pulumi.sandbox.yaml": {
        "identity:users": ["ada", "grace"],
        "identity:mfaEnrolment": ["ada", "grace"],
        # Tests make keys and MFA devices by hand.
        "identity:forceDestroyUsers": True,
    },
    "policies/Pulumi.sandbox.yaml": {
        "policies:backup": {
            "organizationalUnits": ["Development"],
            "primaryRegions": ["us-west-2"],
            "copyRegion": "us-east-1",
        },
        "policies:tags": {"Development": {"costCenters": ["Development", "Testing"]}},
        "policies:serviceControl": {"Development": {"allowedRegions": ["us-east-1", "us-west-2"]}},
    },
    "accounts/Pulumi.sandbox.developer.yaml": {
        "accounts:name": "DeveloperAccount",
        "accounts:email": "developer-account@example.com",
        "accounts:organizationalUnit": "Development",
        "accounts:resourceNamesPrefix": "dev",
        "accounts:tags": {"CostCenter": "Development", "Owner": "platform-team"},
    },
    "accounts/Pulumi.sandbox.shared-test.yaml": {
        "accounts:name": "SharedTestAccount",
        "accounts:email": "shared-test-account@example.com",
        "accounts:organizationalUnit": "Development",
        "accounts:tags": {"CostCenter": "Testing", "Owner": "quality-team"},
    },
}
"""Keys by file: the organization whose first deployment the README shows."""

SALT = "v1:3XAL9Mb5CYk=:v1:7WdDZD9m+mRUtOwJ:9Hbft9ee+O6sR98F7SydZMZCx1ON5A=="
"""Fits the sandbox's passphrase; with it the engine has nothing to add to a file."""


MANAGEMENT_ACCOUNT = "123456789012"
"""The management account of the emulated AWS."""


def write_production(root: Path, account: str = MANAGEMENT_ACCOUNT) -> Path:
    """The files of an environment `prod` beside the sandbox's, the same but for their account id. Returns `root`."""
    for file in sorted((root / "stacks").glob("*/Pulumi.sandbox*.yaml")):
        document = yaml.safe_load(file.read_text())
        document["config"]["aws:allowedAccountIds"] = [account]
        new = file.with_name(file.name.replace("Pulumi.sandbox", "Pulumi.prod"))
        new.write_text(yaml.dump(document, Dumper=Dumper, sort_keys=False))
    return root


def write_sandbox(root: Path) -> Path:
    """The files of an environment `sandbox` under `root`, in place of every environment that is there.

    Returns `root`.
    """
    for old in (root / "stacks").glob("*/Pulumi.*.yaml"):
        old.unlink()
    for name, keys in SANDBOX.items():
        file = root / "stacks" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        document = {"config": {"aws:region": "us-west-2", **keys}, "encryptionsalt": SALT}
        file.write_text(yaml.dump(document, Dumper=Dumper, sort_keys=False))
    return root
