"""The IAM password policy of an account, as configuration: of the management account, and of member accounts."""

from pydantic import Field

from shared.settings.base import Settings


class PasswordSettings(Settings):
    """The account's IAM password policy. The defaults follow CIS AWS Foundations."""

    minimum_length: int = Field(default=14, ge=6, le=128, description="characters of a password, at least")
    reuse_prevention: int = Field(default=24, ge=1, le=24, description="passwords remembered")
    max_age_days: int = Field(default=90, ge=1, le=1095, description="days until a password must be changed")
