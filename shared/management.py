"""The management account: three layers work in it, and roles in member accounts may trust it."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from shared.contracts import OrgOutputs
from shared.upstream import Upstream


def require_management_account(org: Upstream[OrgOutputs]) -> None:
    """Raise `pulumi.RunError` unless the credentials are those of the organization's management account."""
    if org.value is None:
        return
    caller = aws.get_caller_identity().account_id
    if caller != org.value.management_account_id:
        raise pulumi.RunError(
            f"the AWS credentials belong to account {caller}; this layer works in the management account, "
            f"{org.value.management_account_id}: sign in there"
        )


def account_principal(org: Upstream[OrgOutputs]) -> pulumi.Output[str]:
    """The management account as a principal: whoever its own IAM policies allow."""
    return org.get(lambda o: f"arn:aws:iam::{o.management_account_id}:root")
