"""What IAM Identity Center has. It is named, and stays as it is: a permission set of this project always has a
permissions boundary, and to put one on those that are there would take from people what they may do today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from automation import aws
from automation.inventory.organization import pages


@dataclass(frozen=True)
class FoundCenter:
    """The instance in the region of the credentials: the names of its permission sets, each with the number of accounts
    that have it, and of its groups. https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_Operations.html"""

    permission_sets: Mapping[str, int]
    groups: tuple[str, ...] = ()


def read_identity_center(environment: str, root: Path) -> FoundCenter | None:
    """None if there is no instance in the region. Raises `automation.aws.AwsFailed`."""
    client = aws.client(environment, "sso-admin", root)
    with aws.errors(environment, "reading IAM Identity Center"):
        instance = next(pages(client, "list_instances", "Instances"), None)
        if instance is None:
            return None
        where = {"InstanceArn": instance["InstanceArn"]}
        found = {}
        for page in client.get_paginator("list_permission_sets").paginate(**where):
            for arn in page["PermissionSets"]:
                name = client.describe_permission_set(**where, PermissionSetArn=arn)["PermissionSet"]["Name"]
                accounts = client.get_paginator("list_accounts_for_provisioned_permission_set").paginate(
                    **where, PermissionSetArn=arn
                )
                found[name] = sum(len(each["AccountIds"]) for each in accounts)
        store = aws.client(environment, "identitystore", root)
        groups = pages(store, "list_groups", "Groups", IdentityStoreId=instance["IdentityStoreId"])
        names = sorted(each.get("DisplayName") or each["GroupId"] for each in groups)
    return FoundCenter(dict(sorted(found.items())), tuple(names))
