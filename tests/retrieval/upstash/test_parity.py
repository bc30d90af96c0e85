"""The same pages in a folder and in Upstash: the handbook's passages, asked the handbook's own questions.

The stand-in's scores are our reading of Upstash's documentation. What this shows is that both stores are asked for the
same thing and fuse it alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

import pytest

from assets.steps.chunk import ChunkingSettings, split_markdown
from benches.agreement import kendall_tau, top_overlap
from data_contracts.identity import text_hash
from data_contracts.passage import Passage, ScoredPassage
from retrieval.embedder import Embedder
from retrieval.local_store import LocalStore
from retrieval.models import load_embedder
from retrieval.retriever import Retriever
from retrieval.upstash.store import UpstashStore
from retrieval.vector_store import PassageBatch, ReleaseManifest, SearchMode, VectorStore
from tests.doubles.upstash_double import UpstashDouble

HANDBOOK = Path(__file__).resolve().parents[3] / "docs"
PAGES = (
    "answers-and-citations",
    "dagster",
    "deploying",
    "models",
    "money",
    "people",
    "recrawls",
    "releases",
    "security",
)
QUESTION = re.compile(r"^## (.+\?)$", re.MULTILINE)

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Pair:
    """One corpus in both stores, and questions about it."""

    local: Retriever
    remote: Retriever
    questions: list[str]

    def ask(self, mode: SearchMode, limit: int = 10) -> list[tuple[list[ScoredPassage], list[ScoredPassage]]]:
        """What both find for each question."""
        return [
            (
                self.local.search(text, sources=["handbook"], limit=limit, mode=mode),
                self.remote.search(text, sources=["handbook"], limit=limit, mode=mode),
            )
            for text in self.questions
        ]


@pytest.fixture(scope="module")
def pair(prepared_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    embedder = load_embedder(cache=prepared_models)
    texts = {name: (HANDBOOK / f"{name}.md").read_text() for name in PAGES}
    passages = [passage for name, text in texts.items() for passage in cut(name, text, embedder)]
    assert len(passages) > 100
    batch = PassageBatch(passages, embedder.embed_passages([passage.text for passage in passages]))
    local = LocalStore(tmp_path_factory.mktemp("parity"))
    double = UpstashDouble(dimension=embedder.dimension)
    try:
        with UpstashStore(double.url, double.token) as remote:
            for store in (local, remote):
                publish(store, batch, embedder)
            questions = [question for text in texts.values() for question in QUESTION.findall(text)]
            assert len(questions) > 30
            yield Pair(Retriever(local, embedder), Retriever(remote, embedder), questions)
    finally:
        double.close()


def cut(name: str, markdown: str, embedder: Embedder) -> list[Passage]:
    pieces = split_markdown(
        markdown, title=name, anchors=[], token_offsets=embedder.token_offsets, settings=ChunkingSettings(100, 0)
    )
    return [
        Passage(
            chunk_id=text_hash(f"{name} {piece.position}"),
            source="handbook",
            url=f"https://handbook.test/{name}",
            title=name,
            heading_path=piece.heading_path,
            anchor=piece.anchor,
            text=piece.text,
            prefix_chars=piece.prefix_chars,
            start=piece.start,
            end=piece.end,
            page_version_id=text_hash(name),
            markdown_hash=text_hash(markdown),
            text_hash=text_hash(piece.text),
            fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for piece in pieces
    ]


def publish(store: VectorStore, batch: PassageBatch, embedder: Embedder) -> None:
    count = len(batch.passages)
    manifest = ReleaseManifest(
        "handbook", "one", "Handbook", embedder.model_id, embedder.dimension, "c", "e", len(PAGES), count,
        datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    store.build(manifest, [batch])
    store.promote("handbook", "one")


def agreement(found: list[tuple[list[ScoredPassage], list[ScoredPassage]]]) -> tuple[float, float, float]:
    """Return the mean overlap of the first ten, the mean rank correlation of those that both have, and how often the
    first one is the same."""
    ids = [tuple([scored.passage.chunk_id for scored in side] for side in both) for both in found]
    taus = [tau for one, other in ids if (tau := kendall_tau(one, other)) is not None]
    return (
        mean(top_overlap(one, other) for one, other in ids),
        mean(taus),
        mean(one[:1] == other[:1] for one, other in ids),
    )


def test_neighbours_by_meaning_are_the_same_ones_in_the_same_order(pair: Pair) -> None:
    overlap, tau, first = agreement(pair.ask(SearchMode.DENSE))
    assert min(overlap, tau, first) > 0.99


def test_words_find_nearly_the_same_though_lengths_are_measured_against_a_constant(pair: Pair) -> None:
    overlap, tau, _ = agreement(pair.ask(SearchMode.LEXICAL))
    assert overlap > 0.75
    assert tau > 0.65


def test_what_a_question_finds_is_nearly_the_same(pair: Pair) -> None:
    overlap, tau, first = agreement(pair.ask(SearchMode.HYBRID))
    assert overlap > 0.85
    assert tau > 0.8
    assert first > 0.8


def test_passages_come_with_the_scores_that_they_were_ranked_by(pair: Pair) -> None:
    for local, remote in pair.ask(SearchMode.HYBRID, limit=3)[:5]:
        theirs = {scored.passage.chunk_id: scored for scored in local}
        for scored in remote:
            other = theirs.get(scored.passage.chunk_id)
            if other is not None and scored.dense is not None:
                assert scored.dense == pytest.approx(other.dense, abs=1e-3)
                assert (scored.page is None) == (other.page is None)
