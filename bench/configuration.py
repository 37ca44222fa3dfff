"""The organization that is measured: always the same, whatever the repository's own sandbox files say."""

from pathlib import Path
from typing import Any

import yaml

from sandbox.credentials import MANAGEMENT_ACCOUNT_ID
from shared.layers import SANDBOX, StackId

UPSTREAM: dict[str, dict[str, Any]] = {
    "org": {"org:mode": "create", "org:organizationalUnits": ["Development"]},
    "identity": {"identity:users": ["ada", "grace"], "identity:forceDestroyUsers": True},
    "policies": {
        "policies:backup": {
            "organizationalUnits": ["Development"],
            "primaryRegions": ["us-west-2"],
            "copyRegion": "us-east-1",
        },
        "policies:tags": {"Development": {"costCenters": ["Development", "Testing"]}},
        "policies:serviceControl": {"Development": {"allowedRegions": ["us-east-1", "us-west-2"]}},
    },
}
"""The configuration of what accounts read, by layer."""

ACCOUNT: dict[str, Any] = {
    "accounts:organizationalUnit": "Development",
    "accounts:resourceNamesPrefix": "dev",
    "accounts:tags": {"CostCenter": "Development", "Owner": "platform-team"},
    "accounts:blockPublicS3": False,
}
"""What every account's configuration has, beside a name and an address."""

SALT = "v1:3XAL9Mb5CYk=:v1:7WdDZD9m+mRUtOwJ:9Hbft9ee+O6sR98F7SydZMZCx1ON5A=="
"""Fits the sandbox's passphrase; with it the engine has nothing to add to a file."""


def account_names(number: int) -> list[str]:
    """The names of `number` accounts, in alphabetical order."""
    return [f"a{each:03}" for each in range(1, number + 1)]


def write_configuration(root: Path, accounts: int, environment: str = SANDBOX) -> None:
    """Give the copy of the repository at `root` an environment with that many accounts, and no other one."""
    for old in (root / "stacks").glob("*/Pulumi.*.yaml"):
        old.unlink()
    for layer, keys in UPSTREAM.items():
        _write(root, StackId(layer, environment), keys)
    for name in account_names(accounts):
        own = {"accounts:name": f"Account {name}", "accounts:email": f"{name}@example.com"}
        _write(root, StackId("accounts", environment, name), {**own, **ACCOUNT})


def change_owner(root: Path, account: str, owner: str, environment: str = SANDBOX) -> None:
    """Set the Owner tag of one account."""
    file = StackId("accounts", environment, account).config_file(root)
    document = yaml.safe_load(file.read_text())
    document["config"]["accounts:tags"]["Owner"] = owner
    file.write_text(yaml.safe_dump(document))


def _write(root: Path, stack: StackId, keys: dict[str, Any]) -> None:
    file = stack.config_file(root)
    file.parent.mkdir(parents=True, exist_ok=True)
    bound = {} if stack.environment == SANDBOX else {"aws:allowedAccountIds": [MANAGEMENT_ACCOUNT_ID]}
    document = {"config": {"aws:region": "us-west-2", **bound, **keys}, "encryptionsalt": SALT}
    file.write_text(yaml.safe_dump(document))
