"""The stage's budget: somebody is told before the money is gone."""

from __future__ import annotations

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.config.stage_config import StageConfig


def spending_limit(scope: Construct, id: str, *, config: StageConfig, topic: sns.ITopic) -> budgets.CfnBudget:
    """Return a monthly budget of all that carries the stage's tag. It warns at 80 % spent, and when AWS's forecast for
    the month passes the whole."""
    hears = [budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)]

    def warning(kind: str, percent: int) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
        return budgets.CfnBudget.NotificationWithSubscribersProperty(
            notification=budgets.CfnBudget.NotificationProperty(
                notification_type=kind,
                comparison_operator="GREATER_THAN",
                threshold=percent,
                threshold_type="PERCENTAGE",
            ),
            subscribers=hears,
        )

    return budgets.CfnBudget(
        scope,
        id,
        budget=budgets.CfnBudget.BudgetDataProperty(
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=budgets.CfnBudget.SpendProperty(amount=config.watch.monthly_dollars, unit="USD"),
            cost_filters={"TagKeyValue": [f"user:stage${config.stage}"]},
        ),
        notifications_with_subscribers=[warning("ACTUAL", 80), warning("FORECASTED", 100)],
    )
