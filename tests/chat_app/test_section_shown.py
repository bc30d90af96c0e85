"""A model reads the section around a passage, and what it cites is that slice of the page."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from chat_app.answer import AnswerPipeline
from chat_app.extractive import ExtractiveAnswerer
from chat_app.library import Library
from chat_app.question import Question
from data_contracts.passage import Passage
from retrieval.async_reader import StoreReader
from retrieval.embedder import Embedder
from retrieval.local_store import LocalStore
from retrieval.vector_store import PassageBatch, ReleaseManifest
from tests.chat_app.conftest import make_passages

PARTS = (
    "A colony swarms in late spring when the hive is too crowded.",
    "The old queen leaves with about half of the workers.",
    "Add a second brood box before the first warm week.",
)
MARKDOWN = "\n\n".join(PARTS)


def pieces() -> list[Passage]:
    """The page in three chunks of one section."""
    made = make_passages({f"part {at}": part for at, part in enumerate(PARTS)})
    heading = ("Keeping bees", "Swarming")
    starts = [MARKDOWN.index(part) for part in PARTS]
    return [
        replace(one, heading_path=heading, start=start, end=start + len(one.body))
        for one, start in zip(made, starts, strict=True)
    ]


def test_an_answer_cites_the_section_that_was_shown(tmp_path: Path, embedder: Embedder) -> None:
    found = pieces()
    store = LocalStore(tmp_path)
    manifest = ReleaseManifest(
        "bees", "one", "Bees", embedder.model_id, embedder.dimension, "1", "1", 1, len(found), datetime.now(UTC)
    )
    store.build(manifest, [PassageBatch(found, embedder.embed_passages([one.text for one in found]))])
    store.promote("bees", "one")
    pipeline = AnswerPipeline(Library(StoreReader(store), lambda _: embedder), ExtractiveAnswerer())
    pipeline.section_tokens = 200
    answer = asyncio.run(pipeline.answer(Question("When does a colony swarm?")))
    (citation,) = answer.citations
    assert citation.passage.body == MARKDOWN[citation.start : citation.end] == MARKDOWN
    assert citation.chunk_id in {one.chunk_id for one in found}
    assert len(answer.passages) == 1
