"""What a test may set in the emulated AWS: its clock, and two rules that AWS's own numbers make hard to try.

The clock is the one by which accounts live: when they were made, how long they have been closed, how long a one-time
code is good. Sessions go by the machine's own clock, so that moving this one signs nobody out.
"""

import time

from moto.core.base_backend import BackendDict, BaseBackend

from sandbox.credentials import MANAGEMENT_ACCOUNT_ID


class Settings(BaseBackend):
    """The settings of the whole emulator. A backend like those of the services, so that they are saved like these."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.clock_seconds = 0.0
        """How far the clock is ahead of the machine's."""
        self.close_account_quota: int | None = None
        """Accounts that may be closed within 30 days; None for AWS's own rule."""
        self.removable_at_once = True
        """Whether an account may leave its organization without AWS's wait of four days and a payment method."""


settings_backends = BackendDict(Settings, "sandbox", use_boto3_regions=False, additional_regions=["aws"])

_DEFAULT = Settings("aws", MANAGEMENT_ACCOUNT_ID)


def settings() -> Settings:
    """The settings, to read them."""
    # Not `[...]`, which counts as a change.
    regions = settings_backends.get(MANAGEMENT_ACCOUNT_ID)
    return (regions.get("aws") if regions else None) or _DEFAULT


def changeable_settings() -> Settings:
    """The settings, to change them."""
    return settings_backends[MANAGEMENT_ACCOUNT_ID]["aws"]


def now() -> float:
    """The time by the emulator's clock, in seconds since the epoch."""
    return time.time() + settings().clock_seconds
