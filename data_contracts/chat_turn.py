"""`chat_turns` and `feedback`: answered questions, and what people thought of the answers."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from data_contracts.table import Table, utc_column


class ChatTurn(dy.Schema):
    """One row per answered question; `source` is the sources searched, joined by commas.

    `citations` is the JSON of the answer's citations, `releases` a JSON object of source -> release searched.
    """

    source = dy.String(nullable=False)
    turn_id = dy.String(nullable=False, primary_key=True)
    thread_id = dy.String(nullable=False)
    question = dy.String(nullable=False)
    answer = dy.String(nullable=False)
    model = dy.String(nullable=False)
    citations = dy.String(nullable=False)
    releases = dy.String(nullable=False)
    asked_at = utc_column()
    milliseconds = dy.Int64(nullable=False, min=0)


class Feedback(dy.Schema):
    """One row per judgement on a turn; the last one counts."""

    source = dy.String(nullable=False)
    turn_id = dy.String(nullable=False, primary_key=True)
    judged_at = utc_column(primary_key=True)
    judgement = dy.String(nullable=False)
    comment = dy.String(nullable=True)

    @dy.rule()
    def judgement_is_known(cls) -> pl.Expr:
        return pl.col("judgement").is_in(["up", "down"])


CHAT_TURNS = Table("chat_turns", ChatTurn)
FEEDBACK = Table("feedback", Feedback)
