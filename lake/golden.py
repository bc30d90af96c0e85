"""What curators decided about questions that people asked."""

from __future__ import annotations

import polars as pl

from data_contracts.golden_candidate import GOLDEN_CANDIDATES, GOLDEN_DECISIONS
from data_contracts.question import GoldenQuestion
from lake.lake import Lake


def accepted_questions(lake: Lake, source: str) -> tuple[GoldenQuestion, ...]:
    """Return the questions of a source that curators accepted, by question; equal questions once."""
    rows = _decisions(lake, source).filter(pl.col("is_accepted")).unique("question", keep="last").sort("question")
    columns = rows.select("question", "url", "quote").collect()
    return tuple(GoldenQuestion(**row) for row in columns.iter_rows(named=True))


def open_candidates(lake: Lake, source: str) -> pl.DataFrame:
    """Return the candidates of a source that nobody has decided about, those asked most often first."""
    candidates = lake.scan(GOLDEN_CANDIDATES, source=source)
    waiting = candidates.join(_decisions(lake, source), on="candidate_id", how="anti")
    return waiting.sort("asked", "question", descending=[True, False]).collect()


def _decisions(lake: Lake, source: str) -> pl.LazyFrame:
    rows = lake.scan(GOLDEN_DECISIONS, source=source).sort("decided_at")
    return rows.unique("candidate_id", keep="last", maintain_order=True)
