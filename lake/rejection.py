"""Rows on their way to quarantine: whole, with the rule that they broke."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import dataframely as dy
import polars as pl

from data_contracts.identity import text_hash
from data_contracts.quarantine import QUARANTINE


class Rejection(NamedTuple):
    """A row, the rule that it broke and a sentence for a person."""

    row: Mapping[str, Any]
    rule: str
    reason: str


def rejections(table: str, failure: dy.FailureInfo) -> Iterator[Rejection]:
    """Name for each row that a table's schema rejected all rules that it breaks."""
    columns = failure.invalid().columns
    rules = list(failure.counts())
    for row in failure.details().iter_rows(named=True):
        broken = ", ".join(rule for rule in rules if row[rule] == "invalid")
        yield Rejection({name: row[name] for name in columns}, broken, f"a row of {table} breaks the rule {broken}")


def quarantine_rows(rejected: list[Rejection], *, source: str, stage: str) -> pl.DataFrame:
    """Return rows of the quarantine table, one per rejection, bytes as base64."""
    texts = [json.dumps(one.row, default=_jsonable, ensure_ascii=False, sort_keys=True) for one in rejected]
    return pl.DataFrame(
        {
            "source": [source] * len(texts),
            "stage": [stage] * len(texts),
            "row_hash": [text_hash(text) for text in texts],
            "rule": [one.rule for one in rejected],
            "reason": [one.reason for one in rejected],
            "row": texts,
            "quarantined_at": [datetime.now(UTC)] * len(texts),
        },
        schema=QUARANTINE.schema.create_empty().schema,
    )


def _jsonable(value: object) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)
