"""Requests about budgets, their notifications, subscribers and tags.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Budgets.html
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from sandbox.emulator.budgets.models import Budget, BudgetsBackend, Record, budgets_backend
from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.constraints import detected, violations
from sandbox.emulator.settings import now

NEVER = datetime(2087, 6, 15, tzinfo=UTC)
"""The end of a budget that was given none."""

COST_TYPES = {
    **dict.fromkeys(("UseAmortized", "UseBlended"), False),
    **dict.fromkeys(
        (
            "IncludeCredit",
            "IncludeDiscount",
            "IncludeOtherSubscription",
            "IncludeRecurring",
            "IncludeRefund",
            "IncludeSubscription",
            "IncludeSupport",
            "IncludeTax",
            "IncludeUpfront",
        ),
        True,
    ),
}
"""https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CostTypes.html"""


class BudgetsResponse(BaseResponse):
    def __init__(self) -> None:
        super().__init__(service_name="budgets")
        self.automated_parameter_parsing = True

    @property
    def given(self) -> Record:
        """The parameters of the request."""
        found: Record = self.normalized_request.environ["sandbox.parameters"]
        return found

    @property
    def backend(self) -> BudgetsBackend:
        """The budgets of the caller's account."""
        return budgets_backend(self.current_account)

    def call_action(self) -> TYPE_RESPONSE:
        wrong = violations("budgets", self._get_action(), self.given)
        if wrong:
            raise AwsError("InvalidParameterException", detected(wrong))
        if self.given.get("AccountId", self.current_account) != self.current_account:
            raise AwsError("AccessDeniedException", "The account ID is not that of the credentials.")
        return super().call_action()

    # Budgets

    def create_budget(self) -> EmptyResult:
        tags = {each["Key"]: each["Value"] for each in self.given.get("ResourceTags") or ()}
        budget = self.backend.add(_complete(self.given["Budget"], {}), tags)
        for each in self.given.get("NotificationsWithSubscribers") or ():
            self.backend.notify(budget, each["Notification"], each["Subscribers"])
        return EmptyResult()

    def update_budget(self) -> EmptyResult:
        new = self.given["NewBudget"]
        budget = self.backend.find(new["BudgetName"], "update budget")
        budget.content = _complete(new, budget.content)
        return EmptyResult()

    def delete_budget(self) -> EmptyResult:
        self.backend.find(self.given["BudgetName"], "delete budget")
        del self.backend.budgets[self.given["BudgetName"]]
        return EmptyResult()

    def describe_budget(self) -> ActionResult:
        return ActionResult({"Budget": self.backend.find(self.given["BudgetName"]).content})

    def describe_budgets(self) -> ActionResult:
        size, start = int(self.given.get("MaxResults") or 100), str(self.given.get("NextToken") or "")
        names = [name for name in sorted(self.backend.budgets) if name >= start]
        answer: Record = {"Budgets": [self.backend.budgets[name].content for name in names[:size]]}
        if len(names) > size:
            answer["NextToken"] = names[size]
        return ActionResult(answer)

    # Notifications

    def create_notification(self) -> EmptyResult:
        budget = self.backend.find(self.given["BudgetName"], "create notification")
        self.backend.notify(budget, self.given["Notification"], self.given["Subscribers"])
        return EmptyResult()

    def delete_notification(self) -> EmptyResult:
        budget, found = self.backend.find_notification(self.given["BudgetName"], self.given["Notification"])
        budget.notifications.remove(found)
        return EmptyResult()

    def describe_notifications_for_budget(self) -> ActionResult:
        budget = self.backend.find(self.given["BudgetName"])
        # Nothing is spent here, so no threshold is reached.
        return ActionResult(
            {"Notifications": [{**each.rule, "NotificationState": "OK"} for each in budget.notifications]}
        )

    def describe_subscribers_for_notification(self) -> ActionResult:
        _budget, found = self.backend.find_notification(self.given["BudgetName"], self.given["Notification"])
        return ActionResult({"Subscribers": found.told})

    # Tags

    def list_tags_for_resource(self) -> ActionResult:
        tags = self._tagged().tags
        return ActionResult({"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]})

    def tag_resource(self) -> EmptyResult:
        self._tagged().tags |= {each["Key"]: each["Value"] for each in self.given["ResourceTags"]}
        return EmptyResult()

    def untag_resource(self) -> EmptyResult:
        budget = self._tagged()
        budget.tags = {key: value for key, value in budget.tags.items() if key not in self.given["ResourceTagKeys"]}
        return EmptyResult()

    def _tagged(self) -> Budget:
        prefix, _, name = str(self.given["ResourceARN"]).partition(":budget/")
        if prefix != f"arn:aws:budgets::{self.current_account}":
            raise AwsError("NotFoundException", f"Unable to find the resource {self.given['ResourceARN']}.")
        return self.backend.find(name)


def _complete(new: Record, old: Record) -> Record:
    """The budget as AWS returns it. Raises `AwsError` without a limit."""
    limit = new.get("BudgetLimit")
    if limit is None and not new.get("PlannedBudgetLimits") and not new.get("AutoAdjustData"):
        raise AwsError(
            "InvalidParameterException",
            "Unable to create/update budget - please provide one of the followings: "
            "Budget Limit/ Planned Budget Limit/ Auto Adjust Data",
        )
    if limit is not None and Decimal(limit["Amount"]) <= 0:
        raise AwsError(
            "InvalidParameterException", "Unable to create/update budget - the limit must be more than zero."
        )
    present = datetime.fromtimestamp(now(), UTC)
    first = present.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    period = {"Start": first, "End": NEVER} | old.get("TimePeriod", {}) | new.get("TimePeriod", {})
    nothing = {"Amount": "0.0", "Unit": limit["Unit"] if limit else "USD"}
    return {
        **new,
        **({"BudgetLimit": {**limit, "Amount": _amount(limit["Amount"])}} if limit else {}),
        "CostTypes": {**COST_TYPES, **(new.get("CostTypes") or {})},
        "TimePeriod": {key: _time(value) for key, value in period.items()},
        "CalculatedSpend": {"ActualSpend": nothing},
        "LastUpdatedTime": present,
    }


def _amount(text: str) -> str:
    """AWS answers 100 as 100.0."""
    plain = format(Decimal(text).normalize(), "f")
    return plain if "." in plain else f"{plain}.0"


def _time(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromtimestamp(float(value), UTC)
