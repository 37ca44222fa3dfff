"""The role in a member account with which the accounts layer is previewed."""

import json
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.policy_documents.documents import render_iam_policy
from shared.policy_documents.roles import PREVIEW_ROLE

DOCUMENT = Path(__file__).with_name("preview_policy.json")
"""What the role may read: exactly what a preview, a refresh and `drift` of this layer ask AWS inside of an account.
Generated (`make permissions`); `<account>` stands for the account's id."""


@dataclass(frozen=True)
class PreviewAccessArgs:
    """`trust_policy` is the role's, as JSON."""

    account_id: pulumi.Input[str]
    trust_policy: pulumi.Input[str]


class PreviewAccess(Component):
    """PreviewRole, which only the management account's role that previews accounts may assume, and which only reads."""

    def __init__(self, name: str, args: PreviewAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("accounts:PreviewAccess", name, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            PREVIEW_ROLE,
            name=PREVIEW_ROLE,
            description="Reads what the accounts layer has made here",
            assume_role_policy=args.trust_policy,
            opts=child,
        )
        aws.iam.RolePolicy(
            PREVIEW_ROLE,
            name="Preview",
            role=role.name,
            policy=pulumi.Output.from_input(args.account_id).apply(preview_policy),
            opts=child,
        )
        self.register_outputs({"arn": role.arn})


def preview_policy(account_id: str) -> str:
    """The policy of the role in an account, as JSON."""
    return render_iam_policy("Preview", json.loads(DOCUMENT.read_text().replace("<account>", account_id)))
