"""The trust policies of the roles in an account.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html
"""

from collections.abc import Sequence

from shared.policy_documents.documents import Document
from shared.policy_documents.iam import MFA, document


def trust_policy(principals: Sequence[str], require_mfa: bool = False) -> Document:
    """Allows exactly `principals` (ARNs) to assume the role; with `require_mfa` they must have signed in with MFA.

    Raises `ValueError` for an empty list or a principal with a wildcard: a role must never trust unknown accounts.
    """
    if not principals or any("*" in principal or "?" in principal for principal in principals):
        raise ValueError(f"a trust policy needs principals without wildcards, not {list(principals)}")
    statement: Document = {
        "Effect": "Allow",
        "Principal": {"AWS": sorted(principals)},
        "Action": "sts:AssumeRole",
    }
    return document({**statement, "Condition": MFA} if require_mfa else statement)


def service_trust_policy(service: str) -> Document:
    """Allows one AWS service to assume the role."""
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})
