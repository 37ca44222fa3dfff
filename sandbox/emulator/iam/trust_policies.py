"""What AWS checks in a policy when it is written: its size; in a role's trust policy also that its principals exist.

AWS keeps the unique id of each user and role that a trust policy names. While it exists, its ARN is shown; afterwards
the id, which whoever is made again under the same name does not have.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from moto.iam.exceptions import LimitExceededException, MalformedPolicyDocument
from moto.iam.models import IAMBackend, iam_backends
from moto.iam.policy_validation import VALID_RESOURCE_PATH_STARTING_VALUES, IAMTrustPolicyDocumentValidator

from shared.policy_evaluation.evaluation import as_list, statements

PRINCIPAL = re.compile(r"arn:aws:(iam|sts)::(\d{12}):(root|user/.+|role/.+|assumed-role/.+)")

# In characters without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAXIMUM_MANAGED = 6_144
MAXIMUM_TRUST = 2_048


def know_root_users() -> None:
    """From now on moto accepts the ARN of a root user as the resource of a policy: that of `sts:AssumeRoot`."""
    accepted = VALID_RESOURCE_PATH_STARTING_VALUES["iam"]["values"]
    if "root" not in accepted:
        accepted.append("root")


def check_size(text: str, maximum: int, quota: str) -> None:
    """Raise `LimitExceededException` for a policy that is too long; `quota` is the name that AWS's message has."""
    if len(re.sub(r"\s", "", text)) > maximum:
        raise LimitExceededException(f"Cannot exceed quota for {quota}: {maximum}")


def check_trust_policy(text: str) -> None:
    """Raise `MalformedPolicyDocument`, as AWS does, for a wrong trust policy or a principal that does not exist.

    In an account that the emulator does not have, only the account itself can be the principal. Whether a federated
    provider exists is not checked.
    """
    try:
        document = json.loads(text)
    except ValueError:
        raise MalformedPolicyDocument("This policy contains invalid Json") from None
    IAMTrustPolicyDocumentValidator(text).validate()
    check_size(text, MAXIMUM_TRUST, "ACLSizePerRole")
    for statement in statements(document):
        element = statement.get("Principal", statement.get("NotPrincipal"))
        if element is None:
            raise MalformedPolicyDocument("Missing required field Principal")
        if element == "*":
            continue
        if not isinstance(element, dict) or not element or set(element) - {"AWS", "Federated", "Service"}:
            raise MalformedPolicyDocument("Invalid principal in policy")
        for kind, names in element.items():
            for name in as_list(names):
                if not _principal_exists(kind, name):
                    raise MalformedPolicyDocument(f'Invalid principal in policy: "{kind}":"{name}"')


def rewrite_principal(old: str, new: str) -> None:
    """Have every trust policy, in any account, name `new` instead of `old`: a unique id, or the ARN after a rename."""
    for account_id, _region, backend in iam_backends.iter_backends():
        for role_id, role in cast(IAMBackend, backend).roles.items():
            if f'"{old}"' not in role.assume_role_policy_document:
                continue
            document = json.loads(role.assume_role_policy_document)
            found = [_renamed(statement, old, new) for statement in statements(document)]
            text = json.dumps({**document, "Statement": found})
            # Looked up anew, which counts as a change.
            iam_backends[account_id]["aws"].roles[role_id].assume_role_policy_document = text


def _renamed(statement: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    found = dict(statement)
    for element in ("Principal", "NotPrincipal"):
        if isinstance(found.get(element), dict) and "AWS" in found[element]:
            names = found[element]["AWS"]
            renamed = [new if name == old else name for name in as_list(names)]
            found[element] = {**found[element], "AWS": renamed if isinstance(names, list) else renamed[0]}
    return found


def _principal_exists(kind: str, name: str) -> bool:
    if kind == "Service":
        return re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com", name) is not None
    if kind == "Federated":
        return re.fullmatch(r"arn:aws:iam::\d{12}:(oidc|saml)-provider/.+|[a-z0-9.-]+", name) is not None
    if name == "*" or re.fullmatch(r"\d{12}", name):
        return True
    match = PRINCIPAL.fullmatch(name)
    if match is None:
        return False
    _service, account_id, path = match.groups()
    if path == "root":
        return True
    if account_id not in iam_backends:
        return False
    backend = iam_backends[account_id]["aws"]
    if path.startswith("assumed-role/"):
        return any(role.name == path.split("/")[1] for role in backend.roles.values())
    users, roles = backend.users.values(), backend.roles.values()
    return any(user.arn == name for user in users) or any(role.arn == name for role in roles)
