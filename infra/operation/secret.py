"""New values for a stage's secrets. None is printed, or taken from the command line, where others could see it."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from botocore.exceptions import ClientError

from infra.operation.stage_part import OperationError, StageParts
from infra.parts.secret_name import needed_keys, secret_name

DATABASES = {"chat-database": "ChatDatabase", "dagster-database": "DagsterDatabase"}
"""Beginnings of the logical ids of what belongs to a database."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Replaces values. Tasks read them when they start: restart them afterwards."""

    parts: StageParts

    def operators(self, field: str, value: str) -> None:
        """Replace one field of `lorechat/STAGE/keys` and leave the others. Errors: OperationError, botocore's."""
        manager, name = self.parts.clients("secretsmanager"), secret_name(self.parts.config)
        if field not in needed_keys(self.parts.config):
            wanted = ", ".join(needed_keys(self.parts.config))
            raise OperationError(f"The stage needs no {field}; it needs {wanted}.")
        if not value:
            raise OperationError("The new value is empty; nothing was changed.")
        held = json.loads(manager.get_secret_value(SecretId=name)["SecretString"])
        manager.put_secret_value(SecretId=name, SecretString=json.dumps({**held, field: value}))

    def sessions(self) -> None:
        """Replace the secret that signs people's sessions: all have to log in again."""
        arn = self.parts.only("service", "AWS::SecretsManager::Secret", "AuthSecret")
        self.parts.clients("secretsmanager").put_secret_value(SecretId=arn, SecretString=_new(64))

    def database(self, which: str) -> None:
        """Give a database a new password. Tasks that run keep their connections; new connections need a restart."""
        beginning, manager = DATABASES[which], self.parts.clients("secretsmanager")
        arn = self._of_database(beginning)
        held = json.loads(manager.get_secret_value(SecretId=arn)["SecretString"])
        instance = self.parts.only("data", "AWS::RDS::DBInstance", beginning)
        password = _new(40)
        # The secret first: what the database has, and nobody knows, could not be mended.
        manager.put_secret_value(SecretId=arn, SecretString=json.dumps({**held, "password": password}))
        try:
            self.parts.clients("rds").modify_db_instance(
                DBInstanceIdentifier=instance, MasterUserPassword=password, ApplyImmediately=True
            )
        except ClientError:
            manager.put_secret_value(SecretId=arn, SecretString=json.dumps(held))
            raise

    def origin(self) -> tuple[str, str]:
        """Add a version of the secret header between CloudFront and the load balancer; return the first version's id
        and the new one's. Nothing uses the new one before it stands in the stage's file."""
        arn = self.parts.only("edge", "AWS::SecretsManager::Secret", "OriginSecret")
        manager = self.parts.clients("secretsmanager")
        labels = manager.describe_secret(SecretId=arn)["VersionIdsToStages"]
        first = next(version for version, stages in labels.items() if "AWSCURRENT" in stages)
        # A label of its own keeps it from being deleted, and leaves the first one what it is.
        label = f"origin-{_new(8)}"
        made = manager.put_secret_value(SecretId=arn, SecretString=_new(48), VersionStages=[label])
        return first, str(made["VersionId"])

    def _of_database(self, beginning: str) -> str:
        """The id of what CDK generates begins with the stack's own name."""
        stack = f"lorechat{self.parts.config.stage}data"
        return self.parts.only("data", "AWS::SecretsManager::Secret", f"{stack}{beginning}")


def _new(length: int) -> str:
    """Letters and digits alone, which every program takes."""
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
    return "".join(secrets.choice(alphabet) for _ in range(length))
