"""The sizes of policies that IAM allows, in characters without white space.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import re

from moto.iam.exceptions import LimitExceededException

MAXIMUM_MANAGED = 6_144
MAXIMUM_TRUST = 2_048


def check_size(text: str, maximum: int, quota: str) -> None:
    """Raise `LimitExceededException` for a policy that is too long; `quota` is the name that AWS's message has."""
    if len(re.sub(r"\s", "", text)) > maximum:
        raise LimitExceededException(f"Cannot exceed quota for {quota}: {maximum}")
