"""Budgets with their notifications, which the official plugin sets one by one after the budget itself.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Budgets.html
"""

# ruff: noqa: ARG002 - all types share one signature, and few need all of it

from datetime import UTC, datetime
from typing import Any

from sandbox.provider.aws import Aws
from sandbox.provider.schema import (
    TAGS,
    Kind,
    Property,
    ResourceType,
    after_creation,
    auto_named,
    out,
    tag_list,
    tag_map,
)
from sandbox.provider.wire import Values

SERVICE = "budgets"
TIME = "%Y-%m-%d_%H:%M"
KINDS = {"subscriberEmailAddresses": "EMAIL", "subscriberSnsTopicArns": "SNS"}
RULE = {
    "comparisonOperator": "ComparisonOperator",
    "notificationType": "NotificationType",
    "threshold": "Threshold",
    "thresholdType": "ThresholdType",
}


class Budget(ResourceType):
    token = "aws:budgets/budget:Budget"  # noqa: S105
    label = "Budget"
    properties = (
        Property("accountId", computed=True, replaces=True),
        Property("budgetType", aws="BudgetType", required=True),
        Property("limitAmount", Kind.DECIMAL, computed=True),
        Property("limitUnit", computed=True),
        auto_named("BudgetName", 100),
        Property("notifications", Kind.OBJECTS),
        Property("timePeriodEnd", default="2087-06-15_00:00"),
        Property("timePeriodStart", computed=True),
        Property("timeUnit", aws="TimeUnit", required=True),
        *TAGS,
        out("arn"),
    )
    not_supported = frozenset(
        {
            "autoAdjustData",
            "billingViewArn",
            "costFilters",
            "costTypes",
            "filterExpression",
            "metrics",
            "namePrefix",
            "plannedLimits",
        }
    )
    gone = frozenset({"NotFoundException"})

    def create(self, aws: Aws, new: Values) -> str:
        account = str(new.get("accountId") or aws.connection.identity()["Account"])
        tags = tag_list(new.get("tagsAll") or {}) or None
        aws.call(SERVICE, "create_budget", AccountId=account, Budget=self._budget(new), ResourceTags=tags)
        id_ = f"{account}:{new['name']}"
        with after_creation(id_):
            self._notify(aws, id_, new.get("notifications") or [])
        return id_

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        key = self._key(id_)
        found = aws.call(SERVICE, "describe_budget", **key)["Budget"]
        arn = f"arn:aws:budgets::{key['AccountId']}:budget/{key['BudgetName']}"
        tags = aws.call(SERVICE, "list_tags_for_resource", ResourceARN=arn).get("ResourceTags", [])
        limit, period = found.get("BudgetLimit", {}), found["TimePeriod"]
        return self.state(found) | {
            "accountId": key["AccountId"],
            "arn": arn,
            "limitAmount": limit.get("Amount"),
            "limitUnit": limit.get("Unit"),
            "notifications": [self._notification(aws, key, each) for each in self._rules(aws, key)],
            "tagsAll": tag_map(tags),
            "timePeriodEnd": period["End"].astimezone(UTC).strftime(TIME),
            "timePeriodStart": period["Start"].astimezone(UTC).strftime(TIME),
        }

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        key = self._key(id_)
        if changed - {"notifications"}:
            aws.call(SERVICE, "update_budget", AccountId=key["AccountId"], NewBudget=self._budget({**old, **new}))
        if "notifications" in changed:
            for rule in self._rules(aws, key):
                aws.call_unless_gone(SERVICE, "delete_notification", self.gone, **key, Notification=rule)
            self._notify(aws, id_, new.get("notifications") or [])

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call(SERVICE, "delete_budget", **self._key(id_))

    def retag(self, aws: Aws, id_: str, old: Values, put: dict[str, str], remove: list[str]) -> None:
        key = self._key(id_)
        arn = f"arn:aws:budgets::{key['AccountId']}:budget/{key['BudgetName']}"
        if remove:
            aws.call(SERVICE, "untag_resource", ResourceARN=arn, ResourceTagKeys=remove)
        if put:
            aws.call(SERVICE, "tag_resource", ResourceARN=arn, ResourceTags=tag_list(put))

    def _key(self, id_: str) -> dict[str, str]:
        account, _, name = id_.partition(":")
        return {"AccountId": account, "BudgetName": name}

    def _budget(self, values: Values) -> dict[str, Any]:
        found = self.request(values, "name", "budgetType", "timeUnit")
        if values.get("limitAmount"):
            found["BudgetLimit"] = {"Amount": values["limitAmount"], "Unit": values.get("limitUnit") or "USD"}
        period = {"Start": values.get("timePeriodStart"), "End": values.get("timePeriodEnd")}
        times = {key: datetime.strptime(text, TIME).replace(tzinfo=UTC) for key, text in period.items() if text}
        return {**found, "TimePeriod": times} if times else found

    def _notify(self, aws: Aws, id_: str, notifications: list[Values]) -> None:
        for each in notifications:
            aws.call(
                SERVICE,
                "create_notification",
                **self._key(id_),
                Notification={name: each[mine] for mine, name in RULE.items()},
                Subscribers=[
                    {"SubscriptionType": kind, "Address": address}
                    for key, kind in KINDS.items()
                    for address in each.get(key) or []
                ],
            )

    def _rules(self, aws: Aws, key: dict[str, str]) -> list[dict[str, Any]]:
        found = aws.pages(SERVICE, "describe_notifications_for_budget", "Notifications", **key)
        return [{name: each[name] for name in RULE.values() if name in each} for each in found]

    def _notification(self, aws: Aws, key: dict[str, str], rule: dict[str, Any]) -> Values:
        operation = "describe_subscribers_for_notification"
        told = aws.pages(SERVICE, operation, "Subscribers", **key, Notification=rule)
        by_kind = {
            name: [each["Address"] for each in told if each["SubscriptionType"] == kind] for name, kind in KINDS.items()
        }
        return {mine: rule[name] for mine, name in RULE.items()} | by_kind


TYPES = (Budget(),)
