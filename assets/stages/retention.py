"""Which releases of a source are kept, and which are dropped."""

from __future__ import annotations

from lake.release_history import ReleaseHistory
from retrieval.vector_store import VectorStore


def drop_old_releases(store: VectorStore, history: ReleaseHistory, source: str, *, keep: int) -> list[str]:
    """Drop what retention does not cover and return it."""
    dropped = surplus_releases(store, history, source, keep=keep)
    for release_id in dropped:
        store.drop(source, release_id)
    return dropped


def surplus_releases(store: VectorStore, history: ReleaseHistory, source: str, *, keep: int) -> list[str]:
    """Return the releases that retention does not cover.

    Kept are `keep` releases that are or were live, the live one first and then those that were live last, to roll back
    to; and the newest one that never was, which was refused, to look at.
    """
    live = store.live(source)
    built = [release.release_id for release in store.releases(source)]
    once_live = [one for one in history.once_live if one in built]
    if live is not None:
        once_live = [live.release_id, *(one for one in once_live if one != live.release_id)]
    never = [one for one in built if one not in once_live]
    kept = {*once_live[:keep], *never[:1]}
    return [one for one in built if one not in kept]
