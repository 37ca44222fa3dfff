"""The functions (data sources) of the provider."""

from sandbox.provider.aws import Aws
from sandbox.provider.resources.organizations import Organization, describe_organization
from sandbox.provider.schema import Function
from sandbox.provider.wire import Values


def _organization(aws: Aws, arguments: Values) -> Values:
    only = bool(arguments.get("returnOrganizationOnly"))
    found = describe_organization(aws, only=only)
    empty = ("accounts", "awsServiceAccessPrincipals", "enabledPolicyTypes", "nonMasterAccounts", "roots")
    return {**{name: [] for name in empty}, "masterAccountName": "", **found, "returnOrganizationOnly": only}


def _caller(aws: Aws, _arguments: Values) -> Values:
    who = aws.connection.identity()
    return {"accountId": who["Account"], "arn": who["Arn"], "id": who["Account"], "userId": who["UserId"]}


def _region(aws: Aws, arguments: Values) -> Values:
    region = str(arguments.get("region") or arguments.get("name") or aws.region)
    partition = _partition_data(region)
    return {
        "description": partition["regions"].get(region, {}).get("description", ""),
        "endpoint": f"ec2.{region}.{partition['outputs']['dnsSuffix']}",
        **dict.fromkeys(("id", "name", "region"), region),
    }


def _partition(aws: Aws, _arguments: Values) -> Values:
    found = _partition_data(aws.region)
    suffix = found["outputs"]["dnsSuffix"]
    reverse = ".".join(reversed(suffix.split(".")))
    return {"dnsSuffix": suffix, "id": found["id"], "partition": found["id"], "reverseDnsPrefix": reverse}


def _instances(aws: Aws, _arguments: Values) -> Values:
    found = aws.pages("sso-admin", "list_instances", "Instances")
    return {
        "arns": [instance["InstanceArn"] for instance in found],
        "id": aws.region,
        "identityStoreIds": [instance["IdentityStoreId"] for instance in found],
        "region": aws.region,
    }


def _identity_store_groups(aws: Aws, arguments: Values) -> Values:
    store = str(arguments["identityStoreId"])
    found = aws.pages("identitystore", "list_groups", "Groups", IdentityStoreId=store)
    return {
        "groups": [
            {
                "description": group.get("Description", ""),
                "displayName": group["DisplayName"],
                "externalIds": [
                    {"id": each["Id"], "issuer": each["Issuer"]} for each in group.get("ExternalIds") or []
                ],
                "groupId": group["GroupId"],
                "identityStoreId": store,
            }
            for group in found
        ],
        "identityStoreId": store,
        "region": aws.region,
    }


def _partition_data(region: str) -> Values:
    from botocore.session import Session

    session = Session()
    name = session.get_partition_for_region(region)
    return next(one for one in session.get_data("partitions")["partitions"] if one["id"] == name)


FUNCTIONS = tuple(
    Function(token, frozenset(arguments), frozenset(results), call)
    for token, arguments, results, call in (
        (
            "aws:organizations/getOrganization:getOrganization",
            ("returnOrganizationOnly",),
            (*Organization().by_name, "id"),
            _organization,
        ),
        (
            "aws:index/getCallerIdentity:getCallerIdentity",
            ("id",),
            ("accountId", "arn", "id", "userId"),
            _caller,
        ),
        (
            "aws:index/getRegion:getRegion",
            ("endpoint", "id", "name", "region"),
            ("description", "endpoint", "id", "name", "region"),
            _region,
        ),
        (
            "aws:index/getPartition:getPartition",
            ("id",),
            ("dnsSuffix", "id", "partition", "reverseDnsPrefix"),
            _partition,
        ),
        (
            "aws:ssoadmin/getInstances:getInstances",
            ("region",),
            ("arns", "id", "identityStoreIds", "region"),
            _instances,
        ),
        (
            "aws:identitystore/getGroups:getGroups",
            ("identityStoreId", "region"),
            ("groups", "identityStoreId", "region"),
            _identity_store_groups,
        ),
    )
)
