"""Default VPCs: what is looked at, what is deleted, and what stops it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc

from stacks.accounts import default_vpcs as module
from stacks.accounts.default_vpc_calls import Account, DefaultVpc, VpcFailed, _default_vpcs
from tests.stacks.harness import Run, run_program
from tests.stacks.samples import ACCOUNT, UPSTREAM

TYPE = "pulumi-python:dynamic/accounts:DefaultVpcs"
ROLE = "arn:aws:iam::210987654321:role/OrganizationAccountAccessRole"


class Ec2:
    """A region with one default VPC. `done` are the calls that change something."""

    def __init__(self, *interfaces: str) -> None:
        self.interfaces, self.done = interfaces, list[str]()

    def get_paginator(self, operation: str) -> Any:
        found = {
            "describe_network_interfaces": {"NetworkInterfaces": [{"NetworkInterfaceId": i} for i in self.interfaces]},
            "describe_subnets": {"Subnets": [{"SubnetId": "subnet-a"}, {"SubnetId": "subnet-b"}]},
            "describe_internet_gateways": {"InternetGateways": [{"InternetGatewayId": "igw-1"}]},
        }[operation]

        class Pages:
            def paginate(self, **_given: Any) -> Iterator[Any]:
                yield found

        return Pages()

    def __getattr__(self, operation: str) -> Any:
        return lambda **given: self.done.append(" ".join([operation, *given.values()]))


@pytest.fixture
def regions(monkeypatch: pytest.MonkeyPatch) -> dict[str, Ec2]:
    found = {"eu-west-1": Ec2(), "us-west-2": Ec2()}
    monkeypatch.setattr(
        Account, "default_vpcs", lambda _self: [DefaultVpc(name, f"vpc-{name}", ec2) for name, ec2 in found.items()]
    )
    return found


def provider() -> Any:
    return module._Provider()


def account(config: dict[str, Any]) -> Run:
    return run_program("accounts", "sandbox.developer", {**ACCOUNT, **config}, upstream=UPSTREAM)


def test_only_an_account_that_wants_it_has_the_provider() -> None:
    assert account({}).of(TYPE) == account({"defaultVpcs": "keep"}).of(TYPE) == {}
    made = account({"defaultVpcs": "remove"}).one(TYPE)
    assert made.inputs["roleArn"] == ROLE
    assert made.inputs.keys() <= {"roleArn", "__provider"}


def test_each_is_deleted_with_what_is_in_it(regions: dict[str, Ec2]) -> None:
    made = provider().create({"roleArn": ROLE})
    assert (made.id, made.outs) == ("210987654321", {"roleArn": ROLE, "left": []})
    for name, ec2 in regions.items():
        assert ec2.done == [
            "delete_subnet subnet-a",
            "delete_subnet subnet-b",
            f"detach_internet_gateway igw-1 vpc-{name}",
            "delete_internet_gateway igw-1",
            f"delete_vpc vpc-{name}",
        ]


def test_one_in_use_stops_all_before_anything_is_changed(
    regions: dict[str, Ec2], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.tracebacklimit", 1000, raising=False)
    regions["us-west-2"].interfaces = ("eni-1",)
    failures = provider().check({}, {"roleArn": ROLE}).failures
    assert [each.property for each in failures] == ["defaultVpcs"]
    expected = "network interface eni-1 in VPC vpc-us-west-2 in us-west-2; allowed: keep, or remove after"
    assert expected in failures[0].reason
    with pytest.raises(VpcFailed, match="eni-1"):
        provider().create({"roleArn": ROLE})
    assert [ec2.done for ec2 in regions.values()] == [[], []]


@pytest.mark.usefixtures("regions")
def test_aws_is_asked_once_and_then_by_a_refresh_only(monkeypatch: pytest.MonkeyPatch) -> None:
    found = provider().read("210987654321", {"roleArn": ROLE, "left": []})
    assert found.outs["left"] == ["vpc-eu-west-1 in eu-west-1", "vpc-us-west-2 in us-west-2"]
    assert provider().diff("", found.outs, {}).changes is True
    assert provider().update("", found.outs, {"roleArn": ROLE}).outs["left"] == []

    def never(_self: Account) -> list[DefaultVpc]:
        raise AssertionError

    monkeypatch.setattr(Account, "default_vpcs", never)
    deployed = {"roleArn": ROLE, "left": []}
    assert provider().diff("", deployed, {"roleArn": "another"}).changes is False
    assert provider().check(deployed, {"roleArn": ROLE}).failures == []
    assert provider().check({}, {"roleArn": rpc.UNKNOWN}).failures == [], "the account is not made yet"
    provider().delete("", deployed)


def test_what_is_refused_by_aws_is_one_error_of_the_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_self: Account) -> list[DefaultVpc]:
        raise VpcFailed("looking for default VPCs failed: AccessDenied: no")

    monkeypatch.setattr(Account, "default_vpcs", refused)
    (failure,) = provider().check({}, {"roleArn": ROLE}).failures
    assert failure.reason == "looking for default VPCs failed: AccessDenied: no"


def test_the_state_has_no_credentials() -> None:
    made = provider()
    made._config = {"secretKey": "very secret"}
    assert b"very secret" not in base64.b64decode(serialize_provider(made))


def test_who_may_only_preview_leaves_closed_regions_out() -> None:
    class Closed:
        def describe_vpcs(self, **_given: Any) -> Any:
            raise ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}, "DescribeVpcs")

    assert _default_vpcs("eu-west-3", Closed(), reads_only=True) == []
    with pytest.raises(ClientError):
        _default_vpcs("eu-west-3", Closed(), reads_only=False)
