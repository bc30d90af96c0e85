"""Evaluation of a built release before it goes live: what it answers, against what the live one answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assets.stages.asking import Ranks, ask_release, scores_of
from assets.stages.calibration import ENOUGH, calibrated_weight
from assets.stages.candidate import Candidate
from assets.stages.judgement import failed_questions, problems
from assets.stages.probe import SAMPLE, probe_problems, probe_release
from assets.stages.question_set import Question, question_set
from assets.stages.release_diff import diff_of, places_of
from data_contracts.identity import content_id
from data_contracts.question import GoldenQuestion
from data_contracts.release_evaluation import KindScores, QuestionKind, ReleaseEvaluation, read_evaluation
from data_contracts.source import Source
from lake import Lake
from retrieval.embedder import Embedder
from retrieval.error import RetrievalError
from retrieval.fusion import DENSE_WEIGHT
from retrieval.vector_store import RANKING, ReleaseManifest, VectorStore

_REVISION = "2"  # raise it when the same release would be judged in another way

OpenEmbedder = Callable[[str], Embedder]
"""Loads the embedding model of a model id. Raises ModelUnavailable."""


def evaluation_of(release: ReleaseManifest | None) -> ReleaseEvaluation | None:
    """Return what a release's manifest says of its evaluation; None before it."""
    return read_evaluation(release.evaluation) if release else None


@dataclass(frozen=True, slots=True)
class Evaluator:
    """What evaluations of a source's releases work with: its golden questions, the embedder of the candidate, and how
    to load the one of a live release that was made with another model."""

    source: Source
    lake: Lake
    store: VectorStore
    embedder: Embedder
    open_embedder: OpenEmbedder | None = None
    golden: Sequence[GoldenQuestion] = ()

    def evaluated(self, candidate: Candidate, against: str | None) -> ReleaseEvaluation:
        """Return the evaluation of a built candidate against another built release, and keep it with the candidate.

        The same release against the same one is not evaluated twice, unless the golden questions or what the source
        demands have changed.
        """
        built = {release.release_id: release for release in self.store.releases(self.source.name)}
        release_id = candidate.release_id
        known = evaluation_of(built.get(release_id))
        if known is not None and known.key == self._key(release_id, against):
            return known
        found = self._evaluate(candidate, built.get(against or ""))
        self.store.evaluated(self.source.name, release_id, found.model_dump(mode="json"))
        return found

    def _key(self, release_id: str, against: str | None) -> str:
        """Name all that an evaluation depends on."""
        asked = json.dumps([question.model_dump() for question in self.golden])
        return content_id(_REVISION, release_id, against or "", asked, self.source.evaluation.model_dump_json())

    def _evaluate(self, candidate: Candidate, other: ReleaseManifest | None) -> ReleaseEvaluation:
        name, release_id = self.source.name, candidate.release_id
        other_id = other.release_id if other else None
        probe = probe_release(self.store, candidate.manifest, candidate.sample(SAMPLE), candidate.spool)
        questions = question_set(self.lake, name, candidate.chunks, self.golden)
        weight = self._calibrated(release_id, questions)
        ranking = replace(RANKING, dense_weight=DENSE_WEIGHT if weight is None else weight)
        ranks = ask_release(self.store, name, release_id, self.embedder, questions, ranking)
        other_ranks = None if other is None else self._ranks_of(other, questions)
        scores = scores_of(questions, ranks)
        other_scores = None if other_ranks is None else scores_of(questions, other_ranks)
        places = candidate.chunks.select("chunk_id", "url")
        return ReleaseEvaluation(
            key=self._key(release_id, other_id),
            compared_with=other_id,
            dense_weight=weight,
            candidate=scores,
            live=other_scores,
            failed=failed_questions(questions, ranks, other_ranks),
            probe=probe,
            diff=diff_of(places_of(self.store, name, other_id), places),
            problems=(*probe_problems(probe), *problems(self.source.evaluation, scores, other_scores)),
        )

    def _calibrated(self, release_id: str, questions: Sequence[Question]) -> float | None:
        """The share of meaning that answers the golden questions best, None for the default."""
        golden = [question for question in questions if question.kind is QuestionKind.GOLDEN]

        def ask(weight: float) -> KindScores:
            ranking = replace(RANKING, dense_weight=weight)
            ranks = ask_release(self.store, self.source.name, release_id, self.embedder, golden, ranking)
            return scores_of(golden, ranks).golden

        return calibrated_weight(ask) if len(golden) >= ENOUGH else None

    def _ranks_of(self, other: ReleaseManifest, questions: Sequence[Question]) -> Ranks | None:
        """Ask the other release; None when it cannot be asked, which must not keep a better one from going live."""
        try:
            embedder = self._embedder_of(other)
            if embedder is None:
                return None
            return ask_release(self.store, self.source.name, other.release_id, embedder, questions)
        except RetrievalError:
            return None

    def _embedder_of(self, release: ReleaseManifest) -> Embedder | None:
        if release.model_id == self.embedder.model_id:
            return self.embedder
        return None if self.open_embedder is None else self.open_embedder(release.model_id)
