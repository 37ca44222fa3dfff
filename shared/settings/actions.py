"""The actions that people and automation may be given in member accounts."""

import re
from typing import Annotated

from pydantic import AfterValidator

from shared.settings.fields import unique

_ACTION = re.compile(r"(?P<service>[a-z0-9-]+):(?:\*|[A-Za-z*?]*[A-Za-z][A-Za-z0-9*?]*)\Z")
NOT_THEIRS = (
    "account", "aws-portal", "billing", "iam", "identitystore", "organizations", "ram", "rolesanywhere", "sso",
    "sso-directory", "sts",
)  # fmt: skip
"""Services by which a role could make itself or others more than it is, or reach other accounts."""


def action(value: str) -> str:
    """`value`, unchanged. Raises `ValueError` unless it is actions of one service that a role may be given."""
    found = _ACTION.match(value)
    if not found or found["service"] in NOT_THEIRS:
        raise ValueError(f"allowed: actions such as s3:* or s3:Get*, of any service but {', '.join(NOT_THEIRS)}")
    return value


Actions = Annotated[list[Annotated[str, AfterValidator(action)]], AfterValidator(unique)]
