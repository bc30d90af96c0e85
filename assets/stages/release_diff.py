"""What differs between two releases, in pages and chunks."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from data_contracts.release_evaluation import ReleaseDiff
from retrieval.vector_store import ChunkPlace, VectorStore

_EXAMPLES = 10
_SCHEMA = {"chunk_id": pl.String, "url": pl.String}


def places_of(store: VectorStore, source: str, release_id: str | None) -> pl.DataFrame:
    """Return chunk_id and url of a built release's chunks; none for None."""
    found: Iterable[ChunkPlace] = () if release_id is None else store.chunk_ids(source, release_id)
    return pl.DataFrame(list(found), schema=_SCHEMA, orient="row")


def diff_of(before: pl.DataFrame, after: pl.DataFrame) -> ReleaseDiff:
    """Return what `after` has that `before` had not, and the other way round; both hold chunk_id and url."""
    came = after.join(before, on="chunk_id", how="anti")
    went = before.join(after, on="chunk_id", how="anti")
    there_before, there_after = before.select("url").unique(), after.select("url").unique()
    added = _urls(there_after.join(there_before, on="url", how="anti"))
    removed = _urls(there_before.join(there_after, on="url", how="anti"))
    touched = pl.concat([came.select("url"), went.select("url")])
    changed = sorted(set(_urls(touched)) - set(added) - set(removed))
    return ReleaseDiff(
        pages_added=len(added),
        pages_removed=len(removed),
        pages_changed=len(changed),
        chunks_added=came.height,
        chunks_removed=went.height,
        chunks_kept=after.height - came.height,
        added=tuple(added[:_EXAMPLES]),
        removed=tuple(removed[:_EXAMPLES]),
        changed=tuple(changed[:_EXAMPLES]),
    )


def _urls(frame: pl.DataFrame) -> list[str]:
    return sorted(frame["url"].unique())
