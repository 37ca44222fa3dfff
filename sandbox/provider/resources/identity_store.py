"""Users, groups and memberships of IAM Identity Center's identity store.

https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/welcome.html
"""
# ruff: noqa: ARG002 - all types share one signature, and few need all of it

from typing import Any

from sandbox.provider.aws import Aws
from sandbox.provider.resources.iam_principals import two_parts
from sandbox.provider.schema import REGION, Kind, Property, ResourceType, out
from sandbox.provider.wire import Values

SERVICE = "identitystore"
FORM = "<identity store id>/<id>"


class OfStore(ResourceType):
    """What has an id in an identity store. `noun` is the parameter that takes it."""

    gone = frozenset({"ResourceNotFoundException"})
    noun: str

    def key(self, id_: str) -> dict[str, str]:
        store, own = two_parts(id_, "/", FORM)
        return {"IdentityStoreId": store, self.noun: own}


class Group(OfStore):
    token = "aws:identitystore/group:Group"  # noqa: S105
    label = "SSO Identity Store Group"
    properties = (
        Property("description", aws="Description"),
        Property("displayName", aws="DisplayName", required=True),
        Property("identityStoreId", aws="IdentityStoreId", required=True, replaces=True),
        REGION,
        out("arn"),
        out("groupId", "GroupId"),
    )
    not_supported = frozenset({"externalIds"})
    noun = "GroupId"

    def create(self, aws: Aws, new: Values) -> str:
        made = aws.call(SERVICE, "create_group", **self.request(new))
        return f"{made['IdentityStoreId']}/{made['GroupId']}"

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        found = aws.call(SERVICE, "describe_group", **self.key(id_))
        return self.state(found) | {"arn": f"arn:aws:identitystore:::group/{found['GroupId']}"}

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        operations = [_operation(name, new.get(name)) for name in sorted(changed & {"description", "displayName"})]
        aws.call(SERVICE, "update_group", **self.key(id_), Operations=operations)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call(SERVICE, "delete_group", **self.key(id_))


class User(OfStore):
    token = "aws:identitystore/user:User"  # noqa: S105
    label = "SSO Identity Store User"
    properties = (
        Property("displayName", aws="DisplayName", required=True),
        Property("emails", Kind.OBJECT),
        Property("identityStoreId", aws="IdentityStoreId", required=True, replaces=True),
        Property("locale", aws="Locale"),
        Property("name", Kind.OBJECT),
        Property("nickname", aws="NickName"),
        Property("preferredLanguage", aws="PreferredLanguage"),
        Property("profileUrl", aws="ProfileUrl"),
        REGION,
        Property("timezone", aws="Timezone"),
        Property("title", aws="Title"),
        Property("userName", aws="UserName", required=True, replaces=True),
        Property("userType", aws="UserType"),
        out("userId", "UserId"),
    )
    not_supported = frozenset({"addresses", "externalIds", "phoneNumbers", "userStatus"})
    noun = "UserId"

    def create(self, aws: Aws, new: Values) -> str:
        emails = [_upper(new["emails"])] if new.get("emails") else None
        name = _upper(new["name"]) if new.get("name") else None
        made = aws.call(SERVICE, "create_user", **self.request(new), Name=name, Emails=emails)
        return f"{made['IdentityStoreId']}/{made['UserId']}"

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        found = aws.call(SERVICE, "describe_user", **self.key(id_))
        emails = found.get("Emails") or [{}]
        return self.state(found) | {"name": _lower(found.get("Name") or {}), "emails": _lower(emails[0])}

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        operations = [
            _operation("nickName" if name == "nickname" else name, new.get(name))
            for name in sorted(changed - {"emails", "name"})
        ]
        if "emails" in changed:
            operations.append(_operation("emails", [_upper(new["emails"])] if new.get("emails") else None))
        if "name" in changed:
            before, after = old.get("name") or {}, new.get("name") or {}
            parts = sorted(part for part in {*before, *after} if before.get(part) != after.get(part))
            operations += [_operation(f"name.{part}", after.get(part)) for part in parts]
        aws.call(SERVICE, "update_user", **self.key(id_), Operations=operations)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call(SERVICE, "delete_user", **self.key(id_))


class GroupMembership(OfStore):
    token = "aws:identitystore/groupMembership:GroupMembership"  # noqa: S105
    label = "SSO Identity Store Group Membership"
    properties = (
        Property("groupId", aws="GroupId", required=True, replaces=True),
        Property("identityStoreId", aws="IdentityStoreId", required=True, replaces=True),
        Property("memberId", required=True, replaces=True),
        REGION,
        out("membershipId", "MembershipId"),
    )
    noun = "MembershipId"

    def create(self, aws: Aws, new: Values) -> str:
        member = {"UserId": new["memberId"]}
        made = aws.call(SERVICE, "create_group_membership", **self.request(new), MemberId=member)
        return f"{made['IdentityStoreId']}/{made['MembershipId']}"

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        found = aws.call(SERVICE, "describe_group_membership", **self.key(id_))
        return self.state(found) | {"memberId": found["MemberId"]["UserId"]}

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call(SERVICE, "delete_group_membership", **self.key(id_))


def _operation(path: str, value: Any) -> dict[str, Any]:
    # Without a value the attribute is taken away.
    return {"AttributePath": path} | ({} if value is None else {"AttributeValue": value})


def _upper(values: Values) -> Values:
    return {name[0].upper() + name[1:]: value for name, value in values.items() if value not in (None, "")}


def _lower(values: Values) -> Values:
    return {name[0].lower() + name[1:]: value for name, value in values.items()}


TYPES = (Group(), User(), GroupMembership())
