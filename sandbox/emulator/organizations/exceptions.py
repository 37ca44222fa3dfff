"""Errors of AWS Organizations that moto does not have."""

from moto.organizations.exceptions import OrganizationsClientError


def client_error(code: str, message: str, reason: str | None = None) -> OrganizationsClientError:
    """The error that AWS answers; `reason` is its `Reason` member."""
    error = OrganizationsClientError(code, message)
    if reason:
        vars(error)["reason"] = reason
    return error
