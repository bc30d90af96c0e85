"""An account with what the stacks make for the pipeline: a bucket, a function, a cluster, and roles of their rights."""

from __future__ import annotations

import io
import os
import sys
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lake import Lake
from orchestration.workplace.aws import AwsClients, aws_clients
from orchestration.workplace.task import TaskPlace
from tests.ministack import REGION, ROOT, Ministack, Principal
from tests.orchestration.workplace.prod_role import statements

HANDLER = (Path(__file__).parent / "function_code.py").read_text()


@dataclass(frozen=True)
class Account:
    """`dagster` is who asks for work; function and tasks have roles of their own."""

    ministack: Ministack
    bucket: str
    function: str
    cluster: str
    definition: str
    dagster: Principal
    worker: Principal
    models: Path

    def lake(self, principal: Principal | None = None) -> Lake:
        """A lake in the bucket, opened by the root user or by a principal, with its keys."""
        session = principal.session if principal else self.ministack.session()
        keys = session.get_credentials().get_frozen_credentials()
        options = {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
        token = {"AWS_SESSION_TOKEN": keys.token} if keys.token else {}
        return Lake(f"s3://{self.bucket}/lake", {**self.place, **options, **token})

    @property
    def place(self) -> dict[str, str]:
        """What opens the lake for one who has a role."""
        return {"AWS_ENDPOINT_URL": self.ministack.endpoint, "AWS_REGION": REGION, "AWS_ALLOW_HTTP": "true"}

    def clients(self) -> AwsClients:
        """Dagster's clients."""
        return aws_clients(self.dagster.session, REGION, self.place, endpoint=self.ministack.endpoint)

    def tasks(self, *, is_spot: bool = True) -> TaskPlace:
        """Where tasks start."""
        return TaskPlace(self.cluster, self.definition, ("subnet-1",), "sg-1", is_spot=is_spot)

    def worker_environment(self) -> dict[str, str]:
        """What a task of ECS has: its role's keys, and what image and task definition give."""
        keys = self.worker.session.get_credentials().get_frozen_credentials()
        return {
            **_machine(self.ministack, self.models),
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_SESSION_TOKEN": keys.token,
        }


def make_account(ministack: Ministack, models: Path, handler: str = HANDLER) -> Account:
    """Make all of it anew."""
    name = uuid.uuid4().hex[:12]
    bucket, cluster_name = f"lake-{name}", f"pipeline-{name}"
    ministack.client("s3").create_bucket(Bucket=bucket)
    ecs = ministack.client("ecs")
    cluster = ecs.create_cluster(clusterName=cluster_name)["cluster"]["clusterArn"]
    names = {"Lake": f"arn:aws:s3:::{bucket}"}
    worker = ministack.role_with(*statements("PipelineWorkerTaskRoleDefaultPolicy", names))
    definition = ecs.register_task_definition(
        family=f"worker-{name}",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="1024",
        memory="2048",
        taskRoleArn=worker.arn,
        executionRoleArn=worker.arn,
        containerDefinitions=[{"name": "worker", "image": "worker", "command": ["nothing"], "essential": True}],
    )["taskDefinition"]["taskDefinitionArn"]
    function = _function(ministack, name, names, models, handler)
    names |= {
        "PagesFunction": f"arn:aws:lambda:{REGION}:000000000000:function:{function}",
        "PipelineCluster": cluster,
        "PipelineWorker": definition,
        "PipelineWorkerTaskRole": worker.arn,
        "PipelineWorkerExecutionRole": worker.arn,
    }
    rights = statements("PipelineDaemonTaskTaskRoleDefaultPolicy", names)
    dagster = ministack.role_with(*_on_the_cluster(rights, cluster))
    return Account(ministack, bucket, function, cluster, definition, dagster, worker, models)


def _on_the_cluster(rights: list[dict[str, Any]], cluster: str) -> list[dict[str, Any]]:
    """Where AWS asks whether one may use a task, or its definition, ministack asks for the cluster."""
    for statement in rights:
        if all(action.startswith("ecs:") for action in statement["Action"]):
            statement["Resource"].append(cluster)
    return rights


def _function(ministack: Ministack, name: str, names: Mapping[str, str], models: Path, handler: str) -> str:
    role = ministack.role_with(*statements("PagesFunctionServiceRoleDefaultPolicy", names))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("function_code.py", handler)
        archive.writestr("bootstrap", f'#!/bin/sh\nexec {sys.executable} -m awslambdaric "$_HANDLER"\n')
    functions = ministack.client("lambda")
    functions.create_function(
        FunctionName=f"pages-{name}",
        Runtime="provided.al2023",
        Handler="function_code.handle",
        Role=role.arn,
        Timeout=300,
        MemorySize=3008,
        Environment={"Variables": _machine(ministack, models)},
        Code={"ZipFile": package.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=f"pages-{name}")
    return f"pages-{name}"


def _machine(ministack: Ministack, models: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "LORECHAT_MODELS": str(models),
        "LORECHAT_S3_REGION": REGION,
        "AWS_ENDPOINT_URL": ministack.endpoint,
        "AWS_ENDPOINT_URL_S3": ministack.endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
