"""What a permission set of IAM Identity Center has: policies and a permissions boundary.

https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetcustom.html
"""
# ruff: noqa: ARG002 - all types share one signature, and few need all of it

from sandbox.provider.aws import Aws
from sandbox.provider.resources.sso_admin import GONE, INSTANCE, PERMISSION_SET, SERVICE, parts, provision
from sandbox.provider.schema import REGION, Kind, Property, ResourceType, out
from sandbox.provider.wire import Values


class OfSet(ResourceType):
    """What a permission set has."""

    gone = GONE

    def key(self, id_: str) -> dict[str, str]:
        """The permission set of an id that ends with it and its instance."""
        return parts(",".join(id_.split(",")[-2:]), "PermissionSetArn", "InstanceArn")

    def own(self, id_: str) -> Values:
        which = self.key(id_)
        return {"permissionSetArn": which["PermissionSetArn"], "instanceArn": which["InstanceArn"]}


class PermissionSetInlinePolicy(OfSet):
    token = "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy"  # noqa: S105
    label = "SSO Permission Set Inline Policy"
    properties = (
        Property("inlinePolicy", Kind.IAM_JSON, "InlinePolicy", required=True),
        INSTANCE,
        PERMISSION_SET,
        REGION,
    )

    def create(self, aws: Aws, new: Values) -> str:
        aws.call(SERVICE, "put_inline_policy_to_permission_set", **self.request(new))
        id_ = f"{new['permissionSetArn']},{new['instanceArn']}"
        provision(aws, self.key(id_))
        return id_

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        text = aws.call(SERVICE, "get_inline_policy_for_permission_set", **self.key(id_)).get("InlinePolicy")
        return self.own(id_) | {"inlinePolicy": text} if text else None

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self.create(aws, new)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call(SERVICE, "delete_inline_policy_from_permission_set", **self.key(id_))
        provision(aws, self.key(id_))


class ManagedPolicyAttachment(OfSet):
    token = "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment"  # noqa: S105
    label = "SSO Managed Policy Attachment"
    properties = (
        INSTANCE,
        Property("managedPolicyArn", aws="ManagedPolicyArn", required=True, replaces=True),
        PERMISSION_SET,
        REGION,
        out("managedPolicyName"),
    )

    def create(self, aws: Aws, new: Values) -> str:
        aws.call(SERVICE, "attach_managed_policy_to_permission_set", **self.request(new))
        id_ = f"{new['managedPolicyArn']},{new['permissionSetArn']},{new['instanceArn']}"
        provision(aws, self.key(id_))
        return id_

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        arn = id_.split(",")[0]
        items = "AttachedManagedPolicies"
        for found in aws.pages(SERVICE, "list_managed_policies_in_permission_set", items, **self.key(id_)):
            if found["Arn"] == arn:
                return self.own(id_) | {"managedPolicyArn": arn, "managedPolicyName": found["Name"]}
        return None

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        which = self.key(id_)
        aws.call(SERVICE, "detach_managed_policy_from_permission_set", **which, ManagedPolicyArn=id_.split(",")[0])
        provision(aws, which)


class CustomerManagedPolicyAttachment(OfSet):
    token = "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment"  # noqa: S105
    label = "SSO Customer Managed Policy Attachment"
    properties = (
        Property("customerManagedPolicyReference", Kind.OBJECT, required=True, replaces=True),
        INSTANCE,
        PERMISSION_SET,
        REGION,
    )

    def create(self, aws: Aws, new: Values) -> str:
        reference = _reference(new["customerManagedPolicyReference"])
        aws.call(
            SERVICE,
            "attach_customer_managed_policy_reference_to_permission_set",
            **self.request(new),
            CustomerManagedPolicyReference=reference,
        )
        id_ = f"{reference['Name']},{reference['Path']},{new['permissionSetArn']},{new['instanceArn']}"
        provision(aws, self.key(id_))
        return id_

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        wanted, items = self._named(id_), "CustomerManagedPolicyReferences"
        found = aws.pages(SERVICE, "list_customer_managed_policy_references_in_permission_set", items, **self.key(id_))
        if not any(_reference({"name": each["Name"], "path": each.get("Path")}) == wanted for each in found):
            return None
        own = {"name": wanted["Name"], "path": wanted["Path"]}
        return self.own(id_) | {"customerManagedPolicyReference": own}

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        which = self.key(id_)
        aws.call(
            SERVICE,
            "detach_customer_managed_policy_reference_from_permission_set",
            **which,
            CustomerManagedPolicyReference=self._named(id_),
        )
        provision(aws, which)

    def _named(self, id_: str) -> dict[str, str]:
        found = parts(id_, "Name", "Path", "PermissionSetArn", "InstanceArn")
        return {"Name": found["Name"], "Path": found["Path"]}


class PermissionsBoundaryAttachment(OfSet):
    token = "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment"  # noqa: S105
    label = "SSO Permissions Boundary Attachment"
    properties = (
        INSTANCE,
        PERMISSION_SET,
        Property("permissionsBoundary", Kind.OBJECT, required=True, replaces=True),
        REGION,
    )

    def create(self, aws: Aws, new: Values) -> str:
        given = new["permissionsBoundary"]
        own = given.get("customerManagedPolicyReference")
        boundary: Values = (
            {"CustomerManagedPolicyReference": _reference(own)}
            if own
            else {"ManagedPolicyArn": given.get("managedPolicyArn")}
        )
        aws.call(
            SERVICE, "put_permissions_boundary_to_permission_set", **self.request(new), PermissionsBoundary=boundary
        )
        id_ = f"{new['permissionSetArn']},{new['instanceArn']}"
        provision(aws, self.key(id_))
        return id_

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        which = self.key(id_)
        found = aws.call(SERVICE, "get_permissions_boundary_for_permission_set", **which)["PermissionsBoundary"]
        own = found.get("CustomerManagedPolicyReference")
        boundary = (
            {"customerManagedPolicyReference": {"name": own["Name"], "path": own.get("Path", "/")}}
            if own
            else {"managedPolicyArn": found["ManagedPolicyArn"]}
        )
        return self.own(id_) | {"permissionsBoundary": boundary}

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        which = self.key(id_)
        aws.call(SERVICE, "delete_permissions_boundary_from_permission_set", **which)
        provision(aws, which)


def _reference(given: Values) -> dict[str, str]:
    return {"Name": given["name"], "Path": given.get("path") or "/"}


TYPES = (
    PermissionSetInlinePolicy(),
    ManagedPolicyAttachment(),
    CustomerManagedPolicyAttachment(),
    PermissionsBoundaryAttachment(),
)
