"""The check that every built release must pass before it answers anybody: chunks of it must find themselves."""

from __future__ import annotations

import polars as pl

from assets.stages.vector_spool import VectorSpool
from data_contracts.release_evaluation import ProbeScores
from retrieval.vector_store import ReleaseManifest, SearchMode, VectorStore

SAMPLE = 48
"""Chunks to ask for."""

_TOP = 5
_ENOUGH = 0.95  # a chunk may lose its place to a passage with the same words


def probe_release(
    store: VectorStore, manifest: ReleaseManifest, sample: pl.DataFrame, spool: VectorSpool
) -> ProbeScores:
    """Ask a built release for a sample of its own chunks (text_hash, text)."""
    found, vectors = spool.join(sample)
    hits = {SearchMode.DENSE: 0, SearchMode.LEXICAL: 0}
    for text_hash, text, vector in zip(found["text_hash"], found["text"], vectors, strict=True):
        for mode in hits:
            results = store.search(
                manifest.source,
                vector=vector,
                text=text,
                model_id=manifest.model_id,
                limit=_TOP,
                mode=mode,
                release_id=manifest.release_id,
            )
            hits[mode] += any(scored.passage.text_hash == text_hash for scored in results)
    return ProbeScores(
        asked=found.height, found_by_vector=hits[SearchMode.DENSE], found_by_text=hits[SearchMode.LEXICAL]
    )


def probe_problems(probe: ProbeScores) -> list[str]:
    """Return what is wrong with an index that gave these scores; none: it finds what is in it."""
    if probe.asked and probe.found_by_vector >= _ENOUGH * probe.asked and probe.found_by_text:
        return []
    return [
        f"of {probe.asked} of its own chunks it finds {probe.found_by_vector} by their vectors and "
        f"{probe.found_by_text} by their words, so the index itself is broken: materialize vector_index again, and "
        "report this if it stays"
    ]
