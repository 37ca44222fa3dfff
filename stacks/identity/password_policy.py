"""The management account's IAM password policy."""

from dataclasses import dataclass

import pulumi

from shared.component import Component
from shared.password_policy import password_policy
from shared.settings.passwords import PasswordSettings


@dataclass(frozen=True)
class PasswordPolicyArgs:
    """`policy` is what the configuration sets."""

    policy: PasswordSettings


class PasswordPolicy(Component):
    """The rules for console passwords."""

    def __init__(self, name: str, args: PasswordPolicyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("identity:PasswordPolicy", name, opts, formerly="acme:identity:PasswordRules")
        password_policy("passwords", args.policy, pulumi.ResourceOptions(parent=self))
        self.register_outputs({})
