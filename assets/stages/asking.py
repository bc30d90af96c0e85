"""Asking a built release questions: at which rank it has the answer of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assets.stages.question_set import Question
from data_contracts.release_evaluation import (
    FOUND_WITHIN,
    RANKED_WITHIN,
    KindScores,
    QuestionKind,
    QuestionScores,
)
from retrieval.embedder import Embedder
from retrieval.pinned_releases import PinnedReleases
from retrieval.ranking import Ranking
from retrieval.retriever import Retriever
from retrieval.vector_store import RANKING, VectorStore


@dataclass(frozen=True, slots=True)
class Ranked:
    """Where a question's answer came: its rank from 1, None beyond 10; `first_url` is the first result's page."""

    rank: int | None
    first_url: str | None

    @property
    def is_found(self) -> bool:
        """Whether the answer is among the first 5 results."""
        return self.rank is not None and self.rank <= FOUND_WITHIN


Ranks = Sequence[Ranked | None]
"""Of questions in their order; None: it was not asked, since nothing answers it."""


def ask_release(
    store: VectorStore,
    source: str,
    release_id: str,
    embedder: Embedder,
    questions: Sequence[Question],
    ranking: Ranking = RANKING,
) -> Ranks:
    """Ask a built release what can be answered, as the chat asks it, with every technique of its ranking.

    Errors: IndexMissing, IndexDamaged, ModelMismatch.
    """

    retriever = Retriever(PinnedReleases({source: (store, release_id)}), embedder, ranking=ranking)

    def asked(question: Question) -> Ranked | None:
        if question.unanswerable is not None:
            return None
        found = retriever.search(question.text, sources=[source], limit=RANKED_WITHIN)
        hits = (rank for rank, scored in enumerate(found, 1) if question.is_answered_by(scored.passage))
        return Ranked(next(hits, None), found[0].passage.url if found else None)

    return [asked(question) for question in questions]


def scores_of(questions: Sequence[Question], ranks: Ranks) -> QuestionScores:
    """Return how a release did."""
    return QuestionScores(
        golden=_kind_scores(questions, ranks, QuestionKind.GOLDEN),
        heading=_kind_scores(questions, ranks, QuestionKind.HEADING),
    )


def _kind_scores(questions: Sequence[Question], ranks: Ranks, kind: QuestionKind) -> KindScores:
    asked = [ranked for question, ranked in zip(questions, ranks, strict=True) if question.kind is kind]
    found = [ranked for ranked in asked if ranked is not None]
    if not found:
        return KindScores(asked=len(asked), answerable=0, recall=None, mrr=None)
    reciprocal = [0.0 if one.rank is None else 1 / one.rank for one in found]
    return KindScores(
        asked=len(asked),
        answerable=len(found),
        recall=round(sum(one.is_found for one in found) / len(found), 4),
        mrr=round(sum(reciprocal) / len(found), 4),
    )
