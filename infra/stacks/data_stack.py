"""Data: buckets and databases."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.postgres import Postgres
from infra.parts.store import data_bucket
from infra.stacks.edge_stack import EdgeStack


class DataStack(Stack):
    """`source` takes what others drop, `lake` holds the tables, `logs` the output of runs."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig, edge: EdgeStack) -> None:
        super().__init__(scope, id, env={"account": config.account, "region": config.region})
        guard = edge.guard
        self.source = data_bucket(self, "Source", config=config, logs=edge.logs)
        self.lake = data_bucket(self, "Lake", config=config, logs=edge.logs)
        self.run_logs = data_bucket(self, "RunLogs", config=config, logs=edge.logs, short_lived=("runs/",))
        self.chat_database = Postgres(self, "ChatDatabase", config=config, vpc=edge.vpc, group=guard.chat_database)
        self.dagster_database = Postgres(
            self, "DagsterDatabase", config=config, vpc=edge.vpc, group=guard.dagster_database
        )
