"""What stands in the account before Dagster starts: roles with the rights that the CDK wrote, definitions, a bucket."""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.infra.conftest import Stage
from tests.infra.dagster_stand_in.synthesized import Synthesized, as_ministack_judges, as_request
from tests.ministack import Ministack

SERVICES = ("code", "webserver", "daemon")


class Names:
    """`local` are variables, in capitals, that have other values on this machine than in AWS."""

    def __init__(self, stage: Stage, account: Ministack) -> None:
        self._account = account
        mark = uuid.uuid4().hex[:8]
        resources = stage.templates["data"]["Resources"]
        bare = Synthesized(resources, {})
        self.bucket = f"run-logs-{mark}"
        account.client("s3").create_bucket(Bucket=self.bucket)
        cluster = account.client("ecs").create_cluster(clusterName=f"pipeline-{mark}")["cluster"]
        self.cluster_arn = str(cluster["clusterArn"])
        fields = ("upstash_url", "upstash_token", "openai_key", "password")
        self._secret = account.client("secretsmanager").create_secret(
            Name=f"keys-{mark}", SecretString=json.dumps({"username": "lorechat", **dict.fromkeys(fields, "none")})
        )["ARN"]
        self.roles = {name: account.role_with(service="ecs-tasks.amazonaws.com") for name in SERVICES}
        fetches = account.role_with(service="ecs-tasks.amazonaws.com").arn  # images, secrets; nobody does here
        self._synthesized = Synthesized(
            resources,
            {
                bare.logical("AWS::S3::Bucket", "RunLogs"): (self.bucket, f"arn:aws:s3:::{self.bucket}"),
                bare.logical("AWS::ECS::Cluster", "PipelineCluster"): (cluster["clusterName"], self.cluster_arn),
                **{
                    bare.logical("AWS::IAM::Role", f"Pipeline{name.capitalize()}TaskTaskRole"): (role.arn, role.arn)
                    for name, role in self.roles.items()
                },
                **{
                    bare.logical("AWS::IAM::Role", f"Pipeline{name.capitalize()}TaskExecutionRole"): (fetches, fetches)
                    for name in SERVICES
                },
            },
        )
        for name, role in self.roles.items():
            statements = [as_ministack_judges(one, self.cluster_arn) for one in self._synthesized.rights(name)]
            account.client("iam").put_role_policy(
                RoleName=role.arn.rpartition("/")[2],
                PolicyName="synthesized",
                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
            )

    def register(self, name: str, local: Mapping[str, str]) -> str:
        """Register a service's task definition, with the variables that this machine has other values for."""
        asked = as_request(self._synthesized.task(name))
        asked.pop("tags", None)
        for container in asked["containerDefinitions"]:
            given = {each["name"]: local.get(each["name"], each["value"]) for each in container["environment"]}
            given |= {key: value for key, value in local.items() if key.isupper()}
            container["environment"] = [{"name": key, "value": value} for key, value in given.items()]
            for secret in container["secrets"]:
                secret["valueFrom"] = f"{self._secret}:{secret['valueFrom'].rpartition(':secret:')[2].split(':')[1]}::"
        ecs = self._account.client("ecs")
        return str(ecs.register_task_definition(**asked)["taskDefinition"]["taskDefinitionArn"])

    def start(self, definition: str) -> str:
        """Keep the record of a service's own task, and return its ARN."""
        (task,) = self._account.client("ecs").run_task(
            cluster=self.cluster_arn, taskDefinition=definition, launchType="FARGATE"
        )["tasks"]
        return str(task["taskArn"])

    def machine(self, name: str) -> dict[str, str]:
        """Return what a task has by being where it is: programs, and its role's credentials."""
        credentials = self.roles[name].session.get_credentials().get_frozen_credentials()
        return {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": self._account.endpoint,
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_SESSION_TOKEN": credentials.token,
        }

    def environment(self, name: str, local: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a service's process."""
        (container,) = self._containers(name)
        given = {each["Name"]: each["Value"] for each in container["Environment"]}
        secrets = {each["Name"]: "lorechat" if each["Name"] == "PGUSER" else "none" for each in container["Secrets"]}
        return self.machine(name) | given | secrets | {key: value for key, value in local.items() if key.isupper()}

    def command(self, name: str, local: Mapping[str, str]) -> list[str]:
        """Return the command of a container, on loopback and free ports."""
        (container,) = self._containers(name)
        here = {
            "0.0.0.0": "127.0.0.1",
            "4000": local["LORECHAT_CODE_PORT"],
            "3000": local["webserver port"],
            "/opt/dagster/workspace.yaml": f"{local['DAGSTER_HOME']}/workspace.yaml",
        }
        program, *rest = container["Command"]
        return [str(Path(sys.executable).with_name(program)), *(here.get(part, part) for part in rest)]

    def _containers(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self._synthesized.task(name)["ContainerDefinitions"] if each["Name"] == name]
