"""Time travel: the release of a source that answered at an instant, from the store or made again from the lake."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from assets.error import PastUnknown, UpstreamEmpty
from assets.stages.candidate import passages, release_id
from assets.stages.live import live_chunks
from assets.stages.promotion import whole_history
from assets.stages.vector_spool import VectorSpool
from data_contracts.chunk import CHUNKS
from data_contracts.document import DOCUMENTS
from data_contracts.embedding import EMBEDDINGS
from data_contracts.index_release import INDEX_RELEASES
from data_contracts.page_version import PAGE_VERSIONS
from lake import Lake, LakeError
from lake.release_history import Event
from retrieval.pinned_releases import PinnedReleases
from retrieval.vector_store import ReleaseManifest, VectorStore

_KEPT_ASIDE = 3


@dataclass(frozen=True, slots=True)
class PastRelease:
    """A release that was live from `live_from` on. `rebuilt` ones were made again from the lake; `left_out` counts
    their passages that were erased since, which stay erased."""

    source: str
    release_id: str
    live_from: datetime
    rebuilt: bool = False
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Past:
    """What could be asked at an instant, and how to ask it."""

    instant: datetime
    releases: tuple[PastRelease, ...]
    reader: PinnedReleases


def past_at(
    lake: Lake, store: VectorStore, aside: VectorStore, instant: datetime, sources: Sequence[str] | None = None
) -> Past:
    """Return the releases that were live at an instant, of all sources or of the named ones.

    A release that is no longer kept is made again in `aside` from the tables' versions of then, and kept there for the
    next question; three for each source. Raises PastUnknown when nothing was live, or it cannot be made again.
    """
    there = sorted(lake.scan(INDEX_RELEASES).select("source").unique().collect()["source"])
    pinned: dict[str, tuple[VectorStore, str]] = {}
    found: list[PastRelease] = []
    not_yet: list[str] = []
    for source in sources or there:
        history = whole_history(lake, store, source)
        event = history.live_at(instant)
        if event is None:
            first = history.first_live_at
            not_yet.append(f"{source} {f'went live on {first:%F %T}' if first else 'was never live'}")
            continue
        place, past = _placed(lake, store, aside, source, event)
        pinned[source] = place, past.release_id
        found.append(past)
    if not_yet and (sources or not found):
        raise PastUnknown(
            f"nothing was live at {instant:%F %T} UTC: {', '.join(not_yet)} (UTC). Ask as of a later day."
        )
    if not found:
        raise PastUnknown("no source has ever had a live index: lorechat build")
    return Past(instant, tuple(found), PinnedReleases(pinned))


def _placed(
    lake: Lake, store: VectorStore, aside: VectorStore, source: str, event: Event
) -> tuple[VectorStore, PastRelease]:
    """Return where the release of an event is, after making it again where it was dropped."""
    for place in (store, aside):
        if event.release_id in (release.release_id for release in place.releases(source)):
            return place, PastRelease(source, event.release_id, event.at, rebuilt=place is aside)
    title = live.title if (live := store.live(source)) else source
    rebuilt, left_out = _rebuild(lake, aside, source, event.release_id, title)
    return aside, PastRelease(source, rebuilt, event.at, rebuilt=True, left_out=left_out)


def _rebuild(lake: Lake, aside: VectorStore, source: str, wanted: str, title: str) -> tuple[str, int]:
    """Make a dropped release again without what was erased since; return its id and how many passages are left out."""
    rows = lake.scan(INDEX_RELEASES, source=source).filter(pl.col("release_id") == wanted).collect().to_dicts()
    if not rows:
        raise PastUnknown(f"release {wanted[:12]} of {source} is neither kept nor written down in index_releases.")
    [row] = rows
    chunks = _chunks_then(lake, source, row)
    if release_id(source, row["model_id"], chunks) != wanted:
        raise PastUnknown(
            f"release {wanted[:12]} of {source} cannot be made again: what the lake's tables held then, as it can "
            "still be read, is not what the release was made of."
        )
    left = _still_there(lake, source, chunks)
    if left.is_empty():
        raise PastUnknown(f"all pages of release {wanted[:12]} of {source} were erased since.")
    name = release_id(source, row["model_id"], left)
    dimension = lake.scan(EMBEDDINGS, source=source).filter(pl.col("model_id") == row["model_id"])
    manifest = ReleaseManifest(
        source=source,
        release_id=name,
        title=title,
        model_id=row["model_id"],
        dimension=int(dimension.select("dimension").head(1).collect().item()),
        chunker_version=row["chunker_version"],
        extractor_version=row["extractor_version"],
        pages=left["url"].n_unique(),
        chunks=left.height,
        built_at=row["built_at"],
    )
    with VectorSpool(lake, source, left.select("text_hash").unique(), row["model_id"], manifest.dimension) as spool:
        aside.build(manifest, passages(lake, source, left, spool))
    others = [release.release_id for release in aside.releases(source) if release.release_id != name]
    for old in others[_KEPT_ASIDE - 1 :]:
        aside.drop(source, old)
    return name, chunks.height - left.height


def _chunks_then(lake: Lake, source: str, row: dict[str, Any]) -> pl.DataFrame:
    """The chunks that the release was made of, read from the tables' versions of then."""
    versions: dict[str, int | None] = json.loads(row["versions"])
    try:
        chunks = live_chunks(lake, source, row["extractor_version"], row["chunker_version"], as_of=versions)
        texts = lake.scan(EMBEDDINGS, source=source, as_of=versions).filter(pl.col("model_id") == row["model_id"])
        return chunks.join(texts.select("text_hash"), on="text_hash", how="semi").collect()
    except (LakeError, UpstreamEmpty, OSError, pl.exceptions.PolarsError) as error:
        raise PastUnknown(
            f"release {row['release_id'][:12]} of {source} is no longer kept, and the lake's history does not reach "
            f"back to {row['built_at']:%F %T} UTC any more (upkeep deletes old versions of the tables): {error}"
        ) from error


def _still_there(lake: Lake, source: str, chunks: pl.DataFrame) -> pl.DataFrame:
    """Those of the chunks of which nothing was erased since."""
    rows = chunks.lazy()
    for table, key in ((CHUNKS, "chunk_id"), (DOCUMENTS, "page_version_id"), (PAGE_VERSIONS, "page_version_id")):
        rows = rows.join(lake.scan(table, source=source).select(key), on=key, how="semi")
    return rows.collect()
