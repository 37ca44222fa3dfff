"""The organization, its units, and its policies.

https://docs.aws.amazon.com/organizations/latest/APIReference/Welcome.html
"""
# ruff: noqa: ARG002 - all types share one signature, and few need all of it

from typing import Any

from sandbox.provider.aws import Aws
from sandbox.provider.errors import ProviderError
from sandbox.provider.schema import (
    TAGS,
    Kind,
    Property,
    ResourceType,
    after_creation,
    auto_named,
    out,
    plain,
    tag_map,
)
from sandbox.provider.wire import Values

SERVICE = "organizations"
ACCOUNT = ("Arn", "Email", "Id", "JoinedMethod", "JoinedTimestamp", "Name", "State", "Status")
NOT_IN_USE = "AWSOrganizationsNotInUseException"


def read_tags(aws: Aws, id_: str) -> dict[str, str]:
    """The tags of an account, unit or policy."""
    return tag_map(aws.pages(SERVICE, "list_tags_for_resource", "Tags", ResourceId=id_))


class Tagged(ResourceType):
    """What Organizations tags by id."""

    tag_calls = (SERVICE, "resource", "ResourceId")


def describe_organization(aws: Aws, *, only: bool) -> Values:
    """An organization's properties; with `only`, those that need no list calls."""
    organization = aws.call(SERVICE, "describe_organization")["Organization"]
    names = ("Id", "Arn", "FeatureSet", "MasterAccountArn", "MasterAccountEmail", "MasterAccountId")
    found = {**_named(organization, names), "returnOrganizationOnly": only}
    if only:
        return found
    accounts = [_named(item) for item in aws.pages(SERVICE, "list_accounts", "Accounts")]
    roots = aws.pages(SERVICE, "list_roots", "Roots")
    principals: list[Any] = []
    if organization["FeatureSet"] == "ALL":  # AWS refuses the question otherwise
        principals = aws.pages(SERVICE, "list_aws_service_access_for_organization", "EnabledServicePrincipals")
    management = organization["MasterAccountId"]
    return found | {
        "accounts": accounts,
        "nonMasterAccounts": [account for account in accounts if account["id"] != management],
        "masterAccountName": next((one["name"] for one in accounts if one["id"] == management), None),
        "roots": [_root(root) for root in roots],
        "awsServiceAccessPrincipals": sorted(item["ServicePrincipal"] for item in principals),
        "enabledPolicyTypes": sorted(_enabled(roots[0])),
    }


def _named(item: dict[str, Any], names: tuple[str, ...] = ACCOUNT) -> Values:
    return {name[0].lower() + name[1:]: plain(item[name]) for name in names if name in item}


def _root(root: dict[str, Any]) -> Values:
    types = [{"status": item["Status"], "type": item["Type"]} for item in root["PolicyTypes"]]
    return {"arn": root["Arn"], "id": root["Id"], "name": root["Name"], "policyTypes": types}


def _enabled(root: dict[str, Any]) -> set[str]:
    return {item["Type"] for item in root["PolicyTypes"] if item["Status"] == "ENABLED"}


class Organization(ResourceType):
    token = "aws:organizations/organization:Organization"  # noqa: S105
    label = "Organizations Organization"
    properties = (
        Property("awsServiceAccessPrincipals", Kind.STRINGS),
        Property("enabledPolicyTypes", Kind.STRINGS),
        # Enabling all features cannot be undone, the other way is possible in place.
        Property(
            "featureSet",
            default="ALL",
            replaces=lambda old, new: old == "ALL" and new == "CONSOLIDATED_BILLING",
        ),
        Property("returnOrganizationOnly", Kind.BOOL, default=False),
        out("accounts", kind=Kind.OBJECTS),
        out("arn"),
        out("masterAccountArn"),
        out("masterAccountEmail"),
        out("masterAccountId"),
        out("masterAccountName"),
        out("nonMasterAccounts", kind=Kind.OBJECTS),
        out("roots", kind=Kind.OBJECTS),
    )
    gone = frozenset({NOT_IN_USE})

    def create(self, aws: Aws, new: Values) -> str:
        answer = aws.call(SERVICE, "create_organization", FeatureSet=new["featureSet"])
        id_ = str(answer["Organization"]["Id"])
        with after_creation(id_):
            self._enable(aws, {}, new)
        return id_

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        only = bool(old.get("returnOrganizationOnly"))
        found = describe_organization(aws, only=only)
        if found.pop("id") != id_:
            raise ProviderError(f"this account's organization is not {id_}: {found['arn']}")
        if only:
            kept = ("awsServiceAccessPrincipals", "enabledPolicyTypes")
            found |= {name: old[name] for name in kept if name in old}
        return found

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        if "featureSet" in changed:
            aws.call(SERVICE, "enable_all_features")
        self._enable(aws, old, new)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call(SERVICE, "delete_organization")

    def _enable(self, aws: Aws, old: Values, new: Values) -> None:
        """Trusted access first: AWS wants it on for some policy types."""

        def switch(name: str, what: str, key: str, **where: str) -> None:
            before, after = (set(values.get(name) or ()) for values in (old, new))
            for verb, entries in (("disable", before - after), ("enable", after - before)):
                for entry in sorted(entries):
                    aws.call(SERVICE, f"{verb}_{what}", **where, **{key: entry})

        switch("awsServiceAccessPrincipals", "aws_service_access", "ServicePrincipal")
        wanted = set(new.get("enabledPolicyTypes") or ())
        if wanted == set(old.get("enabledPolicyTypes") or ()):
            return
        root = aws.pages(SERVICE, "list_roots", "Roots")[0]["Id"]
        switch("enabledPolicyTypes", "policy_type", "PolicyType", RootId=root)

        def settled() -> bool:
            return _enabled(aws.pages(SERVICE, "list_roots", "Roots")[0]) == wanted

        aws.poll(settled, aws.connection.retry_policy.concurrent, "waiting for the organization's policy types")


class OrganizationalUnit(Tagged):
    token = "aws:organizations/organizationalUnit:OrganizationalUnit"  # noqa: S105
    label = "Organizations Organizational Unit"
    properties = (
        auto_named("Name", 128, replaces=False),
        Property("parentId", aws="ParentId", required=True, replaces=True),
        *TAGS,
        out("accounts", kind=Kind.OBJECTS),
        out("arn", "Arn"),
    )
    gone = frozenset({NOT_IN_USE, "OrganizationalUnitNotFoundException", "ChildNotFoundException"})

    def create(self, aws: Aws, new: Values) -> str:
        answer = aws.call(SERVICE, "create_organizational_unit", **self.request(new))
        return str(answer["OrganizationalUnit"]["Id"])

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        unit = aws.call(SERVICE, "describe_organizational_unit", OrganizationalUnitId=id_)["OrganizationalUnit"]
        accounts = aws.pages(SERVICE, "list_accounts_for_parent", "Accounts", ParentId=id_)
        return self.state(unit) | {
            "parentId": aws.pages(SERVICE, "list_parents", "Parents", ChildId=id_)[0]["Id"],
            "accounts": [_named(item, ("Arn", "Email", "Id", "Name")) for item in accounts],
            "tagsAll": read_tags(aws, id_),
        }

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.call(SERVICE, "update_organizational_unit", OrganizationalUnitId=id_, Name=new["name"])

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call(SERVICE, "delete_organizational_unit", OrganizationalUnitId=id_)


class Policy(Tagged):
    token = "aws:organizations/policy:Policy"  # noqa: S105
    label = "Organizations Policy"
    properties = (
        Property("content", Kind.JSON, "Content", required=True),
        Property("description", aws="Description"),
        auto_named("Name", 128, replaces=False),
        Property("skipDestroy", Kind.BOOL, kept=True),
        Property("type", aws="Type", default="SERVICE_CONTROL_POLICY", replaces=True),
        *TAGS,
        out("arn", "Arn"),
    )
    gone = frozenset({NOT_IN_USE, "PolicyNotFoundException"})

    def create(self, aws: Aws, new: Values) -> str:
        parameters = {"Description": "", **self.request(new)}  # AWS wants one, if empty
        return str(aws.call(SERVICE, "create_policy", **parameters)["Policy"]["PolicySummary"]["Id"])

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        policy = aws.call(SERVICE, "describe_policy", PolicyId=id_)["Policy"]
        if policy["PolicySummary"].get("AwsManaged"):
            raise ProviderError(f"{id_} is AWS's own policy: use its id directly, it cannot be managed or imported")
        return self.state(policy["PolicySummary"]) | {"content": policy["Content"], "tagsAll": read_tags(aws, id_)}

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        names = changed & {"content", "description", "name"}
        if names:
            parameters = self.request({"description": "", **new}, *names)
            aws.call(SERVICE, "update_policy", PolicyId=id_, **parameters)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        if not old.get("skipDestroy"):
            aws.call(SERVICE, "delete_policy", PolicyId=id_)


class PolicyAttachment(ResourceType):
    token = "aws:organizations/policyAttachment:PolicyAttachment"  # noqa: S105
    label = "Organizations Policy Attachment"
    properties = (
        Property("policyId", aws="PolicyId", required=True, replaces=True),
        Property("skipDestroy", Kind.BOOL, kept=True),
        Property("targetId", aws="TargetId", required=True, replaces=True),
    )
    gone = frozenset({NOT_IN_USE, "PolicyNotFoundException", "PolicyNotAttachedException", "TargetNotFoundException"})

    def create(self, aws: Aws, new: Values) -> str:
        aws.call(SERVICE, "attach_policy", **self.request(new))
        return f"{new['targetId']}:{new['policyId']}"

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        target, colon, policy = id_.partition(":")
        if not colon:
            raise ProviderError(f"the id of a policy attachment is <target id>:<policy id>, not '{id_}'")
        targets = aws.pages(SERVICE, "list_targets_for_policy", "Targets", PolicyId=policy)
        attached = any(item["TargetId"] == target for item in targets)
        return {"policyId": policy, "targetId": target} if attached else None

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        if old.get("skipDestroy"):
            return
        target, _, policy = id_.partition(":")
        aws.call(SERVICE, "detach_policy", PolicyId=policy, TargetId=target)


TYPES = (Organization(), OrganizationalUnit(), Policy(), PolicyAttachment())
