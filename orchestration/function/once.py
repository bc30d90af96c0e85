"""Doing a drop once, however often its event is delivered: S3 promises at least one time, not at most."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orchestration.function.drop import Drop
from orchestration.function.outcome import Outcome

REMEMBERED_SECONDS = 24 * 3600
"""AWS gives an event up after six hours of attempts."""

_SECONDS = 5.0


class Once:
    """Remembers in a DynamoDB table what was done; without a table, nothing: then a drop that is done again writes the
    same rows and files again."""

    def __init__(self, table: str, region: str) -> None:
        self._table = table
        self._region = region
        self._store: Any = None

    def do(self, drop: Drop, work: Callable[[Drop], Outcome], context: Any) -> Outcome:
        """Do it, or return what became of it when it was done before. An error leaves it undone.

        Raises IdempotencyAlreadyInProgressError while another process does it, until that one's time is over.
        """
        if not self._table:
            return work(drop)
        from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function

        def remembered(*, identity: dict[str, str]) -> dict[str, Any]:
            return work(Drop(**identity)).to_dict()

        config = IdempotencyConfig(
            expires_after_seconds=REMEMBERED_SECONDS, hash_function="sha256", lambda_context=context
        )
        done = idempotent_function(
            remembered,
            data_keyword_argument="identity",
            persistence_store=self._opened(),
            config=config,
            key_prefix="drop",
        )
        return Outcome.from_dict(done(identity=drop.identity()))

    def _opened(self) -> Any:
        if self._store is None:
            import boto3
            from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
            from botocore.config import Config

            settings = Config(
                retries={"mode": "standard", "max_attempts": 5}, connect_timeout=_SECONDS, read_timeout=_SECONDS
            )
            client = boto3.client("dynamodb", region_name=self._region, config=settings)
            self._store = DynamoDBPersistenceLayer(self._table, boto3_client=client)
        return self._store
