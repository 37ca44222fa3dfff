"""Default VPCs: each region has one, and it goes only when nothing is in it."""

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, refused


def test_a_default_vpc_is_taken_apart_and_made_again(organization: Organization) -> None:
    keys = organization.inside(organization.account("one"))
    west, east = (organization.aws.client("ec2", keys, region) for region in ("us-west-2", "us-east-1"))
    (vpc,) = west.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    assert east.describe_vpcs()["Vpcs"][0]["VpcId"] != vpc["VpcId"]
    within = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    subnets = [each["SubnetId"] for each in west.describe_subnets(Filters=within)["Subnets"]]
    (gateway,) = west.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc["VpcId"]]}])[
        "InternetGateways"
    ]
    gateway_id = gateway["InternetGatewayId"]
    interface = west.create_network_interface(SubnetId=subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
    assert west.describe_network_interfaces(Filters=within)["NetworkInterfaces"][0]["NetworkInterfaceId"] == interface

    for call, given in (
        ("delete_subnet", {"SubnetId": subnets[0]}),
        ("delete_internet_gateway", {"InternetGatewayId": gateway_id}),
        ("delete_vpc", {"VpcId": vpc["VpcId"]}),
    ):
        with pytest.raises(ClientError) as error:
            getattr(west, call)(**given)
        assert refused(error)[0] == "DependencyViolation"
    with pytest.raises(ClientError) as error:
        west.create_default_vpc()
    assert refused(error)[0] == "DefaultVpcAlreadyExists"

    west.delete_network_interface(NetworkInterfaceId=interface)
    for subnet in subnets:
        west.delete_subnet(SubnetId=subnet)
    west.detach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc["VpcId"])
    west.delete_internet_gateway(InternetGatewayId=gateway_id)
    west.delete_vpc(VpcId=vpc["VpcId"])
    assert west.describe_vpcs()["Vpcs"] == west.describe_subnets()["Subnets"] == []
    with pytest.raises(ClientError) as error:
        west.delete_vpc(VpcId=vpc["VpcId"])
    assert refused(error)[0] == "InvalidVpcID.NotFound"
    assert len(east.describe_vpcs()["Vpcs"]) == 1
    assert west.create_default_vpc()["Vpc"]["VpcId"] != vpc["VpcId"]
