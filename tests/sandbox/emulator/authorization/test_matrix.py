"""Each operation, by real calls: with exactly what it needs it is carried out, without any of it it is denied."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import ListShape, Shape, StringShape, StructureShape
from moto.core.utils import camelcase_to_underscores, get_service_model

from sandbox.emulator.server.calls import RESPONSES
from tests.sandbox.emulator.authorization.test_needs import ACCOUNT, operations, parameters
from tests.sandbox.emulator.conftest import Organization
from tests.sandbox.emulator.people import MANAGEMENT, People, document, trust

REFUSAL = re.compile(r"is not authorized to perform: (\S+) on resource: (\S+)(?= because | with an explicit |$)")
"""A refusal by policies; one by a service's own rules gives another reason."""

OTHER_ACTIONS = {
    ("backup", "StartBackupJob"): ["backup:StartBackupJob", "iam:PassRole"],
    ("backup", "StartCopyJob"): ["backup:StartCopyJob", "iam:PassRole"],
    **{
        ("budgets", each): ["budgets:ModifyBudget"]
        for each in (
            "CreateNotification",
            "DeleteBudget",
            "DeleteNotification",
            "UpdateBudget",
        )
    },
    **{
        ("budgets", each): ["budgets:ViewBudget"]
        for each in (
            "DescribeBudget",
            "DescribeBudgets",
            "DescribeNotificationsForBudget",
            "DescribeSubscribersForNotification",
        )
    },
    ("budgets", "CreateBudget"): ["budgets:ModifyBudget", "budgets:TagResource"],
    ("iam", "AddRoleToInstanceProfile"): ["iam:AddRoleToInstanceProfile", "iam:PassRole"],
    ("s3", "DeletePublicAccessBlock"): ["s3:PutAccountPublicAccessBlock"],
    ("s3", "GetPublicAccessBlock"): ["s3:GetAccountPublicAccessBlock"],
    ("s3", "PutPublicAccessBlock"): ["s3:PutAccountPublicAccessBlock"],
}
"""What does not need the action of its own name, or not only. All in the order in which they are decided. Budgets has
two actions for all: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgetservice.html"""

Need = tuple[str, str]


def value(shape: Shape) -> Any:
    """Something that botocore takes for a parameter of that shape."""
    if isinstance(shape, StructureShape):
        return {name: value(shape.members[name]) for name in shape.required_members}
    if isinstance(shape, StringShape):
        return shape.enum[0] if shape.enum else "x" * max(1, shape.metadata.get("min", 1))
    if isinstance(shape, ListShape):
        return [value(shape.member)]
    if shape.type_name in ("integer", "long"):
        return shape.metadata.get("min", 1)
    simple: Mapping[str, Any] = {
        "blob": b"x",
        "boolean": True,
        "double": 1.0,
        "map": {},
        "timestamp": datetime.now(UTC),
    }
    return simple[shape.type_name]


def request(service: str, operation: str) -> dict[str, Any]:
    """The parameters that the tables read, as far as the operation has them, and all that it requires."""
    model = RESPONSES[service][0]
    shape = get_service_model(model).operation_model(operation).input_shape
    required = value(shape) if shape else {}
    given = {
        name: each.replace(ACCOUNT, MANAGEMENT) if isinstance(each, str) else each
        for name, each in parameters(model, operation).items()
    }
    merged = {
        name: {**required[name], **each} for name, each in given.items() if isinstance(each, dict) and name in required
    }
    return {**required, **given, **merged}


class Matrix:
    """A user without permissions, and a role that lets the account's users in if their policies do."""

    def __init__(self, people: People):
        self.aws, self.admin = people.aws, people.iam
        self.keys = people.user("caller")
        people.role("web", trust(f"arn:aws:iam::{MANAGEMENT}:root"))

    def permit(self, *statements: Mapping[str, Any]) -> None:
        """Let the user do this, and nothing else."""
        self.admin.put_user_policy(UserName="caller", PolicyName="own", PolicyDocument=document(*statements))

    def call(self, service: str, operation: str, kwargs: Mapping[str, Any]) -> Need | None:
        """What was missing, or None if the call was carried out, with whatever end."""
        client = self.aws.client(RESPONSES[service][0], self.keys)
        try:
            getattr(client, camelcase_to_underscores(operation))(**kwargs)
        except ClientError as error:
            answer = error.response["Error"]
        else:
            return None
        assert answer["Code"] != "InternalFailure", answer
        found = REFUSAL.search(answer["Message"])
        return (found[1], found[2]) if found else None


def exactly(need: Need) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": need[0], "Resource": need[1]}


def all_but(need: Need) -> list[dict[str, Any]]:
    """Everything else, and the same on another resource."""
    action, resource = need
    others = [{"Effect": "Allow", "NotAction": action, "Resource": "*"}]
    # Two needs of a call can be the same action on two resources.
    return others if resource == "*" else [*others, {"Effect": "Allow", "Action": action, "NotResource": resource}]


@pytest.fixture
def matrix(people: People, organization: Organization) -> Matrix:
    assert organization.aws is people.aws
    return Matrix(people)


@pytest.mark.parametrize(("service", "operation"), list(operations()), ids=str)
def test_a_call_needs_what_is_its_own_and_nothing_more(matrix: Matrix, service: str, operation: str) -> None:
    kwargs = request(service, operation)
    found: list[Need] = []
    while (need := matrix.call(service, operation, kwargs)) is not None:
        assert need not in found
        found.append(need)
        matrix.permit(*all_but(need))
        assert matrix.call(service, operation, kwargs) == need
        matrix.permit(*map(exactly, found))
    actions = list(dict.fromkeys(action for action, _ in found))
    assert actions == OTHER_ACTIONS.get((service, operation), [f"{service}:{operation}"])
