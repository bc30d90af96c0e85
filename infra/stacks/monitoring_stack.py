"""Monitoring: who is told what, and where to look."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.alarms import Alarms
from infra.parts.canary import Canary
from infra.parts.dashboard import Dashboard
from infra.parts.spending import spending_limit
from infra.stacks.data_stack import DataStack
from infra.stacks.edge_stack import EdgeStack
from infra.stacks.service_stack import ServiceStack


class MonitoringStack(Stack):
    """Looks at the other stacks, and changes nothing in them."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        edge: EdgeStack,
        data: DataStack,
        service: ServiceStack,
    ) -> None:
        super().__init__(scope, id, env={"account": config.account, "region": config.region})
        topic = self._topic(config)
        Canary(self, "Canary", config=config, address=edge.address)
        alarms = Alarms(
            self,
            "Alarms",
            config=config,
            topic=topic,
            targets=service.targets,
            databases=[data.chat_database.instance, data.dagster_database.instance],
            pipeline=list(data.pipeline.services.values()),
            function=data.function_alarms,
        )
        Dashboard(
            self,
            "Dashboard",
            config=config,
            chat=service.service,
            targets=service.targets,
            function=data.function,
            dead=data.dead,
            alarms=[alarms.people, alarms.pipeline],
        )
        spending_limit(self, "Budget", config=config, topic=topic)

    def _topic(self, config: StageConfig) -> sns.Topic:
        topic = sns.Topic(self, "Trouble", display_name=f"LoreChat {config.stage}", enforce_ssl=True)
        own_account = {"StringEquals": {"aws:SourceAccount": self.account}}
        for service in ("cloudwatch", "budgets"):
            topic.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                    actions=["sns:Publish"],
                    resources=[topic.topic_arn],
                    conditions=own_account,
                )
            )
        if config.watch.email:
            topic.add_subscription(subscriptions.EmailSubscription(config.watch.email))
        return topic
