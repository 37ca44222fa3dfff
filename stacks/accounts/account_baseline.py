"""The settings that apply to a whole account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.password_policy import password_policy
from shared.settings.passwords import PasswordSettings
from stacks.accounts.budget import budget
from stacks.accounts.budget_config import BudgetSettings
from stacks.accounts.config import Contact, ContactKind


@dataclass(frozen=True)
class AccountBaselineArgs:
    """Each setting is optional. `encrypted_regions` are the regions in which EBS encrypts by default."""

    alias: str | None
    alternate_contacts: Mapping[ContactKind, Contact]
    block_public_s3: bool
    encrypted_regions: Sequence[str]
    password_policy: PasswordSettings | None = None
    budget: BudgetSettings | None = None


class AccountBaseline(Component):
    """Alias, alternate contacts, S3 public access block, EBS encryption by default, password policy and budget."""

    def __init__(self, name: str, args: AccountBaselineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("accounts:AccountBaseline", name, opts, formerly="acme:accounts:AccountBaseline")
        child = pulumi.ResourceOptions(parent=self)
        if args.alias:
            aws.iam.AccountAlias("alias", account_alias=args.alias, opts=child)
        for kind, contact in args.alternate_contacts.items():
            aws.account.AlternativeContact(
                kind,
                alternate_contact_type=kind.upper(),
                name=contact.name,
                title=contact.title,
                email_address=contact.email,
                phone_number=contact.phone,
                opts=child,
            )
        if args.block_public_s3:
            aws.s3.AccountPublicAccessBlock(
                "block-public-s3",
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
                opts=child,
            )
        for region in args.encrypted_regions:
            aws.ebs.EncryptionByDefault(f"encrypt-ebs-{region}", enabled=True, region=region, opts=child)
        if args.password_policy:
            password_policy("passwords", args.password_policy, child)
        if args.budget:
            budget("budget", args.budget, child)
        self.register_outputs({})
