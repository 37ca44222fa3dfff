"""Errors of AWS Organizations that moto does not have."""

from moto.organizations.exceptions import OrganizationsClientError


def client_error(code: str, message: str, reason: str | None = None) -> OrganizationsClientError:
    """The error that AWS answers; `reason` is its `Reason` member."""
    error = OrganizationsClientError(code, message)
    if reason:
        vars(error)["reason"] = reason
    return error


def constraint_violation(reason: str, message: str) -> OrganizationsClientError:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html lists the reasons."""
    return client_error("ConstraintViolationException", message, reason)


def invalid_input(reason: str, message: str) -> OrganizationsClientError:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html lists the reasons."""
    return client_error("InvalidInputException", message, reason)


def handshake_violation(reason: str, message: str) -> OrganizationsClientError:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_AcceptHandshake.html lists the reasons."""
    return client_error("HandshakeConstraintViolationException", message, reason)
