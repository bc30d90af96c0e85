"""Data: buckets, databases, and the pipeline that fills them."""

from __future__ import annotations

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.acknowledgement import acknowledge
from infra.parts.dagster_entrance import DagsterEntrance
from infra.parts.page_function import PageFunction
from infra.parts.pipeline import Pipeline
from infra.parts.postgres import Postgres
from infra.parts.prefix import WORKERS_PREFIX
from infra.parts.store import data_bucket
from infra.stacks.edge_stack import EdgeStack


class DataStack(Stack):
    """`source` takes what others drop, `lake` holds the tables, `logs` the output of runs."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig, edge: EdgeStack) -> None:
        super().__init__(scope, id, env={"account": config.account, "region": config.region})
        guard = edge.guard
        self.source = data_bucket(self, "Source", config=config, logs=edge.logs)
        self.lake = data_bucket(self, "Lake", config=config, logs=edge.logs, short_lived=(WORKERS_PREFIX,))
        self.run_logs = data_bucket(self, "RunLogs", config=config, logs=edge.logs, short_lived=("runs/",))
        self.chat_database = Postgres(self, "ChatDatabase", config=config, vpc=edge.vpc, group=guard.chat_database)
        self.dagster_database = Postgres(
            self, "DagsterDatabase", config=config, vpc=edge.vpc, group=guard.dagster_database
        )
        pages = PageFunction(self, "Pages", config=config, source=self.source, lake=self.lake)
        self.function, self.dead, self.function_alarms = pages.function, pages.dead, pages.alarms
        self.pipeline = Pipeline(
            self,
            "Pipeline",
            config=config,
            vpc=edge.vpc,
            guard=guard,
            database=self.dagster_database,
            source=self.source,
            lake=self.lake,
            run_logs=self.run_logs,
            function=self.function,
        )
        if config.dagster.entry and config.domain and guard.entrance:
            DagsterEntrance(
                self,
                "DagsterEntrance",
                config=config,
                entry=config.dagster.entry,
                domain=config.domain,
                vpc=edge.vpc,
                group_id=guard.entrance.security_group_id,
                webserver=self.pipeline.services["webserver"],
                logs=edge.logs,
            )
        for name, value in (
            ("SourceBucket", self.source.bucket_name),
            ("LakeBucket", self.lake.bucket_name),
            ("PagesLog", pages.function.log_group.log_group_name),
            ("PagesFailures", pages.dead.queue_name),
        ):
            CfnOutput(self, name, value=value)  # for `python -m infra.smoke`, and for people
        for child in self.node.children:
            if child.node.id.startswith("BucketNotificationsHandler"):
                acknowledge(
                    child,
                    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                    "AWSLambdaBasicExecutionRole]",
                    "CDK's own function, which enters notifications into buckets; the policy lets it write its log.",
                )
