"""The trust policies of the roles in an account.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html
"""

import re
from collections.abc import Sequence

from shared.policy_documents.documents import Document
from shared.policy_documents.iam import MFA, document

_PERMISSION_SET_ROLE = re.compile(
    r"arn:aws:iam::(?P<account>\d{12}):role/aws-reserved/sso\.amazonaws\.com/(?:\*/)?AWSReservedSSO_[\w+=,.@-]+_\?{16}\Z"
)


def trust_policy(
    principals: Sequence[str], require_mfa: bool = False, permission_set_roles: Sequence[str] = ()
) -> Document:
    """Allows exactly `principals` (ARNs) to assume the role; with `require_mfa` they must have signed in with MFA.

    The roles of IAM Identity Center that match `permission_set_roles` may assume it too. Their sessions never carry
    MFA, which people are asked for when they sign in to Identity Center. A role under its path is made by AWS alone.
    Raises `ValueError` for nobody, a principal with a wildcard, or other roles than those of one account's
    permission set: a role must never trust unknown accounts.
    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
    """
    somebody = principals or permission_set_roles
    if not somebody or any("*" in principal or "?" in principal for principal in principals):
        raise ValueError(f"a trust policy needs principals without wildcards, not {list(principals)}")
    statement: Document = {
        "Effect": "Allow",
        "Principal": {"AWS": sorted(principals)},
        "Action": "sts:AssumeRole",
    }
    first = {**statement, "Condition": MFA} if require_mfa else statement
    if not permission_set_roles:
        return document(first)
    found = [_PERMISSION_SET_ROLE.match(role) for role in permission_set_roles]
    accounts = {match["account"] for match in found if match}
    if len(accounts) != 1 or None in found:
        raise ValueError(f"roles of a permission set of one account are needed, not {list(permission_set_roles)}")
    of_set = {
        **statement,
        "Principal": {"AWS": f"arn:aws:iam::{accounts.pop()}:root"},
        "Condition": {"ArnLike": {"aws:PrincipalArn": list(permission_set_roles)}},
    }
    return document(first, of_set) if principals else document(of_set)


def service_trust_policy(service: str) -> Document:
    """Allows one AWS service to assume the role."""
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})
