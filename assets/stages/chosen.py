"""Some pages that a stage is told to work on, whatever else of the source is missing."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Chosen:
    """Page versions, by their `page_version_id`.

    A stage that is told some does what is missing for those that count, and nothing that concerns the whole source: so
    a few dropped pages cost what a few pages cost, however large the source is and however much waits in it.
    """

    page_versions: tuple[str, ...]

    def of(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Keep the rows of these page versions."""
        return rows.filter(pl.col("page_version_id").is_in(self.page_versions))
