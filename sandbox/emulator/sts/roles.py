"""Roles by their ARN, in whichever account."""

import re

from moto.iam.exceptions import ValidationError
from moto.iam.models import Role, iam_backends

from sandbox.emulator.iam.models import iam_backend
from sandbox.emulator.organizations.models import account_is_closed

ROLE_ARN = re.compile(r"arn:aws:iam::(\d{12}):role/[\w+=,.@/-]+")


def account_of_role(role_arn: str) -> str:
    """The account in a role's ARN. Raises `ValidationError` for a text that is not such an ARN."""
    match = ROLE_ARN.fullmatch(role_arn or "")
    if match is None:
        raise ValidationError(f"{role_arn} is invalid")
    return match.group(1)


def find_role(role_arn: str) -> Role | None:
    """The role, unless it does not exist or its account is closed."""
    account_id = account_of_role(role_arn)
    if account_id not in iam_backends or account_is_closed(account_id):
        return None
    return next((role for role in iam_backend(account_id).roles.values() if role.arn == role_arn), None)
