"""Budgets: what AWS answers, and whom it lets in."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, Server, refused

RULE = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
ADA = {"SubscriptionType": "EMAIL", "Address": "ada@example.com"}


def budget(name: str = "monthly", amount: str = "500") -> dict[str, Any]:
    limit = {"Amount": amount, "Unit": "USD"}
    return {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}


@pytest.fixture
def account(aws: Server) -> tuple[Any, dict[str, str]]:
    """A client, and the parameter that names the account."""
    return aws.client("budgets"), {"AccountId": aws.client("sts").get_caller_identity()["Account"]}


def test_a_budget_is_as_aws_returns_it(account: tuple[Any, dict[str, str]]) -> None:
    client, own = account
    tags = [{"Key": "Owner", "Value": "ada"}]
    told = [{"Notification": RULE, "Subscribers": [ADA]}]
    client.create_budget(**own, Budget=budget(), ResourceTags=tags, NotificationsWithSubscribers=told)
    found = client.describe_budget(**own, BudgetName="monthly")["Budget"]
    assert found["BudgetLimit"] == {"Amount": "500.0", "Unit": "USD"}
    assert (found["TimePeriod"]["Start"].day, found["TimePeriod"]["End"].year) == (1, 2087)
    assert found["CostTypes"]["IncludeTax"] is True
    (rule,) = client.describe_notifications_for_budget(**own, BudgetName="monthly")["Notifications"]
    assert rule == {**RULE, "ThresholdType": "PERCENTAGE", "NotificationState": "OK"}
    key = {**own, "BudgetName": "monthly", "Notification": rule}
    assert client.describe_subscribers_for_notification(**key)["Subscribers"] == [ADA]

    client.update_budget(**own, NewBudget=budget(amount="700.50"))
    assert client.describe_budget(**own, BudgetName="monthly")["Budget"]["BudgetLimit"]["Amount"] == "700.5"
    arn = f"arn:aws:budgets::{own['AccountId']}:budget/monthly"
    client.untag_resource(ResourceARN=arn, ResourceTagKeys=["Owner"])
    client.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "Team", "Value": "web"}])
    assert client.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "Team", "Value": "web"}]
    client.delete_notification(**key)
    client.delete_budget(**own, BudgetName="monthly")
    assert client.describe_budgets(**own)["Budgets"] == []


def test_what_aws_refuses(account: tuple[Any, dict[str, str]]) -> None:
    client, own = account
    client.create_budget(**own, Budget=budget())
    note = {**own, "BudgetName": "monthly"}
    for percent in range(10):
        client.create_notification(**note, Notification={**RULE, "Threshold": 10.0 + percent}, Subscribers=[ADA])
    without = {key: value for key, value in budget("other").items() if key != "BudgetLimit"}
    people = [{**ADA, "Address": f"a{number}@example.com"} for number in range(11)]
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("DuplicateRecordException", "create_budget", {**own, "Budget": budget()}),
        ("InvalidParameterException", "create_budget", {**own, "Budget": without}),
        ("InvalidParameterException", "create_budget", {**own, "Budget": budget("a:b")}),
        ("InvalidParameterException", "create_budget", {**own, "Budget": budget("zero", "0")}),
        ("NotFoundException", "describe_budget", {**own, "BudgetName": "other"}),
        ("NotFoundException", "delete_notification", {**note, "Notification": RULE}),
        (
            "DuplicateRecordException",
            "create_notification",
            {**note, "Notification": {**RULE, "Threshold": 10.0}, "Subscribers": [ADA]},
        ),
        ("CreationLimitExceededException", "create_notification", {**note, "Notification": RULE, "Subscribers": [ADA]}),
        (
            "CreationLimitExceededException",
            "create_notification",
            {**note, "Notification": RULE, "Subscribers": people},
        ),
        ("AccessDeniedException", "describe_budgets", {"AccountId": "999999999999"}),
    ]
    for code, call, given in calls:
        with pytest.raises(ClientError) as error:
            getattr(client, call)(**given)
        assert refused(error)[0] == code, (call, given)


def test_the_actions_have_other_names_than_the_calls(organization: Organization) -> None:
    aws = organization.aws
    iam, account = aws.client("iam"), aws.client("sts").get_caller_identity()["Account"]
    iam.create_user(UserName="ada")
    keys = iam.create_access_key(UserName="ada")["AccessKey"]
    client = aws.client("budgets", keys)
    with pytest.raises(ClientError, match=r"budgets:ViewBudget on resource: arn:aws:budgets::\d+:budget/\*"):
        client.describe_budgets(AccountId=account)
    with pytest.raises(ClientError, match="budgets:ModifyBudget"):
        client.create_budget(AccountId=account, Budget=budget())
