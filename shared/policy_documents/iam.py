"""Statements of IAM policies. The layers build their policy documents from them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from shared.policy_documents.documents import Document

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
"""The condition that the caller signed in with MFA."""


def document(*statements: Document) -> Document:
    """A policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: str | list[str], resources: str | list[str], condition: Document | None = None) -> Document:
    """A statement that allows `actions` on `resources`, with `condition` if one is given."""
    statement: Document = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement


def deny(sid: str, actions: list[str], resources: str | list[str] = "*", condition: Document | None = None) -> Document:
    """A statement with the id `sid` that denies `actions` on `resources`, with `condition` if one is given."""
    statement: Document = {"Sid": sid, "Effect": "Deny", "Action": actions, "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement
