"""An erased page in the index: found in every release that is kept, and taken out of service at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl

from assets.erasure.finding import Finding
from assets.erasure.target import Target
from assets.stages.candidate import BUILT_FROM, release_id
from assets.stages.promotion import promote_release
from data_contracts.index_release import INDEX_RELEASES
from data_contracts.passage import Passage
from data_contracts.release_event import Actor
from lake import Lake
from retrieval.embedder import Embedder
from retrieval.vector_store import PassageBatch, ReleaseManifest, SearchMode, VectorStore

_REASON = "rebuilt without pages that were erased"
_ASKED = 8
_FOUND = 10


def search_index(store: VectorStore, target: Target) -> list[Finding]:
    """Count the page's passages in every release of its source, and other pages' passages that name it."""
    return [_search_release(store, manifest, target) for manifest in store.releases(target.source)]


def ask_index(store: VectorStore, target: Target, embedder: Embedder | None) -> Finding:
    """Ask every release for the page's own sentences, by vector and by words; count passages that say or are them."""
    found = 0
    for manifest in store.releases(target.source):
        by_vector = embedder is not None and embedder.model_id == manifest.model_id
        for sentence in target.wording.sentences[:_ASKED]:
            for mode in (SearchMode.DENSE, SearchMode.LEXICAL) if by_vector else (SearchMode.LEXICAL,):
                found += sum(_is_ours(passage, target) for passage in _asked(store, manifest, sentence, mode, embedder))
    return Finding("search for its own sentences", "passages", found)


def erase_from_index(lake: Lake, store: VectorStore, target: Target) -> None:
    """Put a release without the page in the live one's place, and drop all other releases that hold it.

    The new one is made of the live one's other passages, so it needs no model and waits for no stage and no check.
    """
    live = store.live(target.source)
    if live is not None and _holds(store, live, target):
        rest = _without(store, live, target)
        if rest is None:
            store.withdraw(target.source)
        else:
            promote_release(lake, store, target.source, rest, actor=Actor.RUN, reason=_REASON)
    for manifest in store.releases(target.source):
        live = store.live(target.source)
        is_live = live is not None and live.release_id == manifest.release_id
        if not is_live and (_holds(store, manifest, target) or _evaluation_tells(manifest, target)):
            store.drop(target.source, manifest.release_id)
        elif _evaluation_tells(manifest, target):
            store.evaluated(target.source, manifest.release_id, {})


def record_release(lake: Lake, store: VectorStore, target: Target) -> None:
    """Write down what the live release was made from, unless it is written: the tables as they are now, since those
    before are gone."""
    live = store.live(target.source)
    if live is None:
        return
    row = {
        "release_id": live.release_id,
        "model_id": live.model_id,
        "chunker_version": live.chunker_version,
        "extractor_version": live.extractor_version,
        "pages": live.pages,
        "chunks": live.chunks,
        "built_at": live.built_at,
        "versions": json.dumps({table.name: lake.version(table) for table in BUILT_FROM}),
        "evaluation": None,
    }
    schema = INDEX_RELEASES.schema.create_empty().drop("source").schema
    lake.append(INDEX_RELEASES, pl.DataFrame([row], schema=schema), source=target.source)


def _without(store: VectorStore, live: ReleaseManifest, target: Target) -> str | None:
    """Build what is left of a release and name it; None when nothing is."""
    places = [place for place in store.chunk_ids(live.source, live.release_id) if not _names(place.url, target)]
    if not places:
        return None
    rest = replace(
        live,
        release_id=release_id(live.source, live.model_id, pl.DataFrame({"chunk_id": [one.chunk_id for one in places]})),
        pages=len({place.url for place in places}),
        chunks=len(places),
        built_at=datetime.now(UTC),
        starters=_starters(store, live, target),
        evaluation=None,
    )
    store.build(rest, _rest(store, live, target), base=live.release_id)
    return rest.release_id


def _rest(store: VectorStore, live: ReleaseManifest, target: Target) -> Iterator[PassageBatch]:
    for batch in store.contents(live.source, live.release_id):
        stays = np.array([not _names(passage.url, target) for passage in batch.passages])
        passages = [passage for passage, keep in zip(batch.passages, stays, strict=True) if keep]
        if passages:
            yield PassageBatch(passages, batch.vectors[stays])


def _starters(store: VectorStore, live: ReleaseManifest, target: Target) -> tuple[str, ...]:
    """Those of the first questions that another page asks as well."""
    asked: set[str] = set()
    for passage in _passages(store, live):
        if not _names(passage.url, target):
            asked.update(starter for starter in live.starters if any(starter in path for path in passage.heading_path))
    return tuple(starter for starter in live.starters if starter in asked)


def _search_release(store: VectorStore, manifest: ReleaseManifest, target: Target) -> Finding:
    live = store.live(target.source)
    is_live = live is not None and live.release_id == manifest.release_id
    own = mentions = 0
    for passage in _passages(store, manifest):
        own += _names(passage.url, target)
        mentions += not _names(passage.url, target) and target.wording.names(passage.text)
    own += sum(target.wording.tells(starter) for starter in manifest.starters) + _evaluation_tells(manifest, target)
    place = f"release {manifest.release_id[:12]}{' (live)' if is_live else ''}"
    return Finding(place, "passages", own, 0, mentions)


def _holds(store: VectorStore, manifest: ReleaseManifest, target: Target) -> bool:
    return any(_names(place.url, target) for place in store.chunk_ids(manifest.source, manifest.release_id))


def _evaluation_tells(manifest: ReleaseManifest, target: Target) -> bool:
    """Whether what an evaluation asked, or counted as added and removed, gives the page away."""
    if not manifest.evaluation:
        return False
    return target.is_whole or target.wording.tells(json.dumps(dict(manifest.evaluation), ensure_ascii=False))


def _names(url: str, target: Target) -> bool:
    return target.is_whole or url in target.urls


def _is_ours(passage: Passage, target: Target) -> bool:
    return _names(passage.url, target) or target.wording.says(passage.text)


def _passages(store: VectorStore, manifest: ReleaseManifest) -> Iterator[Passage]:
    for batch in store.contents(manifest.source, manifest.release_id):
        yield from batch.passages


def _asked(
    store: VectorStore, manifest: ReleaseManifest, sentence: str, mode: SearchMode, embedder: Embedder | None
) -> Sequence[Passage]:
    vector = np.zeros(manifest.dimension, dtype=np.float32)
    if mode is SearchMode.DENSE and embedder is not None:
        vector = embedder.embed_query(sentence)
    found = store.search(
        manifest.source,
        vector=vector,
        text=sentence,
        model_id=manifest.model_id,
        limit=_FOUND,
        mode=mode,
        release_id=manifest.release_id,
    )
    return [scored.passage for scored in found]
