"""What a call of Organizations needs: the accounts, OUs and policies that it is about.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html
"""

from collections.abc import Mapping
from typing import Any

from moto.organizations.models import FakeAccount, FakeOrganizationalUnit, FakePolicy

from sandbox.emulator.authorization.need import Need
from sandbox.emulator.authorization.needs.tags import Context, given_tags, on_resource, requested
from sandbox.emulator.organizations.models import OrganizationsBackend, all_organizations, organization_of
from sandbox.emulator.sts.callers import Caller

IDS = (
    "AccountId",
    "ChildId",
    "DestinationParentId",
    "OrganizationalUnitId",
    "ParentId",
    "PolicyId",
    "ResourceId",
    "RootId",
    "SourceParentId",
    "TargetId",
)
"""The parameters that name a resource. A call needs to be allowed on each that it names."""

LISTS_ALL = frozenset({"CreatePolicy", "InviteAccountToOrganization", "ListHandshakesForAccount", "ListPolicies"})


MAKES_WITH_TAGS = {
    "CreateAccount": ("account", "*"),
    "CreateOrganizationalUnit": ("ou", "ou-*"),
    "CreatePolicy": ("policy", "p-*"),
    "InviteAccountToOrganization": ("account", "*"),
}
"""By call: the kind of what it makes, and the id that this will have."""


def organizations_needs(operation: str, parameters: Mapping[str, Any], caller: Caller, region: str) -> list[Need]:
    """What must be allowed for a call of Organizations."""
    del region
    action = f"organizations:{operation}"
    organization = organization_of(caller.account_id)
    context = {**requested(parameters), **_of_request(parameters)}
    if parameters.get("HandshakeId"):
        return [Need(action, _handshake(str(parameters["HandshakeId"])), "", context)]
    tagged = _tagging(operation, parameters, organization, context)
    if organization is None or operation in LISTS_ALL:
        return [Need(action, "*", "", context), *tagged]
    context |= _policy_type(parameters, organization)
    named = [str(parameters[name]) for name in IDS if parameters.get(name)]
    needs = []
    for each in dict.fromkeys(named):
        arn, tags = _resource(each, organization)
        needs.append(Need(action, arn, organization.account_id, {**context, **tags}))
    return [*(needs or [Need(action, "*", "", context)]), *tagged]


def _tagging(
    operation: str, parameters: Mapping[str, Any], organization: OrganizationsBackend | None, context: Context
) -> list[Need]:
    """What a call needs besides if it makes something with tags.

    https://docs.aws.amazon.com/organizations/latest/userguide/add-tag.html
    """
    if organization is None or operation not in MAKES_WITH_TAGS or not given_tags(parameters):
        return []
    kind, id_ = MAKES_WITH_TAGS[operation]
    if kind == "policy":
        id_ = f"{str(parameters.get('Type', '*')).lower()}/{id_}"
    return [Need("organizations:TagResource", _arn(organization, kind, id_), "", context)]


def _handshake(id_: str) -> str:
    """The ARN of a handshake, which belongs to the organization that sent it and not to the account that answers."""
    for organization in all_organizations():
        for handshake in organization.handshakes():
            if handshake.id == id_:
                return _arn(organization, "handshake", f"{handshake.action.lower()}/{id_}")
    return f"arn:aws:organizations::*:handshake/o-*/*/{id_}"


def _of_request(parameters: Mapping[str, Any]) -> Context:
    found: Context = {}
    policy_type = parameters.get("PolicyType") or parameters.get("Type") or parameters.get("Filter")
    if isinstance(policy_type, str):
        found["organizations:PolicyType"] = policy_type
    if parameters.get("ServicePrincipal"):
        found["organizations:ServicePrincipal"] = str(parameters["ServicePrincipal"])
    return found


def _policy_type(parameters: Mapping[str, Any], organization: OrganizationsBackend) -> Context:
    wanted = str(parameters.get("PolicyId") or parameters.get("ResourceId") or "")
    policy = next((policy for policy in organization.policies if policy.id == wanted), None)
    return {"organizations:PolicyType": str(policy.type)} if policy else {}


def _resource(id_: str, organization: OrganizationsBackend) -> tuple[str, Context]:
    """The ARN of what has the id, and its tags; what is not there has the ARN that it would have."""
    there: list[FakeAccount | FakeOrganizationalUnit | FakePolicy] = [
        *organization.accounts,
        *organization.ou,
        *organization.policies,
    ]
    for resource in there:
        if resource.id == id_:
            return str(resource.arn), on_resource(getattr(resource, "tags", None) or {})
    kinds = {"ou-": "ou", "r-": "root", "p-": "policy"}
    kind = next((kind for prefix, kind in kinds.items() if id_.startswith(prefix)), "account")
    return _arn(organization, kind, f"*/{id_}" if kind == "policy" else id_), {}


def _arn(organization: OrganizationsBackend, kind: str, id_: str) -> str:
    own = organization.organization.id
    return f"arn:aws:organizations::{organization.account_id}:{kind}/{own}/{id_}"
