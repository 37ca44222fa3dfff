"""The management account's IAM password policy."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.component import Component
from stacks.identity.config import PasswordSettings


@dataclass(frozen=True)
class PasswordPolicyArgs:
    """`policy` is what the configuration sets. Every class of characters is always required."""

    policy: PasswordSettings


class PasswordPolicy(Component):
    """The rules for console passwords.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
    """

    def __init__(self, name: str, args: PasswordPolicyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("identity:PasswordPolicy", name, opts, formerly="acme:identity:PasswordRules")
        aws.iam.AccountPasswordPolicy(
            "passwords",
            minimum_password_length=args.policy.minimum_length,
            password_reuse_prevention=args.policy.reuse_prevention,
            max_password_age=args.policy.max_age_days,
            allow_users_to_change_password=True,
            require_lowercase_characters=True,
            require_uppercase_characters=True,
            require_numbers=True,
            require_symbols=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
