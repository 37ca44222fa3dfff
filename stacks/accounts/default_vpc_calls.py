"""The AWS calls that find and delete the default VPCs of an account.

https://docs.aws.amazon.com/vpc/latest/userguide/work-with-default-vpc.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from shared.errors import UserError
from shared.policy_documents.roles import PREVIEW_ROLE, preview_role, role_arn

if TYPE_CHECKING:
    import boto3

AT_ONCE = 8
"""How many regions are asked at the same time."""

_GONE = (
    "InvalidVpcID.NotFound",
    "InvalidSubnetID.NotFound",
    "InvalidInternetGatewayID.NotFound",
    "Gateway.NotAttached",
)
_ROLE_KEYS = {
    "roleArn": "RoleArn",
    "sessionName": "RoleSessionName",
    "externalId": "ExternalId",
    "policy": "Policy",
    "sourceIdentity": "SourceIdentity",
}


class VpcFailed(UserError):
    """AWS refused a call, or a default VPC is in use."""


@dataclass(frozen=True)
class DefaultVpc:
    """A default VPC. `ec2` is a client of its region."""

    region: str
    id: str
    ec2: Any = field(repr=False)

    def __str__(self) -> str:
        return f"{self.id} in {self.region}"

    def used_by(self) -> list[str]:
        """What uses it: each network interface."""
        found = self._those("describe_network_interfaces", "NetworkInterfaces", "vpc-id")
        return [f"network interface {each['NetworkInterfaceId']} in VPC {self}" for each in found]

    def remove(self) -> None:
        """Delete it with its subnets and its internet gateway. What is gone already is as good.

        The subnets first: AWS keeps one that is in use, and nothing has happened then. Raises `VpcFailed`.
        """
        for subnet in self._those("describe_subnets", "Subnets", "vpc-id"):
            self._call("delete_subnet", SubnetId=subnet["SubnetId"])
        for gateway in self._those("describe_internet_gateways", "InternetGateways", "attachment.vpc-id"):
            self._call("detach_internet_gateway", InternetGatewayId=gateway["InternetGatewayId"], VpcId=self.id)
            self._call("delete_internet_gateway", InternetGatewayId=gateway["InternetGatewayId"])
        self._call("delete_vpc", VpcId=self.id)

    def _those(self, operation: str, items: str, key: str) -> list[Mapping[str, Any]]:
        with _errors(f"{operation} of {self}"):
            pages = self.ec2.get_paginator(operation).paginate(Filters=[{"Name": key, "Values": [self.id]}])
            return [item for page in pages for item in page[items]]

    def _call(self, operation: str, **parameters: str) -> None:
        with _errors(f"{operation} of {self}", _GONE):
            getattr(self.ec2, operation)(**parameters)


class Account:
    """The account of `role`, an ARN, which is assumed. `settings` are those of the AWS provider of the stack."""

    SETTINGS: ClassVar = ("accessKey", "assumeRoles", "profile", "region", "secretKey", "token")

    def __init__(self, role: str, settings: Mapping[str, str | None]) -> None:
        self._role, self._settings = role, settings

    def default_vpcs(self) -> list[DefaultVpc]:
        """Those of all regions that the account has. Raises `VpcFailed`."""
        home = self._settings.get("region") or "us-east-1"
        with _errors(f"looking for default VPCs as {self._role}"):
            session, reads_only = self._session(home)
            regions = session.client("ec2", region_name=home).describe_regions()["Regions"]
            clients = {each["RegionName"]: session.client("ec2", region_name=each["RegionName"]) for each in regions}
            with ThreadPoolExecutor(AT_ONCE) as threads:
                looking = threads.map(partial(_default_vpcs, reads_only=reads_only), clients, clients.values())
                return [each for found in looking for each in found]

    def _session(self, region: str) -> tuple[boto3.Session, bool]:
        """The session inside the account, and whether it may only read."""
        import boto3  # a quarter of a second, and the program itself makes no calls

        given = self._settings
        session = boto3.Session(
            given.get("accessKey") or None,
            given.get("secretKey") or None,
            given.get("token") or None,
            region_name=region,
            profile_name=given.get("profile") or None,
        )
        own: list[dict[str, str]] = json.loads(given.get("assumeRoles") or "[]")
        for role in own:
            session = _assumed(session, role, region)
        inside = self._readable(session)
        return _assumed(session, {"roleArn": inside}, region), inside != self._role

    def _readable(self, session: boto3.Session) -> str:
        """The role, or for who may only preview accounts, the one that only reads."""
        caller = session.client("sts").get_caller_identity()["Arn"]
        reading = f":assumed-role/{preview_role('accounts')}/" in caller
        return role_arn(self._role.split(":")[4], PREVIEW_ROLE) if reading else self._role


def _assumed(session: boto3.Session, role: Mapping[str, str], region: str) -> boto3.Session:
    import boto3

    parameters = {"RoleSessionName": "pulumi"} | {_ROLE_KEYS[key]: role[key] for key in role if key in _ROLE_KEYS}
    keys = session.client("sts").assume_role(**parameters)["Credentials"]  # type: ignore[arg-type]
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region)


def _default_vpcs(region: str, ec2: Any, *, reads_only: bool) -> list[DefaultVpc]:
    """Those of one region. Who may only preview is kept out of regions by service control policies, which exempt the
    access role: a preview leaves such a region out, and the deployment looks there before it changes anything."""
    from botocore.exceptions import ClientError

    try:
        found = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    except ClientError as error:
        if reads_only and error.response["Error"]["Code"] == "UnauthorizedOperation":
            return []
        raise
    return [DefaultVpc(region, each["VpcId"], ec2) for each in found]


def uses(vpcs: Sequence[DefaultVpc]) -> list[str]:
    """What uses any of them. Raises `VpcFailed`."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return [use for found in threads.map(DefaultVpc.used_by, vpcs) for use in found]


def remove(vpcs: Sequence[DefaultVpc]) -> None:
    """Delete them. Raises `VpcFailed`, before anything is changed if one is in use."""
    if used := uses(vpcs):
        raise VpcFailed(refusal(used))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(DefaultVpc.remove, vpcs))


def refusal(used: Sequence[str]) -> str:
    """Why nothing is deleted, and what can be done."""
    return (
        f"accounts:defaultVpcs is remove, and default VPCs are in use: {'; '.join(used)}; allowed: keep, or "
        "remove after what uses them is gone"
    )


@contextmanager
def _errors(doing: str, fine: tuple[str, ...] = ()) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        if code not in fine:
            raise VpcFailed(f"{doing} failed: {code}: {error.response['Error'].get('Message')}") from None
    except BotoCoreError as error:
        raise VpcFailed(f"{doing} failed: {error}") from None
