"""Making a built release the live one, by a run or by a person, with its event."""

from __future__ import annotations

from datetime import UTC, datetime

from assets.error import PastUnknown
from data_contracts.release_event import Actor, ReleaseEventKind
from lake import Lake
from lake.release_history import Event, ReleaseHistory, note_event, release_history
from retrieval.error import IndexDamaged
from retrieval.vector_store import ReleaseManifest, VectorStore


def answering(store: VectorStore, source: str) -> ReleaseManifest | None:
    """Return the live release; None when there is none, or its files are damaged, so that it has to be built anew."""
    try:
        return store.live(source)
    except IndexDamaged:
        return None


def whole_history(lake: Lake, store: VectorStore, source: str) -> ReleaseHistory:
    """Return the events of a source, after noting that its live release is live where that was never written: an index
    older than the events, or a run that was killed between promoting and writing."""
    history, live = release_history(lake, source), answering(store, source)
    now = datetime.now(UTC)
    last = history.live_at(now)
    if live is None or (last is not None and last.release_id == live.release_id):
        return history
    at = now if history.events else live.built_at
    reason = "found live without an event of its own"
    note_event(lake, source, Event(live.release_id, at, ReleaseEventKind.PROMOTED, Actor.RUN, reason))
    return release_history(lake, source)


def promote_release(
    lake: Lake,
    store: VectorStore,
    source: str,
    release_id: str,
    *,
    actor: Actor,
    reason: str,
    evaluation: str | None = None,
) -> None:
    """Make a built release the live one and write it down. Errors: IndexMissing, IndexDamaged.

    A person who makes a release live that was live before rolls back to it.
    """
    history = whole_history(lake, store, source)
    store.promote(source, release_id)
    again = actor is Actor.PERSON and release_id in history.once_live
    kind = ReleaseEventKind.ROLLED_BACK if again else ReleaseEventKind.PROMOTED
    note_event(lake, source, Event(release_id, datetime.now(UTC), kind, actor, reason, evaluation))


def roll_back(lake: Lake, store: VectorStore, source: str, *, reason: str) -> str:
    """Make the release live that the live one followed, and return it. Raises PastUnknown when there is none."""
    before = whole_history(lake, store, source).before
    if before is None:
        raise PastUnknown(f"{source} has had no other live release to go back to. See: lorechat releases list {source}")
    kept = [release.release_id for release in store.releases(source)]
    if before not in kept:
        raise PastUnknown(
            f"the release before, {before[:12]}, is no longer kept (LORECHAT_KEEP_RELEASES says how many are). "
            f"Choose one of {', '.join(one[:12] for one in kept)}: lorechat releases promote {source} RELEASE"
        )
    promote_release(lake, store, source, before, actor=Actor.PERSON, reason=reason)
    return before
