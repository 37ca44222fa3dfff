"""The functions (data sources) of the provider."""

from __future__ import annotations

from sandbox.provider.aws import Aws
from sandbox.provider.resources.organizations import describe_organization
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
    suffix = _partition_data(region)["dnsSuffix"]
    return {
        "description": _description(region),
        "endpoint": f"ec2.{region}.{suffix}",
        "id": region,
        "name": region,
        "region": region,
    }


def _partition(aws: Aws, _arguments: Values) -> Values:
    found = _partition_data(aws.region)
    return {
        "dnsSuffix": found["dnsSuffix"],
        "id": found["name"],
        "partition": found["name"],
        "reverseDnsPrefix": ".".join(reversed(str(found["dnsSuffix"]).split("."))),
    }


def _partition_data(region: str) -> Values:
    from botocore.session import Session

    session = Session()
    name = session.get_partition_for_region(region)
    for partition in session.get_data("partitions")["partitions"]:
        if partition["id"] == name:
            return {"name": name, "dnsSuffix": partition["outputs"]["dnsSuffix"]}
    raise AssertionError(f"botocore knows the partition {name} and has no data of it")


def _description(region: str) -> str:
    from botocore.session import Session

    for partition in Session().get_data("partitions")["partitions"]:
        if region in partition["regions"]:
            return str(partition["regions"][region]["description"])
    return ""


FUNCTIONS = tuple(
    Function(token, frozenset(arguments), frozenset(results), call)
    for token, arguments, results, call in (
        (
            "aws:organizations/getOrganization:getOrganization",
            ("returnOrganizationOnly",),
            (
                "accounts",
                "arn",
                "awsServiceAccessPrincipals",
                "enabledPolicyTypes",
                "featureSet",
                "id",
                "masterAccountArn",
                "masterAccountEmail",
                "masterAccountId",
                "masterAccountName",
                "nonMasterAccounts",
                "returnOrganizationOnly",
                "roots",
            ),
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
    )
)
