"""The check of the management account, in which three layers work."""

import pulumi
import pulumi_aws as aws

from shared.stack_outputs import OrgOutputs
from shared.stack_references import Upstream


def require_management_account(org: Upstream[OrgOutputs]) -> str | None:
    """The caller's ARN. Raises `pulumi.RunError` unless its account is the organization's management account.

    None in a preview before there is an organization: AWS is not asked then.
    """
    management_account = org.known(lambda outputs: outputs.management_account_id)
    if management_account is None:
        return None
    caller = aws.get_caller_identity()
    if caller.account_id != management_account:
        raise pulumi.RunError(
            f"the AWS credentials belong to account {caller.account_id}; this layer works in the management account, "
            f"{management_account}: sign in there"
        )
    return caller.arn
