"""Daemon and webserver as the CDK wrote them, with the names that an account would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.ministack import ACCOUNT, REGION

_PSEUDO = {"AWS::Partition": "aws", "AWS::AccountId": ACCOUNT, "AWS::Region": REGION, "AWS::URLSuffix": "amazonaws.com"}


@dataclass(frozen=True)
class Synthesized:
    """A template's resources, and the `names` of some: `{"RunLogs49351A3E": ("logs", "arn:aws:s3:::logs")}` says what
    Ref gives, and what GetAtt of the Arn gives."""

    resources: Mapping[str, Mapping[str, Any]]
    names: Mapping[str, tuple[str, str]]

    def logical(self, kind: str, beginning: str) -> str:
        """Return the logical id of the one resource of a kind whose id begins so."""
        (name,) = (
            name for name, found in self.resources.items() if found["Type"] == kind and name.startswith(beginning)
        )
        return name

    def task(self, container: str) -> dict[str, Any]:
        """Return the task definition that has a container, resolved."""
        (found,) = (
            resource["Properties"]
            for resource in self.resources.values()
            if resource["Type"] == "AWS::ECS::TaskDefinition"
            and container in [each["Name"] for each in resource["Properties"]["ContainerDefinitions"]]
        )
        resolved: dict[str, Any] = self.resolve(found)
        return resolved

    def rights(self, container: str) -> list[dict[str, Any]]:
        """Return the statements of the policy of a task's role, resolved."""
        (role,) = (
            resource["Properties"]["TaskRoleArn"]["Fn::GetAtt"][0]
            for resource in self.resources.values()
            if resource["Type"] == "AWS::ECS::TaskDefinition"
            and container in [each["Name"] for each in resource["Properties"]["ContainerDefinitions"]]
        )
        return [
            self.resolve(statement)
            for resource in self.resources.values()
            if resource["Type"] == "AWS::IAM::Policy" and {"Ref": role} in resource["Properties"]["Roles"]
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]
        ]

    def resolve(self, value: Any) -> Any:
        """Replace CloudFormation's functions. What has no name given keeps its logical id for one."""
        match value:
            case {"Ref": str(name)} if len(value) == 1:
                return _PSEUDO.get(name) or self.names.get(name, (name, name))[0]
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                ref, arn = self.names.get(name, (name, f"arn:aws:unnamed:::{name}"))
                return arn if attribute == "Arn" else ref
            case {"Fn::ImportValue": said}:
                return str(self.resolve(said)).rpartition(":")[2]
            case {"Fn::Join": [str(between), parts]}:
                return between.join(str(self.resolve(part)) for part in parts)
            case {"Fn::Select": [index, parts]}:
                return self.resolve(parts)[int(index)]
            case {"Fn::Split": [str(between), text]}:
                return str(self.resolve(text)).split(between)
            case dict():
                return {key: self.resolve(item) for key, item in value.items()}
            case list():
                return [self.resolve(item) for item in value]
        return value


def as_ministack_judges(statement: Mapping[str, Any], cluster: str) -> dict[str, Any]:
    """Return a statement about ECS as ministack understands it: it takes the cluster for the resource of all that is
    asked with a cluster, and knows no `ecs:` keys of conditions. Which actions are allowed stays as it is."""
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    if not any(action.startswith("ecs:") for action in actions):
        return dict(statement)
    resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    return {"Effect": statement["Effect"], "Action": actions, "Resource": [*resources, cluster]}


def as_request(properties: Any) -> Any:
    """Return CloudFormation's properties as the API names them: `ContainerDefinitions` is `containerDefinitions`."""
    if isinstance(properties, dict):
        return {key[:1].lower() + key[1:]: as_request(value) for key, value in properties.items()}
    return [as_request(item) for item in properties] if isinstance(properties, list) else properties
