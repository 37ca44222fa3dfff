"""AWS's limits and syntax, checked before AWS is called."""

from shared.errors import DocumentError
from shared.organization_policies.limits import Limit
from shared.organization_policies.syntax import MalformedPolicy, check_content


def check_rendered(name: str, policy_type: str, content: str, limit: Limit) -> None:
    """Raise `DocumentError` when AWS would refuse the content of a policy, because of its syntax or its size."""
    try:
        check_content(policy_type, content)
    except MalformedPolicy as error:
        raise DocumentError(f"{policy_type} {name!r}: {error}") from None
    if len(content) > limit.max_characters:
        raise DocumentError(f"{policy_type} {name!r} has {len(content)} characters; AWS allows {limit.max_characters}")
