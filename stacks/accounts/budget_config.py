"""The budget of an account as configuration. https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from shared.settings.base import Settings
from shared.settings.fields import Email, unique_ignoring_case

NOTIFICATIONS = 10
"""The most of one budget: https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html"""

ADDRESSES = 10
"""The most of one notification:
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateNotification.html"""

_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}\Z")


def _topic(value: str) -> str:
    # A budget cannot use FIFO topics: https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
    if not _TOPIC.match(value):
        raise ValueError("allowed: the ARN of a standard SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME")
    return value


def _number(value: object) -> object:
    # Pydantic would take true as 1.
    if isinstance(value, bool):
        raise ValueError("not a number")
    return value


def _once(values: list[Decimal]) -> list[Decimal]:
    if len(set(values)) < len(values):
        raise ValueError("a percentage is listed twice; allowed: each once")
    return values


_Number = Annotated[Decimal, BeforeValidator(_number)]
_Percent = Annotated[_Number, Field(gt=0, le=1000, decimal_places=2)]
Percentages = Annotated[list[_Percent], AfterValidator(_once)]
Amount = Annotated[_Number, Field(gt=0, le=1_000_000_000, decimal_places=2)]


class BudgetSettings(Settings):
    """What the account may cost in a month, and who is told of it. A profile may have a part of it.

    The percentages are of the amount: `actual` for costs that there are, `forecasted` for what AWS expects at the
    month's end, which it can say after about five weeks of use.
    """

    monthly_amount: Amount | None = Field(default=None, description="the amount of a month, in the currency")
    currency: Literal["USD"] = Field(default="USD", description="of the amount")
    actual: Percentages = Field(default=[Decimal(80)], description="percentages of the amount that were spent")
    forecasted: Percentages = Field(default=[Decimal(100)], description="percentages of the amount that AWS expects")
    emails: Annotated[list[Email], AfterValidator(unique_ignoring_case)] = Field(
        default=[], max_length=ADDRESSES, description="addresses that are written to"
    )
    sns_topic: Annotated[str, AfterValidator(_topic)] | None = Field(
        default=None, description="the ARN of an SNS topic that is told"
    )

    def problems(self) -> Iterator[str]:
        """What the whole lacks, or has too much, once all profiles and the account's file are joined."""
        if self.monthly_amount is None:
            yield "budget has no monthlyAmount; allowed: an amount in USD, such as 500"
        if not self.emails and not self.sns_topic:
            yield "budget tells nobody; allowed: emails, snsTopic or both"
        number = len(self.actual) + len(self.forecasted)
        if not 1 <= number <= NOTIFICATIONS:
            yield (f"budget has {number} percentages in actual and forecasted; allowed: 1 to {NOTIFICATIONS} together")
