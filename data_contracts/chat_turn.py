"""`chat_turns` and `feedback`: answered questions, and what people thought of the answers."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from data_contracts.table import Table, utc_column


class ChatTurn(dy.Schema):
    """One row per answered question; `source` is the sources searched, joined by commas.

    `citations` is the JSON of the answer's citations, `releases` a JSON object of source -> release searched.
    `standalone` is the question as it was searched for, `is_answered` false when the answer says that nothing was
    found, `support` the share of its statements that the cited passages bear out. `cost` is in US dollars, null where
    no price is known, `prices` names the lists that it is by; `is_cached` says that an earlier answer was given again.
    The columns from `standalone` on are null in rows from before they were there. Who asked is not kept here.
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
    standalone = dy.String(nullable=True)
    is_answered = dy.Bool(nullable=True)
    support = dy.Float64(nullable=True, min=0, max=1)
    input_tokens = dy.Int64(nullable=True, min=0)
    output_tokens = dy.Int64(nullable=True, min=0)
    cached_tokens = dy.Int64(nullable=True, min=0)
    cost = dy.Float64(nullable=True, min=0)
    prices = dy.String(nullable=True)
    is_cached = dy.Bool(nullable=True)
    first_text_milliseconds = dy.Int64(nullable=True, min=0)


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
