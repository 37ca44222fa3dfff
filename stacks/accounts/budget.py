"""The account's monthly budget, whose alerts go to the people who answer for its costs."""

from decimal import Decimal

import pulumi
import pulumi_aws as aws

from stacks.accounts.budget_config import BudgetSettings

NAME = "organization-monthly"
"""The guardrail `protect-account` protects the budget by this name."""


def budget(name: str, settings: BudgetSettings, opts: pulumi.ResourceOptions) -> aws.budgets.Budget:
    """The budget, and an alert at each percentage.
    https://www.pulumi.com/registry/packages/aws/api-docs/budgets/budget/"""
    return aws.budgets.Budget(
        name,
        name=NAME,
        budget_type="COST",
        time_unit="MONTHLY",
        limit_amount=text(settings.monthly_amount or Decimal(0)),
        limit_unit=settings.currency,
        notifications=[
            aws.budgets.BudgetNotificationArgs(
                comparison_operator="GREATER_THAN",
                notification_type=kind,
                threshold=float(percent),
                threshold_type="PERCENTAGE",
                subscriber_email_addresses=settings.emails or None,
                subscriber_sns_topic_arns=[settings.sns_topic] if settings.sns_topic else None,
            )
            for kind, percents in (("ACTUAL", settings.actual), ("FORECASTED", settings.forecasted))
            for percent in percents
        ],
        opts=opts,
    )


def text(amount: Decimal) -> str:
    """The amount as AWS writes it: 500 is 500.0."""
    plain = format(amount.normalize(), "f")
    return plain if "." in plain else f"{plain}.0"
