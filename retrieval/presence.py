"""In which releases a page is: what was published of it, when it went live, and what kept it from going live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data_contracts.index_release import INDEX_RELEASES
from lake.lake import Lake
from lake.release_history import Event, release_history
from retrieval.vector_store import VectorStore


@dataclass(frozen=True, slots=True)
class Presence:
    """A page in a release. `chunk_ids` are the page's chunks in it, None for a release that is no longer kept; `news`
    is what happened to the release. A held one was replaced by a person: no run makes it live again."""

    release_id: str
    model_id: str
    built_at: datetime
    is_live: bool
    chunk_ids: frozenset[str] | None
    is_held: bool
    news: tuple[Event, ...]


def page_presences(lake: Lake, store: VectorStore, source: str, url: str) -> list[Presence]:
    """Return what each release of a source holds of a page, oldest release first. Errors: IndexDamaged."""
    live = store.live(source)
    kept = {release.release_id: release for release in store.releases(source)}
    history = release_history(lake, source)
    written = lake.scan(INDEX_RELEASES, source=source).select("release_id", "model_id", "built_at").collect()
    named = {row["release_id"]: row for row in written.iter_rows(named=True)}
    for release in kept.values():
        facts = {"release_id": release.release_id, "model_id": release.model_id, "built_at": release.built_at}
        named.setdefault(release.release_id, facts)
    found = [
        Presence(
            **row,
            is_live=live is not None and live.release_id == release_id,
            chunk_ids=_chunks_of(store, source, release_id, url) if release_id in kept else None,
            is_held=release_id in history.held,
            news=tuple(event for event in history.events if event.release_id == release_id),
        )
        for release_id, row in named.items()
    ]
    return sorted(found, key=lambda presence: presence.built_at)


def _chunks_of(store: VectorStore, source: str, release_id: str, url: str) -> frozenset[str]:
    return frozenset(place.chunk_id for place in store.chunk_ids(source, release_id) if place.url == url)


def live_urls(store: VectorStore, source: str) -> frozenset[str]:
    """Return the pages with passages in a source's live release; none without one."""
    live = store.live(source)
    return frozenset() if live is None else frozenset(place.url for place in store.chunk_ids(source, live.release_id))
