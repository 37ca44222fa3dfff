"""The management account's IAM password policy."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.config.identity import PasswordPolicy


@dataclass(frozen=True)
class PasswordRulesArgs:
    """`policy` is the part that the configuration sets; all character classes are required."""

    policy: PasswordPolicy


class PasswordRules(pulumi.ComponentResource):
    """What a console password must be like.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
    """

    def __init__(self, name: str, args: PasswordRulesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("acme:identity:PasswordRules", name, {}, opts)
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
