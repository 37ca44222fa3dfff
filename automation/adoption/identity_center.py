"""What IAM Identity Center has: permission sets with their policies, who has them where, and the names of groups."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automation import aws
from automation.inventory.organization import pages
from shared.policy_documents.roles import UNBOUNDED

_AT_ONCE = 8
GROUP = "GROUP"


@dataclass(frozen=True)
class FoundAssignment:
    """Who has a permission set in an account: the id of a group or of a user, which `kind` says, as AWS writes it."""

    account: str
    kind: str
    principal: str


@dataclass(frozen=True)
class FoundSet:
    """A permission set. `customer` are the policies of each account that it names, as /PATH/NAME, and `boundary` is one
    like them, the ARN of a policy of AWS, or none."""

    arn: str
    name: str
    description: str | None = None
    duration: str = "PT1H"
    relay_state: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    managed: tuple[str, ...] = ()
    customer: tuple[str, ...] = ()
    inline: str = ""
    boundary: str = UNBOUNDED
    assignments: tuple[FoundAssignment, ...] = ()

    @property
    def accounts(self) -> set[str]:
        """The accounts in which somebody has it."""
        return {each.account for each in self.assignments}


@dataclass(frozen=True)
class FoundCenter:
    """The instance in the region of the credentials. `groups` maps ids to names.
    https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_Operations.html"""

    instance: str
    store: str
    region: str
    sets: tuple[FoundSet, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)


def read_identity_center(environment: str, root: Path) -> FoundCenter | None:
    """None if there is no instance in the region. Raises `automation.aws.AwsFailed`."""
    client = aws.client(environment, "sso-admin", root)
    with aws.errors(environment, "reading IAM Identity Center"):
        found = next(pages(client, "list_instances", "Instances"), None)
        if found is None:
            return None
        instance, store = found["InstanceArn"], found["IdentityStoreId"]
        arns = list(pages(client, "list_permission_sets", "PermissionSets", InstanceArn=instance))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            sets = list(pool.map(lambda arn: _permission_set(client, instance, arn), arns))
        listed = pages(aws.client(environment, "identitystore", root), "list_groups", "Groups", IdentityStoreId=store)
        groups = {each["GroupId"]: each.get("DisplayName") or "" for each in listed}
    ordered = tuple(sorted(sets, key=lambda each: each.name))
    return FoundCenter(instance, store, str(client.meta.region_name), ordered, groups)


def _permission_set(client: Any, instance: str, arn: str) -> FoundSet:
    which = {"InstanceArn": instance, "PermissionSetArn": arn}
    found = client.describe_permission_set(**which)["PermissionSet"]
    tags = pages(client, "list_tags_for_resource", "Tags", InstanceArn=instance, ResourceArn=arn)
    managed = pages(client, "list_managed_policies_in_permission_set", "AttachedManagedPolicies", **which)
    references = "CustomerManagedPolicyReferences"
    customer = pages(client, "list_customer_managed_policy_references_in_permission_set", references, **which)
    accounts = map(str, pages(client, "list_accounts_for_provisioned_permission_set", "AccountIds", **which))
    return FoundSet(
        arn,
        found["Name"],
        found.get("Description") or None,
        found.get("SessionDuration") or "PT1H",
        found.get("RelayState") or None,
        {each["Key"]: each["Value"] for each in sorted(tags, key=lambda each: str(each["Key"]))},
        tuple(sorted(each["Arn"] for each in managed)),
        tuple(sorted(map(_reference, customer))),
        client.get_inline_policy_for_permission_set(**which).get("InlinePolicy") or "",
        _boundary(client, which),
        tuple(
            FoundAssignment(account, each["PrincipalType"], each["PrincipalId"])
            for account in sorted(accounts)
            for each in pages(client, "list_account_assignments", "AccountAssignments", AccountId=account, **which)
        ),
    )


def _boundary(client: Any, which: Mapping[str, str]) -> str:
    try:
        found = client.get_permissions_boundary_for_permission_set(**which)["PermissionsBoundary"]
    except client.exceptions.ResourceNotFoundException:
        return UNBOUNDED
    own = found.get("CustomerManagedPolicyReference")
    return _reference(own) if own else str(found["ManagedPolicyArn"])


def _reference(found: Mapping[str, str]) -> str:
    return f"{found.get('Path') or '/'}{found['Name']}"
