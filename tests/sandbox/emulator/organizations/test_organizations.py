"""Organizations answers as AWS does: structure, accounts, policies and who may ask."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, Server, refused

SCP, TAG, BACKUP = "SERVICE_CONTROL_POLICY", "TAG_POLICY", "BACKUP_POLICY"
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
TAGS = {"tags": {"CostCenter": {"tag_key": {"@@assign": "CostCenter"}, "tag_value": {"@@assign": ["A"]}}}}
PLAN = {"plans": {"Monthly": {"regions": {"@@assign": ["us-west-2"]}}}}


def names(answer: Any) -> set[str]:
    return {policy["Name"] for policy in answer["Policies"]}


def test_without_an_organization_every_call_says_so(aws: Server) -> None:
    api = aws.client("organizations")
    for call in (api.describe_organization, api.list_roots, api.list_accounts):
        with pytest.raises(ClientError) as error:
            call()
        assert refused(error)[0] == "AWSOrganizationsNotInUseException"


def test_a_new_organization_has_a_root_and_the_management_account_only(organization: Organization) -> None:
    api = organization.api
    assert api.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    assert [account["Id"] for account in api.list_accounts()["Accounts"]] == ["123456789012"]
    assert api.list_roots()["Roots"][0]["PolicyTypes"] == []
    assert organization.aws.control("GET", "health")["accounts"] == 1
    with pytest.raises(ClientError) as error:
        api.create_organization(FeatureSet="ALL")
    assert refused(error)[0] == "AlreadyInOrganizationException"


def test_units_nest_five_deep_and_siblings_have_different_names(organization: Organization) -> None:
    parent = organization.root
    for level in range(5):
        above, parent = parent, organization.unit("Level", parent)
        listed = organization.api.list_organizational_units_for_parent(ParentId=above)["OrganizationalUnits"]
        assert [unit["Id"] for unit in listed] == [parent]
        assert organization.api.list_parents(ChildId=parent)["Parents"][0]["Type"] == (
            "ORGANIZATIONAL_UNIT" if level else "ROOT"
        )
    with pytest.raises(ClientError) as error:
        organization.unit("TooDeep", parent)
    assert refused(error)[0] == "ConstraintViolationException"
    assert error.value.response.get("Reason") == "OU_DEPTH_LIMIT_EXCEEDED"
    other = organization.unit("Other")
    for call in (
        lambda: organization.unit("Level"),
        lambda: organization.api.update_organizational_unit(OrganizationalUnitId=other, Name="Level"),
    ):
        with pytest.raises(ClientError) as error:
            call()
        assert refused(error) == (
            "DuplicateOrganizationalUnitException",
            "An OU with the same name already exists.",
        )


def test_a_unit_that_holds_something_stays_and_a_closed_account_counts(organization: Organization) -> None:
    api = organization.api
    outer = organization.unit("Outer")
    inner = organization.unit("Inner", outer)
    account = organization.account("one")
    api.move_account(AccountId=account, SourceParentId=organization.root, DestinationParentId=inner)
    organization.close(account)
    assert api.describe_account(AccountId=account)["Account"]["Status"] == "SUSPENDED"
    for unit in (outer, inner):
        with pytest.raises(ClientError) as error:
            api.delete_organizational_unit(OrganizationalUnitId=unit)
        assert refused(error)[0] == "OrganizationalUnitNotEmptyException"
    with pytest.raises(ClientError) as error:
        api.close_account(AccountId=account)
    assert refused(error)[0] == "AccountAlreadyClosedException"
    with pytest.raises(ClientError) as error:
        api.delete_organization()
    assert refused(error)[0] == "OrganizationNotEmptyException"
    organization.aws.later(days=90)
    api.delete_organizational_unit(OrganizationalUnitId=inner)
    api.delete_organizational_unit(OrganizationalUnitId=outer)
    api.delete_organization()


def test_an_account_takes_a_while_and_its_address_is_taken_for_good(organization: Organization) -> None:
    api = organization.api
    first = api.create_account(AccountName="one", Email="One@example.com")
    assert first["CreateAccountStatus"]["State"] == "IN_PROGRESS"
    assert "AccountId" not in first["CreateAccountStatus"]
    account = organization.finished(first)["AccountId"]
    api.remove_account_from_organization(AccountId=account)
    second = organization.finished(api.create_account(AccountName="two", Email="one@example.com"))
    assert (second["State"], second["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    third = organization.finished(api.create_account(AccountName="three", Email="nobody"))
    assert (third["State"], third["FailureReason"]) == ("FAILED", "INVALID_EMAIL")
    failed = api.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert [status["Id"] for status in failed] == [second["Id"], third["Id"]]
    assert len(api.list_accounts()["Accounts"]) == 1


def test_an_account_moves_from_where_it_is(organization: Organization) -> None:
    api, account, unit = organization.api, organization.account("one"), organization.unit("Unit")
    with pytest.raises(ClientError) as error:
        api.move_account(AccountId=account, SourceParentId=unit, DestinationParentId=organization.root)
    assert refused(error)[0] == "SourceParentNotFoundException"
    api.move_account(AccountId=account, SourceParentId=organization.root, DestinationParentId=unit)
    assert api.list_parents(ChildId=account)["Parents"] == [{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}]
    assert [found["Id"] for found in api.list_accounts_for_parent(ParentId=unit)["Accounts"]] == [account]


def test_the_default_policy_is_attached_while_its_type_is_enabled(organization: Organization) -> None:
    api, before = organization.api, organization.unit("Before")
    with pytest.raises(ClientError) as error:
        organization.attach(SCP, DENY, before)
    assert refused(error) == (
        "PolicyTypeNotEnabledException",
        "This operation can be performed only for enabled policy types.",
    )
    organization.enable(SCP)
    after, account = organization.unit("After"), organization.account("one")
    for target in (organization.root, before, after, account, "123456789012"):
        assert names(api.list_policies_for_target(TargetId=target, Filter=SCP)) == {"FullAWSAccess"}
    api.disable_policy_type(RootId=organization.root, PolicyType=SCP)
    assert names(api.list_policies_for_target(TargetId=before, Filter=SCP)) == set()


def test_attaching_and_detaching_policies(organization: Organization) -> None:
    organization.enable(SCP)
    api, unit = organization.api, organization.unit("Unit")
    policies = [organization.policy(SCP, DENY, f"policy-{number}") for number in range(10)]
    for policy in policies[:9]:
        api.attach_policy(PolicyId=policy, TargetId=unit)
    for policy, code, reason in (
        (policies[0], "DuplicatePolicyAttachmentException", None),
        (policies[9], "ConstraintViolationException", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"),
    ):
        with pytest.raises(ClientError) as error:
            api.attach_policy(PolicyId=policy, TargetId=unit)
        assert (refused(error)[0], error.value.response.get("Reason")) == (code, reason)
    assert api.list_targets_for_policy(PolicyId=policies[0])["Targets"][0]["TargetId"] == unit
    with pytest.raises(ClientError) as error:
        api.delete_policy(PolicyId=policies[0])
    assert refused(error)[0] == "PolicyInUseException"
    for policy in (*policies[:8], "p-FullAWSAccess"):
        api.detach_policy(PolicyId=policy, TargetId=unit)
    for policy, code, reason in (
        (policies[8], "ConstraintViolationException", "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"),
        (policies[0], "PolicyNotAttachedException", None),
    ):
        with pytest.raises(ClientError) as error:
            api.detach_policy(PolicyId=policy, TargetId=unit)
        assert (refused(error)[0], error.value.response.get("Reason")) == (code, reason)
    api.delete_organizational_unit(OrganizationalUnitId=unit)
    assert api.list_targets_for_policy(PolicyId=policies[8])["Targets"] == []


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        (SCP, "{", "MalformedPolicyDocumentException"),
        (SCP, {"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}]}, "MalformedPolicyDocumentException"),
        (TAG, {"tags": {"Key": {"tag_key": "Key"}}}, "MalformedPolicyDocumentException"),
        (BACKUP, {"plans": {"Plan": {"region": {"@@assign": ["x"]}}}}, "MalformedPolicyDocumentException"),
        (SCP, json.dumps(DENY) + " " * 10_240, "ConstraintViolationException"),
        (TAG, json.dumps(TAGS) + " " * 10_000, "ConstraintViolationException"),
    ],
)
def test_malformed_and_oversize_content_is_refused(
    organization: Organization, kind: str, content: Any, code: str
) -> None:
    good = organization.policy(kind, {SCP: DENY, TAG: TAGS, BACKUP: PLAN}[kind])
    text = content if isinstance(content, str) else json.dumps(content)
    for call in (
        lambda: organization.policy(kind, content, "bad"),
        lambda: organization.api.update_policy(PolicyId=good, Content=text),
    ):
        with pytest.raises(ClientError) as error:
            call()
        assert refused(error)[0] == code
    assert (
        json.loads(organization.api.describe_policy(PolicyId=good)["Policy"]["Content"])
        == ({SCP: DENY, TAG: TAGS, BACKUP: PLAN}[kind])
    )


def test_a_backup_policy_is_created_changed_attached_and_tagged(organization: Organization) -> None:
    organization.enable(BACKUP)
    api, unit = organization.api, organization.unit("Unit")
    policy = organization.attach(BACKUP, PLAN, unit)
    arn = api.describe_policy(PolicyId=policy)["Policy"]["PolicySummary"]["Arn"]
    assert arn.endswith(f"/{organization.id}/backup_policy/{policy}")
    api.update_policy(PolicyId=policy, Name="renamed", Description="new")
    summary = api.list_policies(Filter=BACKUP)["Policies"][0]
    assert (summary["Name"], summary["Description"], summary["AwsManaged"]) == ("renamed", "new", False)
    api.tag_resource(ResourceId=policy, Tags=[{"Key": "a", "Value": "b"}])
    assert api.list_tags_for_resource(ResourceId=policy)["Tags"] == [{"Key": "a", "Value": "b"}]
    with pytest.raises(ClientError) as error:
        organization.policy(TAG, TAGS, "renamed")
    assert refused(error)[0] == "DuplicatePolicyException"


def test_the_effective_policy_is_merged_from_the_root_down(organization: Organization) -> None:
    api, unit, account = organization.api, organization.unit("Unit"), organization.account("one")
    api.move_account(AccountId=account, SourceParentId=organization.root, DestinationParentId=unit)
    for kind in (TAG, BACKUP):
        with pytest.raises(ClientError) as error:
            api.describe_effective_policy(PolicyType=kind, TargetId=account)
        assert refused(error)[0] == "EffectivePolicyNotFoundException"
    organization.enable(TAG, BACKUP)
    organization.attach(TAG, TAGS, organization.root, "root")
    child = {"tags": {"costcenter": {"tag_value": {"@@append": ["B"]}}}}
    organization.attach(TAG, child, unit, "unit")
    organization.attach(BACKUP, PLAN, unit, "plan")
    answer = api.describe_effective_policy(PolicyType=TAG, TargetId=account)["EffectivePolicy"]
    assert (answer["TargetId"], answer["PolicyType"]) == (account, TAG)
    merged = {"tags": {"costcenter": {"tag_key": "CostCenter", "tag_value": ["A", "B"]}}}
    assert json.loads(answer["PolicyContent"]) == merged
    own = organization.aws.client("organizations", organization.inside(account))
    assert json.loads(own.describe_effective_policy(PolicyType=TAG)["EffectivePolicy"]["PolicyContent"]) == merged
    content = api.describe_effective_policy(PolicyType=BACKUP, TargetId=account)["EffectivePolicy"]["PolicyContent"]
    assert json.loads(content) == {"plans": {"Monthly": {"regions": ["us-west-2"]}}}
    with pytest.raises(ClientError) as error:
        api.describe_effective_policy(PolicyType=BACKUP)
    assert refused(error)[0] == "EffectivePolicyNotFoundException"


def test_a_member_account_may_only_look_at_the_organization(organization: Organization) -> None:
    account = organization.account("one")
    member = organization.aws.client("organizations", organization.inside(account))
    assert member.describe_organization()["Organization"]["Id"] == organization.id
    for call in (
        member.list_accounts,
        lambda: member.create_organizational_unit(ParentId=organization.root, Name="Mine"),
        lambda: member.describe_effective_policy(PolicyType=TAG, TargetId="123456789012"),
    ):
        with pytest.raises(ClientError) as error:
            call()
        assert refused(error)[0] == "AccessDeniedException"


def test_trusted_access(organization: Organization) -> None:
    api = organization.api
    for principal in ("backup.amazonaws.com", "tagpolicies.tag.amazonaws.com"):
        api.enable_aws_service_access(ServicePrincipal=principal)
    listed = api.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert {entry["ServicePrincipal"] for entry in listed} == {
        "backup.amazonaws.com",
        "tagpolicies.tag.amazonaws.com",
    }
    api.disable_aws_service_access(ServicePrincipal="backup.amazonaws.com")
    assert len(api.list_aws_service_access_for_organization()["EnabledServicePrincipals"]) == 1


def test_many_accounts_are_listed_page_by_page(organization: Organization) -> None:
    for number in range(25):
        organization.api.create_account(AccountName=f"a{number}", Email=f"a{number}@example.com")
    time.sleep(0.3)
    pages = organization.api.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 10})
    found = [account["Id"] for page in pages for account in page["Accounts"]]
    assert len(found) == len(set(found)) == 26
