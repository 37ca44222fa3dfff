"""IAM roles and managed policies.

https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html
"""

# ruff: noqa: ARG002 - all types share one signature, and few need all of it

import json

from sandbox.provider.aws import Aws
from sandbox.provider.resources.iam_principals import NO_SUCH, SERVICE, bounded_state, set_boundary, two_parts
from sandbox.provider.schema import TAGS, Kind, Property, ResourceType, auto_named, out
from sandbox.provider.wire import Values

MAX_VERSIONS = 5
"""How many versions a managed policy may have; see
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


class Role(ResourceType):
    token = "aws:iam/role:Role"  # noqa: S105
    label = "IAM Role"
    properties = (
        Property("assumeRolePolicy", Kind.IAM_JSON, "AssumeRolePolicyDocument", required=True),
        Property("description", aws="Description"),
        Property("forceDetachPolicies", Kind.BOOL, default=False, kept=True),
        Property("maxSessionDuration", Kind.INT, "MaxSessionDuration", default=3600),
        auto_named("RoleName", 64),
        Property("path", aws="Path", default="/", replaces=True),
        Property("permissionsBoundary", aws="PermissionsBoundary"),
        *TAGS,
        out("arn", "Arn"),
        out("createDate", "CreateDate"),
        out("uniqueId", "RoleId"),
    )
    # The exclusive forms, which fight with RolePolicy and RolePolicyAttachment.
    not_supported = frozenset({"inlinePolicies", "managedPolicyArns", "namePrefix"})
    gone = NO_SUCH
    tag_calls = (SERVICE, "role", "RoleName")

    def create(self, aws: Aws, new: Values) -> str:
        return str(aws.call(SERVICE, "create_role", **self.request(new))["Role"]["RoleName"])

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        return bounded_state(self, aws.call(SERVICE, "get_role", RoleName=id_)["Role"])

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        if "assumeRolePolicy" in changed:
            document = new["assumeRolePolicy"]
            aws.call(SERVICE, "update_assume_role_policy", RoleName=id_, PolicyDocument=document)
        if changed & {"description", "maxSessionDuration"}:
            duration = new["maxSessionDuration"]
            text = new.get("description", "")
            aws.call(SERVICE, "update_role", RoleName=id_, Description=text, MaxSessionDuration=duration)
        if "permissionsBoundary" in changed:
            set_boundary(aws, "role", new.get("permissionsBoundary"), RoleName=id_)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        for profile in aws.pages(SERVICE, "list_instance_profiles_for_role", "InstanceProfiles", RoleName=id_):
            name = profile["InstanceProfileName"]
            aws.call(SERVICE, "remove_role_from_instance_profile", RoleName=id_, InstanceProfileName=name)
        if old.get("forceDetachPolicies"):
            for policy in aws.pages(SERVICE, "list_attached_role_policies", "AttachedPolicies", RoleName=id_):
                aws.call(SERVICE, "detach_role_policy", RoleName=id_, PolicyArn=policy["PolicyArn"])
            for name in aws.pages(SERVICE, "list_role_policies", "PolicyNames", RoleName=id_):
                aws.call(SERVICE, "delete_role_policy", RoleName=id_, PolicyName=name)
        aws.call(SERVICE, "delete_role", RoleName=id_)


class Policy(ResourceType):
    token = "aws:iam/policy:Policy"  # noqa: S105
    label = "IAM Policy"
    properties = (
        Property("description", aws="Description", replaces=True),
        auto_named("PolicyName", 128),
        Property("path", aws="Path", default="/", replaces=True),
        Property("policy", Kind.IAM_JSON, "PolicyDocument", required=True),
        *TAGS,
        out("arn", "Arn"),
        out("attachmentCount", "AttachmentCount", Kind.INT),
        out("policyId", "PolicyId"),
    )
    not_supported = frozenset({"delayAfterPolicyCreationInMs", "namePrefix"})
    gone = NO_SUCH
    tag_calls = (SERVICE, "policy", "PolicyArn")

    def create(self, aws: Aws, new: Values) -> str:
        return str(aws.call(SERVICE, "create_policy", **self.request(new))["Policy"]["Arn"])

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        policy = aws.call(SERVICE, "get_policy", PolicyArn=id_)["Policy"]
        version = policy["DefaultVersionId"]
        document = aws.call(SERVICE, "get_policy_version", PolicyArn=id_, VersionId=version)["PolicyVersion"]
        text = document["Document"]
        return self.state({"Tags": [], **policy}) | {"policy": text if isinstance(text, str) else json.dumps(text)}

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        if "policy" not in changed:
            return
        spare = self._other_versions(aws, id_)
        if len(spare) >= MAX_VERSIONS - 1:  # with the default one: the oldest makes room
            aws.call(SERVICE, "delete_policy_version", PolicyArn=id_, VersionId=spare[0])
        aws.call(SERVICE, "create_policy_version", PolicyArn=id_, PolicyDocument=new["policy"], SetAsDefault=True)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        for version in self._other_versions(aws, id_):
            aws.call(SERVICE, "delete_policy_version", PolicyArn=id_, VersionId=version)
        aws.call(SERVICE, "delete_policy", PolicyArn=id_)

    def _other_versions(self, aws: Aws, id_: str) -> list[str]:
        """The versions that are not the default one, oldest first."""
        versions = aws.pages(SERVICE, "list_policy_versions", "Versions", PolicyArn=id_)
        versions.sort(key=lambda version: (version["CreateDate"], version["VersionId"]))
        return [version["VersionId"] for version in versions if not version["IsDefaultVersion"]]


class RolePolicyAttachment(ResourceType):
    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"  # noqa: S105
    label = "IAM Role Policy Attachment"
    properties = (
        Property("policyArn", aws="PolicyArn", required=True, replaces=True),
        Property("role", aws="RoleName", required=True, replaces=True),
    )
    gone = NO_SUCH

    def create(self, aws: Aws, new: Values) -> str:
        aws.call(SERVICE, "attach_role_policy", **self.request(new))
        return f"{new['role']}/{new['policyArn']}"

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        role, arn = two_parts(id_, "/", "<role>/<policy ARN>")
        attached = aws.pages(SERVICE, "list_attached_role_policies", "AttachedPolicies", RoleName=role)
        found = any(policy["PolicyArn"] == arn for policy in attached)
        return {"role": role, "policyArn": arn} if found else None

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        role, arn = two_parts(id_, "/", "<role>/<policy ARN>")
        aws.call(SERVICE, "detach_role_policy", RoleName=role, PolicyArn=arn)


TYPES = (Role(), Policy(), RolePolicyAttachment())
