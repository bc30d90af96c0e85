"""What the overhead benchmark searches: 5,000 passages with real texts and vectors like real ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from data_contracts.identity import content_id, text_hash
from data_contracts.passage import Passage
from retrieval.embedder import Embedder
from retrieval.local_store import LocalStore
from retrieval.vector_store import PassageBatch, ReleaseManifest

PASSAGES = 5_000
_NOISE = 0.01
"""Standard deviation added to each of 384 coordinates: copies stay near their text, and no two are the same."""


def build_site(home: Path, embedder: Embedder) -> None:
    """Publish the handbook's paragraphs, again and again under other addresses, until there are 5,000."""
    texts = list(_paragraphs())
    passages = [_passage(texts[place % len(texts)], place) for place in range(PASSAGES)]
    real = embedder.embed_passages([f"{title}\n\n{body}" for title, body in texts])
    noise = np.random.default_rng(11).normal(0.0, _NOISE, (PASSAGES, real.shape[1])).astype(np.float32)
    vectors = real[np.arange(PASSAGES) % len(texts)] + noise
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    manifest = ReleaseManifest(
        source="handbook",
        release_id=content_id(*(passage.chunk_id for passage in passages)),
        title="Handbook",
        model_id=embedder.model_id,
        dimension=embedder.dimension,
        chunker_version="1",
        extractor_version="1",
        pages=PASSAGES,
        chunks=PASSAGES,
        built_at=datetime.now(UTC),
    )
    store = LocalStore(home / "index")
    store.build(manifest, [PassageBatch(passages, vectors)])
    store.promote("handbook", manifest.release_id)


def _paragraphs() -> Iterator[tuple[str, str]]:
    """Title and text of each longer paragraph of the handbook."""
    for file in sorted(Path("docs").glob("*.md")):
        title = file.stem
        for part in re.split(r"\n\s*\n", file.read_text()):
            if part.startswith("#"):
                title = part.lstrip("# ").splitlines()[0]
            elif len(part) > 120:
                yield title, part


def _passage(text: tuple[str, str], place: int) -> Passage:
    title, body = text
    prefix = f"{title}\n\n"
    return Passage(
        chunk_id=content_id("handbook", str(place), body),
        source="handbook",
        url=f"https://handbook.example/{place}",
        title=title,
        heading_path=(title,),
        anchor=None,
        text=prefix + body,
        prefix_chars=len(prefix),
        start=0,
        end=len(body),
        page_version_id=text_hash(str(place)),
        markdown_hash=text_hash(str(place)),
        text_hash=text_hash(prefix + body),
        fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
