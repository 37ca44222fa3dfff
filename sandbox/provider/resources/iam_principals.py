"""IAM groups, users and their policies.

https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html
"""

# ruff: noqa: ARG002 - all types share one signature, and few need all of it

from sandbox.provider.aws import Aws
from sandbox.provider.errors import ProviderError
from sandbox.provider.schema import TAGS, Kind, Property, ResourceType, auto_named, out
from sandbox.provider.wire import Values

SERVICE = "iam"
NO_SUCH = frozenset({"NoSuchEntity"})


def two_parts(id_: str, separator: str, form: str) -> tuple[str, str]:
    """The parts of an id; raises `ProviderError` when it is not of the form."""
    first, found, second = id_.partition(separator)
    if not (first and found and second):
        raise ProviderError(f"the id '{id_}' is not of the form {form}")
    return first, second


def _moved(name_key: str, new: Values, changed: frozenset[str]) -> dict[str, str]:
    """The parameters that rename or move. Only changed ones: AWS refuses the present name as already taken."""
    names = {name_key: "name", "NewPath": "path"}
    return {key: new[name] for key, name in names.items() if name in changed}


def bounded_state(kind: ResourceType, found: Values) -> Values:
    """The state of a user or role, which AWS gives without `Tags` if there are none."""
    boundary = found.pop("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return kind.state({"Tags": [], **found}) | {"permissionsBoundary": boundary}


def set_boundary(aws: Aws, noun: str, boundary: str | None, **whose: str) -> None:
    verb = "put" if boundary else "delete"
    aws.call(SERVICE, f"{verb}_{noun}_permissions_boundary", **whose, PermissionsBoundary=boundary or None)


class Group(ResourceType):
    token = "aws:iam/group:Group"  # noqa: S105
    label = "IAM Group"
    properties = (
        auto_named("GroupName", 128, replaces=False),
        Property("path", aws="Path", default="/"),
        out("arn", "Arn"),
        out("uniqueId", "GroupId"),
    )
    gone = NO_SUCH

    def create(self, aws: Aws, new: Values) -> str:
        return str(aws.call(SERVICE, "create_group", **self.request(new))["Group"]["GroupName"])

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        # A renamed one keeps its id in the Pulumi state; its name there is what AWS knows it by.
        return self.state(aws.call(SERVICE, "get_group", GroupName=old.get("name") or id_, MaxItems=1)["Group"])

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.call(SERVICE, "update_group", GroupName=old["name"], **_moved("NewGroupName", new, changed))

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call(SERVICE, "delete_group", GroupName=old["name"])


class InlinePolicy(ResourceType):
    """A policy inside a group, a role or a user, its `holder`."""

    not_supported = frozenset({"namePrefix"})
    gone = NO_SUCH

    def __init__(self, holder: str) -> None:
        self.holder, self.parameter = holder, f"{holder.title()}Name"
        self.token = f"aws:iam/{holder}Policy:{holder.title()}Policy"
        self.label = f"IAM {holder.title()} Policy"
        self.properties = (
            auto_named("PolicyName", 128),
            Property("policy", Kind.IAM_JSON, "PolicyDocument", required=True),
            Property(holder, aws=self.parameter, required=True, replaces=True),
        )

    def create(self, aws: Aws, new: Values) -> str:
        aws.call(SERVICE, f"put_{self.holder}_policy", **self.request(new))
        return f"{new[self.holder]}:{new['name']}"

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        return self.state(aws.call(SERVICE, f"get_{self.holder}_policy", **self._key(id_)))

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self.create(aws, new)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call(SERVICE, f"delete_{self.holder}_policy", **self._key(id_))

    def _key(self, id_: str) -> dict[str, str]:
        holder, name = two_parts(id_, ":", f"<{self.holder}>:<policy name>")
        return {self.parameter: holder, "PolicyName": name}


class User(ResourceType):
    token = "aws:iam/user:User"  # noqa: S105
    label = "IAM User"
    properties = (
        Property("forceDestroy", Kind.BOOL, default=False, kept=True),
        auto_named("UserName", 64, replaces=False),
        Property("path", aws="Path", default="/"),
        Property("permissionsBoundary", aws="PermissionsBoundary"),
        *TAGS,
        out("arn", "Arn"),
        out("uniqueId", "UserId"),
    )
    gone = NO_SUCH
    tag_calls = (SERVICE, "user", "UserName")

    def create(self, aws: Aws, new: Values) -> str:
        return str(aws.call(SERVICE, "create_user", **self.request(new))["User"]["UserName"])

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        return bounded_state(self, aws.call(SERVICE, "get_user", UserName=old.get("name") or id_)["User"])

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        if changed & {"name", "path"}:
            aws.call(SERVICE, "update_user", UserName=old["name"], **_moved("NewUserName", new, changed))
        if "permissionsBoundary" in changed:
            set_boundary(aws, "user", new.get("permissionsBoundary"), UserName=new["name"])

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        user = old["name"]
        for group in aws.pages(SERVICE, "list_groups_for_user", "Groups", UserName=user):
            aws.call(SERVICE, "remove_user_from_group", UserName=user, GroupName=group["GroupName"])
        if old.get("forceDestroy"):
            self._strip(aws, user)
        aws.call(SERVICE, "delete_user", UserName=user)

    def retag(self, aws: Aws, id_: str, old: Values, put: dict[str, str], remove: list[str]) -> None:
        # A renamed one keeps its id in the Pulumi state.
        super().retag(aws, old["name"], old, put, remove)

    def _strip(self, aws: Aws, user: str) -> None:
        """Take away what was given to the user outside of Pulumi and would keep AWS from deleting it:
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
        """
        for key in aws.pages(SERVICE, "list_access_keys", "AccessKeyMetadata", UserName=user):
            aws.call(SERVICE, "delete_access_key", UserName=user, AccessKeyId=key["AccessKeyId"])
        for device in aws.pages(SERVICE, "list_mfa_devices", "MFADevices", UserName=user):
            serial = device["SerialNumber"]
            aws.call(SERVICE, "deactivate_mfa_device", UserName=user, SerialNumber=serial)
            if serial.startswith("arn:"):  # a virtual one; a hardware one stays its owner's
                aws.call(SERVICE, "delete_virtual_mfa_device", SerialNumber=serial)
        for certificate in aws.pages(SERVICE, "list_signing_certificates", "Certificates", UserName=user):
            aws.call(SERVICE, "delete_signing_certificate", UserName=user, CertificateId=certificate["CertificateId"])
        aws.call_unless_gone(SERVICE, "delete_login_profile", self.gone, UserName=user)


class UserGroupMembership(ResourceType):
    """Not exclusive: groups that the program does not name are left alone."""

    token = "aws:iam/userGroupMembership:UserGroupMembership"  # noqa: S105
    label = "IAM User Group Membership"
    properties = (
        Property("groups", Kind.STRINGS, required=True),
        Property("user", aws="UserName", required=True, replaces=True),
    )
    gone = NO_SUCH

    def create(self, aws: Aws, new: Values) -> str:
        self.update(aws, "", {"groups": ()}, new, frozenset())
        return "/".join([new["user"], *sorted(new["groups"])])

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        found = {
            item["GroupName"] for item in aws.pages(SERVICE, "list_groups_for_user", "Groups", UserName=old["user"])
        }
        groups = sorted(found & set(old["groups"]))
        return {"user": old["user"], "groups": groups} if groups else None

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        before, after = set(old["groups"]), set(new["groups"])
        for group in sorted(after - before):
            aws.call(SERVICE, "add_user_to_group", UserName=new["user"], GroupName=group)
        for group in sorted(before - after):
            aws.call_unless_gone(SERVICE, "remove_user_from_group", self.gone, UserName=new["user"], GroupName=group)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        self.update(aws, id_, old, {**old, "groups": ()}, frozenset())

    def parse_id(self, id_: str) -> tuple[str, Values]:
        user, groups = two_parts(id_, "/", "<user>/<group>[/<group>…]")
        return id_, {"user": user, "groups": groups.split("/")}


TYPES = (Group(), User(), UserGroupMembership(), *map(InlinePolicy, ("group", "role", "user")))
