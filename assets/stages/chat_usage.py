"""How much a source's chat is used, what it costs and how long people wait."""

from __future__ import annotations

import polars as pl


def usage_by(asked: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return one row per value of a column of `asked_questions` (`day` is made from the time), in its order: turns, the
    shares answered, liked among the judged, and given again; tokens; dollars; and median and 95th percentile of the
    milliseconds until the first word and until the end. Shares and times are null where nothing is known."""
    rows = asked.with_columns(day=pl.col("asked_at").dt.date())
    judged = pl.col("judgement").drop_nulls()
    return (
        rows.group_by(column)
        .agg(
            pl.len().alias("turns"),
            pl.col("is_answered").mean().alias("answered"),
            (judged == "up").mean().alias("liked"),
            pl.col("is_cached").mean().alias("given_again"),
            pl.col("input_tokens").sum(),
            pl.col("output_tokens").sum(),
            pl.col("cost").sum().alias("dollars"),
            pl.col("first_text_milliseconds").quantile(0.5, "nearest").alias("first_p50"),
            pl.col("first_text_milliseconds").quantile(0.95, "nearest").alias("first_p95"),
            pl.col("milliseconds").quantile(0.5, "nearest").alias("whole_p50"),
            pl.col("milliseconds").quantile(0.95, "nearest").alias("whole_p95"),
        )
        .sort(column)
    )
