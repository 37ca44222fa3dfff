"""Who may assume a deploy role: its trust policy."""

from __future__ import annotations

from collections.abc import Sequence

from shared.policy_documents.documents import Document
from shared.policy_documents.iam import MFA, document
from stacks.identity.deploy_who import SSO_ROLE, Who


def deploy_trust(who: Who, user_arns: Sequence[str], provider_arn: str, token: tuple[str, str] | None) -> Document:
    """The trust policy of a deploy role: literal subjects of one audience, users with MFA, permission sets' roles.

    `token` are issuer and audience of the tokens. A session of a permission set says nothing of MFA: IAM Identity
    Center has asked for it.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    """
    statements: list[Document] = []
    if who.subjects and token:
        issuer, audience = token
        host = issuer.removeprefix("https://")
        statements.append(
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider_arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{host}:aud": audience, f"{host}:sub": list(who.subjects)}},
            }
        )
    if user_arns:
        statements.append({**_assumed_by(user_arns), "Condition": MFA})
    sets = [person for person in who.people if SSO_ROLE.match(person)]
    if sets:
        statements.append(_assumed_by(sets))
    return document(*statements)


def _assumed_by(arns: Sequence[str]) -> Document:
    return {"Effect": "Allow", "Principal": {"AWS": sorted(arns)}, "Action": "sts:AssumeRole"}
