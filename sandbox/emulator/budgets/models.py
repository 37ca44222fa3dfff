"""The budgets of one account, with their notifications and subscribers.

moto's budgets have no subscribers, no tags and no limits, and cannot be changed.
"""

from dataclasses import dataclass, field
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend

from sandbox.emulator.errors import AwsError

NOTIFICATIONS = 10
"""The most of one budget: https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html"""

SUBSCRIBERS = {"EMAIL": 10, "SNS": 1}
"""The most of one notification, by kind:
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateNotification.html"""

Record = dict[str, Any]


@dataclass
class Notification:
    """One notification. `told` are its subscribers."""

    rule: Record
    told: list[Record]

    def is_that_of(self, rule: Record) -> bool:
        """Whether `rule` says the same. Its state is not part of it."""
        return _compared(self.rule) == _compared(rule)


@dataclass
class Budget:
    """One budget, as the API has it."""

    content: Record
    tags: dict[str, str]
    notifications: list[Notification] = field(default_factory=list)


def _compared(rule: Record) -> tuple[Any, ...]:
    kind = rule.get("ThresholdType") or "PERCENTAGE"
    return rule["NotificationType"], rule["ComparisonOperator"], float(rule["Threshold"]), kind


class BudgetsBackend(BaseBackend):
    """The budgets of one account, by name."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.budgets: dict[str, Budget] = {}

    def add(self, content: Record, tags: dict[str, str]) -> Budget:
        """A new budget. Raises `AwsError` if there is one of that name."""
        name = content["BudgetName"]
        if name in self.budgets:
            raise AwsError("DuplicateRecordException", f"Error creating budget: {name} - the budget already exists.")
        self.budgets[name] = Budget(content, tags)
        return self.budgets[name]

    def find(self, name: str, doing: str = "get budget") -> Budget:
        """The budget of that name. Raises `AwsError` if there is none."""
        if name not in self.budgets:
            raise AwsError("NotFoundException", f"Unable to {doing}: {name} - the budget doesn't exist.")
        return self.budgets[name]

    def find_notification(self, name: str, rule: Record) -> tuple[Budget, Notification]:
        """A notification and its budget. Raises `AwsError` if there is no such one."""
        budget = self.find(name)
        found = next((each for each in budget.notifications if each.is_that_of(rule)), None)
        if found is None:
            raise AwsError("NotFoundException", f"Unable to find the notification of budget {name}.")
        return budget, found

    def notify(self, budget: Budget, rule: Record, subscribers: list[Record]) -> None:
        """Add a notification. Raises `AwsError` for one too many, or one that is there."""
        counted = {kind: sum(each["SubscriptionType"] == kind for each in subscribers) for kind in SUBSCRIBERS}
        if any(counted[kind] > most for kind, most in SUBSCRIBERS.items()):
            raise AwsError(
                "CreationLimitExceededException",
                "Unable to create notification - a notification can have 10 email subscribers and 1 SNS subscriber.",
            )
        if len({(each["SubscriptionType"], each["Address"]) for each in subscribers}) < len(subscribers):
            raise AwsError("DuplicateRecordException", "Unable to create notification - duplicate subscribers.")
        if any(each.is_that_of(rule) for each in budget.notifications):
            raise AwsError(
                "DuplicateRecordException", "Unable to create notification - the notification already exists."
            )
        if len(budget.notifications) >= NOTIFICATIONS:
            raise AwsError(
                "CreationLimitExceededException",
                f"Unable to create notification - a budget can have {NOTIFICATIONS} notifications.",
            )
        budget.notifications.append(Notification({"ThresholdType": "PERCENTAGE", **rule}, subscribers))


budgets_backends = BackendDict(BudgetsBackend, "budgets", use_boto3_regions=False, additional_regions=["aws"])


def budgets_backend(account_id: str) -> BudgetsBackend:
    """The budgets of the account."""
    found: BudgetsBackend = budgets_backends[account_id]["aws"]
    return found
