"""What a source does not answer well: the questions that went badly, by topic, with the sections nearest to each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from assets.error import UpstreamEmpty
from assets.flow import Flow
from assets.steps.topic import topics
from data_contracts.passage import Passage
from retrieval.embedder import Embedder
from retrieval.vector_store import ReleaseManifest, VectorStore

MOST_QUESTIONS = 500
"""The newest ones are looked at: clustering them takes about a second."""
_SECTIONS = 3


@dataclass(frozen=True, slots=True)
class TopicReport:
    """`question` is the most central one of `asked` turns, `terms` are the topic's commonest words, `faults` count why
    the turns went badly, `sections` are the places of the live release that are nearest to the question: what is
    missing belongs there, or is there and is not found."""

    question: str
    terms: tuple[str, ...]
    asked: int
    faults: Counter[str]
    sections: tuple[Passage, ...]
    turn_ids: tuple[str, ...]


def live_topics(flow: Flow, source: str, asked: pl.DataFrame) -> list[TopicReport]:
    """Return the topics against the release that is live. Errors: UpstreamEmpty, ModelUnavailable."""
    release = flow.store.live(source)
    if release is None:
        raise UpstreamEmpty(f"source {source!r} has no live release: materialize vector_index first")
    opened = flow.open_embedder
    embedder = flow.embedder if opened is None else opened(release.model_id)
    return topic_reports(flow.store, release, embedder, asked)


def topic_reports(
    store: VectorStore, release: ReleaseManifest, embedder: Embedder, asked: pl.DataFrame
) -> list[TopicReport]:
    """Return the topics of the turns with a fault, most asked first. `asked` is what `asked_questions` returns."""
    bad = asked.filter(pl.col("fault").is_not_null()).tail(MOST_QUESTIONS)
    questions = bad["asked_for"].to_list()
    found = topics(questions, embedder.embed_passages(questions)) if questions else []
    rows = bad.select("turn_id", "fault").rows()
    return [
        TopicReport(
            question=questions[topic.central],
            terms=topic.terms,
            asked=len(topic.members),
            faults=Counter(rows[place][1] for place in topic.members),
            sections=nearest_sections(store, release, embedder, questions[topic.central]),
            turn_ids=tuple(rows[place][0] for place in topic.members),
        )
        for topic in found
    ]


def nearest_sections(
    store: VectorStore, release: ReleaseManifest, embedder: Embedder, question: str
) -> tuple[Passage, ...]:
    """Return one passage of each of the sections that are nearest to a question."""
    found = store.search(
        release.source,
        vector=embedder.embed_query(question),
        text=question,
        model_id=release.model_id,
        limit=_SECTIONS * 3,
        release_id=release.release_id,
    )
    return _one_of_each([scored.passage for scored in found])


def _one_of_each(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    by_section = {(passage.url, passage.heading_path): passage for passage in reversed(passages)}
    first = sorted(by_section.values(), key=passages.index)
    return tuple(first[:_SECTIONS])
