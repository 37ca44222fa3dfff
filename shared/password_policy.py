"""The IAM password policy of an account: of the management account, and of member accounts."""

import pulumi
import pulumi_aws as aws

from shared.settings.passwords import PasswordSettings


def password_policy(
    name: str, settings: PasswordSettings, opts: pulumi.ResourceOptions
) -> aws.iam.AccountPasswordPolicy:
    """The policy that `settings` describe. Every class of characters is always required.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
    """
    return aws.iam.AccountPasswordPolicy(
        name,
        minimum_password_length=settings.minimum_length,
        password_reuse_prevention=settings.reuse_prevention,
        max_password_age=settings.max_age_days,
        allow_users_to_change_password=True,
        require_lowercase_characters=True,
        require_uppercase_characters=True,
        require_numbers=True,
        require_symbols=True,
        opts=opts,
    )
