"""Lists come in pages of 20 at most, and say where in the tree a thing is."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.sandbox.emulator.conftest import Organization, refused

TAG = "TAG_POLICY"


def calls(organization: Organization) -> dict[str, Callable[..., Any]]:
    """Every list that has pages, of something that there is."""
    api, root = organization.api, organization.root
    account = organization.account("one")
    api.enable_aws_service_access(ServicePrincipal="backup.amazonaws.com")
    api.register_delegated_administrator(AccountId=account, ServicePrincipal="backup.amazonaws.com")
    organization.enable(TAG)
    policy = organization.attach(TAG, {"tags": {}}, root)
    asked: dict[str, dict[str, str]] = {
        "list_accounts": {},
        "list_accounts_for_parent": {"ParentId": root},
        "list_aws_service_access_for_organization": {},
        "list_children": {"ParentId": root, "ChildType": "ACCOUNT"},
        "list_create_account_status": {},
        "list_delegated_administrators": {},
        "list_delegated_services_for_account": {"AccountId": account},
        "list_handshakes_for_account": {},
        "list_handshakes_for_organization": {},
        "list_organizational_units_for_parent": {"ParentId": root},
        "list_parents": {"ChildId": account},
        "list_policies": {"Filter": TAG},
        "list_policies_for_target": {"TargetId": root, "Filter": TAG},
        "list_roots": {},
        "list_targets_for_policy": {"PolicyId": policy},
    }
    return {name: partial(getattr(api, name), **wanted) for name, wanted in asked.items()}


def test_every_list_takes_from_1_to_20_results(organization: Organization) -> None:
    found = calls(organization)
    meta = organization.api.meta
    inputs = {
        name: meta.service_model.operation_model(operation).input_shape
        for name, operation in meta.method_to_api_mapping.items()
    }
    in_model = {name for name, shape in inputs.items() if shape and "MaxResults" in shape.members}
    # Not emulated: billing transfers, and the problems of effective policies.
    assert in_model - set(found) == {
        "list_accounts_with_invalid_effective_policy",
        "list_effective_policy_validation_errors",
        "list_inbound_responsibility_transfers",
        "list_outbound_responsibility_transfers",
    }
    for name, call in found.items():
        answer = call(MaxResults=20)
        assert "NextToken" not in answer, name
        with pytest.raises(ClientError) as error:
            call(MaxResults=21)
        assert refused(error)[0] == "InvalidInputException", name
        with pytest.raises((ClientError, ParamValidationError)):
            call(MaxResults=0)
        with pytest.raises(ClientError) as error:
            call(NextToken="no-token")
        assert refused(error)[0] == "InvalidInputException", name


def test_policies_and_units_are_listed_page_by_page(organization: Organization) -> None:
    api = organization.api
    policies = {organization.policy(TAG, {"tags": {}}, f"policy-{number}") for number in range(45)}
    units = {organization.unit(f"unit-{number}") for number in range(21)}
    first = api.list_policies(Filter=TAG)
    assert len(first["Policies"]) == 20
    pages = api.get_paginator("list_policies").paginate(Filter=TAG)
    assert {policy["Id"] for page in pages for policy in page["Policies"]} == policies
    pages = api.get_paginator("list_organizational_units_for_parent").paginate(ParentId=organization.root)
    assert {unit["Id"] for page in pages for unit in page["OrganizationalUnits"]} == units
    pages = api.get_paginator("list_children").paginate(ParentId=organization.root, ChildType="ORGANIZATIONAL_UNIT")
    assert {unit["Id"] for page in pages for unit in page["Children"]} == units


def test_accounts_and_units_say_where_they_are(organization: Organization) -> None:
    api, account = organization.api, organization.account("one")
    outer = organization.unit("Outer")
    inner = organization.unit("Inner", outer)
    top = f"{organization.id}/{organization.root}/"
    assert api.describe_account(AccountId=account)["Account"]["Paths"] == [f"{top}{account}/"]
    api.move_account(AccountId=account, SourceParentId=organization.root, DestinationParentId=inner)
    (found,) = api.list_accounts_for_parent(ParentId=inner)["Accounts"]
    assert found["Paths"] == [f"{top}{outer}/{inner}/{account}/"]
    path = f"{top}{outer}/{inner}/"
    assert api.describe_organizational_unit(OrganizationalUnitId=inner)["OrganizationalUnit"]["Path"] == path
    assert api.list_organizational_units_for_parent(ParentId=outer)["OrganizationalUnits"][0]["Path"] == path
    renamed = api.update_organizational_unit(OrganizationalUnitId=inner, Name="Renamed")["OrganizationalUnit"]
    assert (renamed["Name"], renamed["Path"]) == ("Renamed", path)
