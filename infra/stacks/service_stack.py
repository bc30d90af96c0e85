"""Service: the chat."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.acknowledgement import acknowledge
from infra.parts.chat_service import ChatService
from infra.parts.chat_task import chat_task
from infra.stacks.data_stack import DataStack
from infra.stacks.edge_stack import EdgeStack


class ServiceStack(Stack):
    """The chat's tasks, between the load balancer and their database."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig, edge: EdgeStack, data: DataStack) -> None:
        super().__init__(scope, id, env={"account": config.account, "region": config.region})
        auth_secret = secretsmanager.Secret(
            self,
            "AuthSecret",
            description="signs the sessions of people",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(
            auth_secret,
            "AwsSolutions-SMG4",
            "A new one logs everybody out: operators choose the hour, see the handbook.",
        )
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=edge.vpc,
            enable_fargate_capacity_providers=True,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        task = chat_task(
            self,
            "Chat",
            config=config,
            address=edge.address,
            database=data.chat_database,
            lake=data.lake,
            auth_secret=auth_secret,
        )
        # By its id: the rules of all groups stand in one place, and no construct here adds one.
        group = ec2.SecurityGroup.from_security_group_id(
            self, "Group", edge.guard.chat.security_group_id, mutable=False
        )
        service = ChatService(
            self,
            "Service",
            config=config,
            cluster=self.cluster,
            task=task,
            listener=edge.listener,
            group=group,
            origin_values=edge.origin_values,
        )
        self.service, self.targets = service.service, service.targets
