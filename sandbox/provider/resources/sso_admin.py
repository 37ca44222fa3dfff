"""Permission sets of IAM Identity Center, what is attached to them, and their assignments.

Whatever changes a permission set also brings the roles up to date that it has in accounts, as the official plugin does.
https://docs.aws.amazon.com/singlesignon/latest/APIReference/welcome.html
"""
# ruff: noqa: ARG002 - all types share one signature, and few need all of it

from typing import Any

from sandbox.provider.aws import Aws
from sandbox.provider.errors import ProviderError
from sandbox.provider.schema import REGION, TAGS, Property, ResourceType, auto_named, out, plain, tag_map
from sandbox.provider.wire import Values

SERVICE = "sso-admin"
GONE = frozenset({"ResourceNotFoundException"})
SECONDS = 600
"""How long AWS may need for an assignment, or to bring roles up to date; the official plugin waits as long."""

INSTANCE = Property("instanceArn", aws="InstanceArn", required=True, replaces=True)
PERMISSION_SET = Property("permissionSetArn", aws="PermissionSetArn", required=True, replaces=True)


def parts(id_: str, *names: str) -> dict[str, str]:
    """The parts of an id that has commas between them; raises `ProviderError` when it is not of that form."""
    found = id_.split(",")
    if len(found) != len(names) or not all(found):
        raise ProviderError(f"the id '{id_}' is not of the form {','.join(f'<{name}>' for name in names)}")
    return dict(zip(names, found, strict=True))


def provision(aws: Aws, which: dict[str, str]) -> None:
    """Bring the roles of a permission set up to date in the accounts that have it."""
    if not aws.call(SERVICE, "list_accounts_for_provisioned_permission_set", **which)["AccountIds"]:
        return
    begun = aws.call(SERVICE, "provision_permission_set", **which, TargetType="ALL_PROVISIONED_ACCOUNTS")
    request = begun["PermissionSetProvisioningStatus"]["RequestId"]
    _finish(
        aws,
        "describe_permission_set_provisioning_status",
        "PermissionSetProvisioningStatus",
        f"SSO Permission Set ({which['PermissionSetArn']})",
        InstanceArn=which["InstanceArn"],
        ProvisionPermissionSetRequestId=request,
    )


def _finish(aws: Aws, operation: str, status: str, what: str, **request: str) -> None:
    """Wait for the end. Raises `ProviderError` with AWS's reason if it has failed."""

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = aws.call(SERVICE, operation, **request)[status]
        return found if found["Status"] != "IN_PROGRESS" else None

    found = aws.poll(ended, aws.timeout or SECONDS, what)
    if found["Status"] != "SUCCEEDED":
        raise ProviderError(f"{what}: {found.get('FailureReason', found['Status'])}")


class PermissionSet(ResourceType):
    token = "aws:ssoadmin/permissionSet:PermissionSet"  # noqa: S105
    label = "SSO Permission Set"
    properties = (
        Property("description", aws="Description"),
        INSTANCE,
        auto_named("Name", 32),
        REGION,
        Property("relayState", aws="RelayState"),
        Property("sessionDuration", aws="SessionDuration", default="PT1H"),
        *TAGS,
        out("arn", "PermissionSetArn"),
        out("createdDate"),
    )
    gone = GONE

    def create(self, aws: Aws, new: Values) -> str:
        made = aws.call(SERVICE, "create_permission_set", **self.request(new))["PermissionSet"]
        return f"{made['PermissionSetArn']},{new['instanceArn']}"

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        which = self._key(id_)
        found = aws.call(SERVICE, "describe_permission_set", **which)["PermissionSet"]
        tags = aws.pages(
            SERVICE,
            "list_tags_for_resource",
            "Tags",
            InstanceArn=which["InstanceArn"],
            ResourceArn=which["PermissionSetArn"],
        )
        own = {"createdDate": plain(found["CreatedDate"]), "instanceArn": which["InstanceArn"]}
        return self.state(found) | own | {"tagsAll": tag_map(tags)}

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        which, names = self._key(id_), ("description", "relayState", "sessionDuration")
        if not changed & set(names):
            return
        aws.call(SERVICE, "update_permission_set", **which, **self.request(new, *names))
        provision(aws, which)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call(SERVICE, "delete_permission_set", **self._key(id_))

    def retag(self, aws: Aws, id_: str, old: Values, put: dict[str, str], remove: list[str]) -> None:
        which = self._key(id_)
        resource = {"InstanceArn": which["InstanceArn"], "ResourceArn": which["PermissionSetArn"]}
        if remove:
            aws.call(SERVICE, "untag_resource", **resource, TagKeys=remove)
        if put:
            tags = [{"Key": key, "Value": value} for key, value in sorted(put.items())]
            aws.call(SERVICE, "tag_resource", **resource, Tags=tags)

    def _key(self, id_: str) -> dict[str, str]:
        return parts(id_, "PermissionSetArn", "InstanceArn")


class AccountAssignment(ResourceType):
    token = "aws:ssoadmin/accountAssignment:AccountAssignment"  # noqa: S105
    label = "SSO Account Assignment"
    properties = (
        INSTANCE,
        PERMISSION_SET,
        Property("principalId", aws="PrincipalId", required=True, replaces=True),
        Property("principalType", aws="PrincipalType", required=True, replaces=True),
        REGION,
        Property("targetId", aws="TargetId", required=True, replaces=True),
        Property("targetType", aws="TargetType", required=True, replaces=True),
    )
    gone = GONE

    def create(self, aws: Aws, new: Values) -> str:
        begun = aws.call(SERVICE, "create_account_assignment", **self.request(new))
        request = begun["AccountAssignmentCreationStatus"]["RequestId"]
        id_ = ",".join(
            str(new[name])
            for name in ("principalId", "principalType", "targetId", "targetType", "permissionSetArn", "instanceArn")
        )
        _finish(
            aws,
            "describe_account_assignment_creation_status",
            "AccountAssignmentCreationStatus",
            self.describe(id_),
            InstanceArn=new["instanceArn"],
            AccountAssignmentCreationRequestId=request,
        )
        return id_

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        which = self._key(id_)
        found = aws.pages(
            SERVICE,
            "list_account_assignments",
            "AccountAssignments",
            InstanceArn=which["InstanceArn"],
            PermissionSetArn=which["PermissionSetArn"],
            AccountId=which["TargetId"],
        )
        wanted = which["PrincipalType"], which["PrincipalId"]
        if wanted not in {(each["PrincipalType"], each["PrincipalId"]) for each in found}:
            return None
        return self.state(which)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        which = self._key(id_)
        begun = aws.call(SERVICE, "delete_account_assignment", **which)
        _finish(
            aws,
            "describe_account_assignment_deletion_status",
            "AccountAssignmentDeletionStatus",
            self.describe(id_),
            InstanceArn=which["InstanceArn"],
            AccountAssignmentDeletionRequestId=begun["AccountAssignmentDeletionStatus"]["RequestId"],
        )

    def _key(self, id_: str) -> dict[str, str]:
        return parts(id_, "PrincipalId", "PrincipalType", "TargetId", "TargetType", "PermissionSetArn", "InstanceArn")


TYPES = (PermissionSet(), AccountAssignment())
