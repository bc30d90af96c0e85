"""Templates of a stage in small: what operators' commands look for, by the logical ids of the real stacks."""

from __future__ import annotations

import json
from typing import Any

DATABASE = "lorechatdevdataChatDatabase"
KEYS = {"upstash_url": "https://index", "upstash_token": "old"}
_NETWORK = {"AwsvpcConfiguration": {"Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"], "AssignPublicIp": "ENABLED"}}


def _task(name: str) -> dict[str, Any]:
    lines = {"awslogs-group": "/lines", "awslogs-region": "us-east-1", "awslogs-stream-prefix": name}
    container = {
        "Name": name,
        "Image": "registry/lorechat:dev",
        "LogConfiguration": {"LogDriver": "awslogs", "Options": lines},
    }
    return {
        "Type": "AWS::ECS::TaskDefinition",
        "Properties": {
            "Family": name,
            "Cpu": "256",
            "Memory": "512",
            "NetworkMode": "awsvpc",
            "RequiresCompatibilities": ["FARGATE"],
            "ContainerDefinitions": [container],
        },
    }


def _service(cluster: str, task: str) -> dict[str, Any]:
    properties = {
        "Cluster": {"Ref": cluster},
        "TaskDefinition": {"Ref": task},
        "DesiredCount": 0,
        "LaunchType": "FARGATE",
        "NetworkConfiguration": _NETWORK,
    }
    return {"Type": "AWS::ECS::Service", "Properties": properties}


def _secret(value: str) -> dict[str, Any]:
    return {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": value}}


STACKS: dict[str, dict[str, Any]] = {
    "edge": {"OriginSecret5DDC59F1": _secret("header")},
    "data": {
        "Cluster": {"Type": "AWS::ECS::Cluster"},
        "CodeTask": _task("code"),
        "PipelineCodeService54C0A11F": _service("Cluster", "CodeTask"),
        "PagesDead1F5CF960": {"Type": "AWS::SQS::Queue"},
        f"{DATABASE}InstanceSecret": _secret(json.dumps({"username": "lorechat", "password": "old", "host": "db"})),
        "ChatDatabaseInstance0A267046": {
            "Type": "AWS::RDS::DBInstance",
            "Properties": {
                "DBInstanceClass": "db.t4g.micro",
                "Engine": "postgres",
                "AllocatedStorage": "20",
                "MasterUsername": "lorechat",
                "MasterUserPassword": "old-password",
            },
        },
    },
    "service": {
        "Cluster": {"Type": "AWS::ECS::Cluster"},
        "ChatTask": _task("chat"),
        "Service9571FDD8": _service("Cluster", "ChatTask"),
        "AuthSecretC13F30CE": _secret("signature"),
    },
}
