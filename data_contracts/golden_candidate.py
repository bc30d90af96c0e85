"""`golden_candidates` and `golden_decisions`: questions of people that a source should be able to answer."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from data_contracts.table import Table, sha256_column, utc_column

LIKED, UNANSWERED = "liked", "unanswered"


class GoldenCandidate(dy.Schema):
    """One row per question that was proposed. `candidate_id` is the hash of source and question. `reason` is `liked`
    for an answer that people called good, `unanswered` for what was asked again and again in vain; `asked` is how often
    it had been asked by then. `url` and `quote` are the page and the words that answer it; "" where nobody knows."""

    source = dy.String(nullable=False)
    candidate_id = sha256_column(primary_key=True)
    question = dy.String(nullable=False)
    url = dy.String(nullable=False)
    quote = dy.String(nullable=False)
    reason = dy.String(nullable=False)
    asked = dy.Int64(nullable=False, min=1)
    proposed_at = utc_column()

    @dy.rule()
    def reason_is_known(cls) -> pl.Expr:
        return pl.col("reason").is_in([LIKED, UNANSWERED])


class GoldenDecision(dy.Schema):
    """One row per decision of a curator; the newest one of a candidate counts. The question, page and words are those
    that the curator settled on. Who it was is not kept."""

    source = dy.String(nullable=False)
    candidate_id = sha256_column(primary_key=True)
    decided_at = utc_column(primary_key=True)
    is_accepted = dy.Bool(nullable=False)
    question = dy.String(nullable=False)
    url = dy.String(nullable=False)
    quote = dy.String(nullable=False)


GOLDEN_CANDIDATES = Table("golden_candidates", GoldenCandidate)
GOLDEN_DECISIONS = Table("golden_decisions", GoldenDecision)
