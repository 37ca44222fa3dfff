"""What passwords IAM accepts."""

from moto.iam.exceptions import IAMException
from moto.iam.models import AccountPasswordPolicy

SYMBOLS = frozenset("!@#$%^&*()_+-=[]{}|'")
DEFAULT_LENGTH = 8
DEFAULT_KINDS = 3
"""Without a policy of its own, an account asks for this many of the four kinds of characters:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html"""


def check_password(password: str, policy: AccountPasswordPolicy | None) -> None:
    """Raise `PasswordPolicyViolation` unless the password fits the account's policy. Former passwords are not kept."""
    lower, upper = any(map(str.islower, password)), any(map(str.isupper, password))
    digit, symbol = any(map(str.isdigit, password)), bool(SYMBOLS & set(password))
    if policy is None:
        fits = len(password) >= DEFAULT_LENGTH and lower + upper + digit + symbol >= DEFAULT_KINDS
    else:
        fits = len(password) >= policy.minimum_password_length and not (
            (policy.require_lowercase_characters and not lower)
            or (policy.require_uppercase_characters and not upper)
            or (policy.require_numbers and not digit)
            or (policy.require_symbols and not symbol)
        )
    if not fits or len(password) > 128:
        raise IAMException("PasswordPolicyViolation", "Password does not conform to the account password policy.")
