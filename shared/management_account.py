"""The check of the management account, in which three layers work."""

import pulumi
import pulumi_aws as aws

from shared.stack_outputs import OrgOutputs
from shared.stack_references import Upstream


def require_management_account(org: Upstream[OrgOutputs]) -> None:
    """Raise `pulumi.RunError` unless the credentials are those of the organization's management account."""
    management_account = org.known(lambda outputs: outputs.management_account_id)
    if management_account is None:
        return
    caller = aws.get_caller_identity().account_id
    if caller != management_account:
        raise pulumi.RunError(
            f"the AWS credentials belong to account {caller}; this layer works in the management account, "
            f"{management_account}: sign in there"
        )
