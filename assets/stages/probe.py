"""The check that a built release must pass before it answers anybody: chunks of it must find themselves."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.error import ReleaseRefused
from assets.stages.vector_spool import VectorSpool
from retrieval.vector_store import ReleaseManifest, SearchMode, VectorStore

SAMPLE = 48
"""Chunks to ask for."""

_TOP = 5
_ENOUGH = 0.95  # a chunk may lose its place to a passage with the same words


@dataclass(frozen=True, slots=True)
class Probe:
    """Of `asked` chunks, how many were among the first five results for their own vector, and for their own text."""

    asked: int
    found_by_vector: int
    found_by_text: int


def check_release(store: VectorStore, manifest: ReleaseManifest, sample: pl.DataFrame, spool: VectorSpool) -> Probe:
    """Ask a built release for a sample of its own chunks (text_hash, text). Raises ReleaseRefused."""
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
    probe = Probe(found.height, hits[SearchMode.DENSE], hits[SearchMode.LEXICAL])
    if probe.asked == 0 or probe.found_by_vector < _ENOUGH * probe.asked or probe.found_by_text == 0:
        raise ReleaseRefused(
            f"the new index of {manifest.source!r} was not promoted: of {probe.asked} of its own chunks it found "
            f"{probe.found_by_vector} by their vectors and {probe.found_by_text} by their words. The live one keeps "
            "answering; materialize vector_index again, and report this if it stays"
        )
    return probe
