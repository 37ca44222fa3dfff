"""The guardrails: the statements of service control policies, and how they are packed within AWS's limits.

The statements are in `library/service-control`; `docs/security-model.md` says what each is against. They bind every
principal of a member account but the access roles, and those too where nobody needs it.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples.html
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.errors import DocumentError
from shared.organization_policies.limits import LIMITS, Limit
from shared.policy_documents.documents import Document, render
from stacks.policies.documents import library_statements
from stacks.policies.policy_types import SCP

FOLDER = "library/service-control"


def guardrail_statements(guardrail: str, access_roles: Sequence[str]) -> list[Document]:
    """The statements of one guardrail, which leave `access_roles` free.

    Raises `ConfigError` for an unknown guardrail, which the configuration model does not allow.
    """
    return library_statements(f"{FOLDER}/{guardrail}", {}, access_roles)


def region_statement(regions: Sequence[str], access_roles: Sequence[str]) -> Document:
    """Denies regional services outside `regions` to everyone except the access roles."""
    (statement,) = library_statements(f"{FOLDER}/allowed-regions", {"regions": list(regions)}, access_roles)
    return statement


def pack(name: str, statements: Sequence[Document], limit: Limit = LIMITS[SCP]) -> list[Document]:
    """Pack `statements`, in their order, into as few policies as AWS's limits allow (first fit).

    One of the policies of a target is AWS's own FullAWSAccess. Raises `DocumentError` when a statement
    is too large for a policy, or when there are too many policies for a target.
    """
    documents: list[Document] = []
    for statement in statements:
        alone: Document = {"Version": "2012-10-17", "Statement": [statement]}
        if len(render(alone)) > limit.max_characters:
            raise DocumentError(
                f"{SCP} for {name!r}: statement {statement.get('Sid')} alone has {len(render(alone))} "
                f"characters; AWS allows {limit.max_characters}"
            )
        for document in documents:
            grown = {**document, "Statement": [*document["Statement"], statement]}
            if len(render(grown)) <= limit.max_characters:
                document["Statement"].append(statement)
                break
        else:
            documents.append(alone)
    if len(documents) > limit.max_attached - 1:
        raise DocumentError(
            f"{SCP} for {name!r}: {len(documents)} policies are needed; AWS allows {limit.max_attached} a target, "
            "one of which is FullAWSAccess"
        )
    return documents
