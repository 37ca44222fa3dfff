"""Real changes of the configuration, as the documents before and after that the layers' programs make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from automation.access.documents import snapshot_of
from automation.access.resources import STACK, Resource
from automation.access.snapshot import Snapshot
from shared.layers import StackId
from tests.configuration import MANAGEMENT_ACCOUNT, SANDBOX
from tests.security.organization import MOCKED, NAMES, Ids
from tests.stacks import harness
from tests.stacks.harness import Run, run_program

Edits = Mapping[str, Mapping[str, Any]]
"""File → keys (without its namespace) with other values; None takes a key away."""

POLICIES, IDENTITY = "policies/Pulumi.sandbox.yaml", "identity/Pulumi.sandbox.yaml"
DEVELOPER = "accounts/Pulumi.sandbox.developer.yaml"
UNITS = {"Development": "ou-root-development", "Production": "ou-root-production"}
REGIONS = ["us-east-1", "us-west-2"]

CHANGES: dict[str, Edits] = {
    "the guardrails of the root are off": {POLICIES: {"serviceControl": {"/": {"guardrails": []}}}},
    "a guardrail is off": {
        POLICIES: {"serviceControl": {"/": {"guardrails": ["leave-organization", "stop-cloudtrail", "root-user"]}}}
    },
    "another region": {POLICIES: {"serviceControl": {"Development": {"allowedRegions": [*REGIONS, "eu-west-1"]}}}},
    "no allowed regions": {POLICIES: {"serviceControl": {}}},
    "a role may less": {DEVELOPER: {"roleActions": {"DeveloperRole": ["s3:Get*", "dynamodb:*"]}}},
    "a boundary with another name": {DEVELOPER: {"resourceNamesPrefix": "web"}},
    "an account moves": {DEVELOPER: {"organizationalUnit": "Production"}},
    "a user leaves": {IDENTITY: {"users": ["ada"], "mfaEnrolment": ["ada"]}},
    "MFA is not asked for": {IDENTITY: {"requireMfa": False, "mfaEnrolment": []}},
    "outsiders may come in": {POLICIES: {"resourceControl": None}},
}


def snapshot(edits: Edits | None = None) -> Snapshot:
    """The documents that the programs make of the end-to-end tests' configuration with these edits."""
    ids = Ids()
    org = {
        "organizationId": ids.organization,
        "managementAccountId": MANAGEMENT_ACCOUNT,
        "rootId": ids.root,
        "organizationalUnits": UNITS,
    }
    identity = _run("identity", "sandbox", IDENTITY, {"org": org}, edits)
    policies = _run("policies", "sandbox", POLICIES, {"org": org}, edits)
    found = {
        StackId("org", "sandbox"): [Resource(STACK, "org", "", org)],
        StackId("identity", "sandbox"): _resources(identity),
        StackId("policies", "sandbox"): _resources(policies),
    }
    outputs = _with_arns(identity)
    for name in NAMES:
        account = {**harness.MANAGED_IDS, "aws:organizations/account:Account": ids.accounts[name]}
        with patch.object(harness, "MANAGED_IDS", account):
            upstream = {"org": org, "identity": outputs, "policies": policies.outputs}
            run = _run("accounts", f"sandbox.{name}", f"accounts/Pulumi.sandbox.{name}.yaml", upstream, edits)
            found[StackId("accounts", "sandbox", name)] = _resources(run)
    return snapshot_of(found)


def _run(layer: str, stack: str, file: str, upstream: Mapping[str, Any], edits: Edits | None) -> Run:
    config = {key.partition(":")[2]: value for key, value in SANDBOX[file].items()} | dict((edits or {}).get(file, {}))
    return run_program(layer, stack, config, upstream=upstream)


def _with_arns(identity: Run) -> Any:
    """The layer's outputs, with users' ARNs as AWS gives them."""

    def arn(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: arn(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [arn(each) for each in value]
        return known.get(value, value) if isinstance(value, str) else value

    users = [each for each in identity.resources if each.type == "aws:iam/user:User"]
    known = {f"{MOCKED}{each.name}": f"arn:aws:iam::{MANAGEMENT_ACCOUNT}:user/{each.inputs['name']}" for each in users}
    return arn(identity.outputs)


def _resources(run: Run) -> list[Resource]:
    found = []
    for each in run.resources:
        id_ = harness.MANAGED_IDS.get(each.type, f"{each.name}-id")
        arn = {"arn": f"{MOCKED}{each.name}"} if each.type == "aws:iam/policy:Policy" else {}
        found.append(Resource(each.type, each.name, id_, {**each.inputs, **arn}))
    return found
