"""What people asked a source, with how it went: the turns of the lake and what was thought of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from data_contracts.chat_turn import CHAT_TURNS, FEEDBACK
from lake import Lake

_LOW_SUPPORT = 0.5
"""The share of supported statements below which an answer itself says that it needs checking."""


def asked_questions(lake: Lake, source: str, *, days: int, now: datetime | None = None) -> pl.DataFrame:
    """Return the turns of the last days that searched a source, oldest first, with these columns beside their own:
    `asked_for` (the question as it was searched for), `judgement` (the last one, null without) and `fault`: why the
    turn went badly ("not answered", "not supported", "rated badly"), null when it did not."""
    since = (now or datetime.now(UTC)) - timedelta(days=days)
    mine = pl.col("source").str.split(",").list.contains(source)
    turns = lake.scan(CHAT_TURNS).filter(mine & (pl.col("asked_at") >= since))
    judged = lake.scan(FEEDBACK).sort("judged_at").unique("turn_id", keep="last").select("turn_id", "judgement")
    fault = (
        pl.when(pl.col("judgement") == "down")
        .then(pl.lit("rated badly"))
        .when(~pl.col("is_answered"))
        .then(pl.lit("not answered"))
        .when(pl.col("support") < _LOW_SUPPORT)
        .then(pl.lit("not supported"))
    )
    rows = turns.join(judged, on="turn_id", how="left").with_columns(
        asked_for=pl.coalesce("standalone", "question"), fault=fault
    )
    return rows.sort("asked_at", "turn_id").collect()
