"""Embeddings -> index release: build the candidate beside the live one, evaluate it, and make it live if it passed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import polars as pl

from assets.error import ReleaseRefused
from assets.stages.batch_memory import BatchMemory
from assets.stages.candidate import BATCH_CHUNKS, Candidate, candidate_of, passages
from assets.stages.evaluation import Evaluator, OpenEmbedder, evaluation_of
from assets.stages.meter import Meter, ProgressListener
from assets.stages.pace import patiently
from assets.stages.promotion import answering, promote_release, whole_history
from assets.stages.report import StageReport
from assets.stages.retention import drop_old_releases
from assets.steps.chunk import ChunkingSettings
from data_contracts.index_release import INDEX_RELEASES
from data_contracts.question import GoldenQuestion
from data_contracts.release_evaluation import QuestionKind, ReleaseEvaluation
from data_contracts.release_event import Actor, ReleaseEventKind
from data_contracts.source import Source
from lake import Appended, Lake
from lake.release_history import Event, note_event, release_history
from retrieval.embedder import Embedder
from retrieval.tuning import BatchLimits, BatchTuner
from retrieval.vector_store import ReleaseManifest, VectorStore

STAGE = "vector_index"

_NAMED_QUESTIONS = 5
_LIMITS = BatchLimits(least=64, most=4096, step=128, patience=8)


class Outcome(StrEnum):
    """What became of a candidate that was not refused."""

    PROMOTED = "promoted"  # it is live now
    UNCHANGED = "unchanged"  # it was live already
    HELD = "held"  # a person replaced it by another one, which stays live


@dataclass(frozen=True, slots=True)
class Published:
    """How a source's index stands after the stage: the live release, and the candidate's id and evaluation."""

    report: StageReport
    outcome: Outcome
    candidate: str
    live: ReleaseManifest
    evaluation: ReleaseEvaluation | None


def release_index(
    source: Source,
    lake: Lake,
    embedder: Embedder,
    store: VectorStore,
    settings: ChunkingSettings,
    *,
    on_progress: ProgressListener,
    keep: int = 3,
    golden: Sequence[GoldenQuestion] = (),
    open_embedder: OpenEmbedder | None = None,
) -> Published:
    """Publish the live chunks of a source under a model; keep the live release, `keep` - 1 earlier ones and the newest
    refused one.

    The same content is the same release: while it is live nothing is built and nothing evaluated. A release that a
    person replaced by another one is left alone. Raises UpstreamEmpty, UpstreamBehind and, when the candidate fails
    its evaluation, ReleaseRefused; the live release keeps answering in each case.
    """
    evaluator = Evaluator(source, lake, store, embedder, open_embedder, golden)
    with candidate_of(source, lake, embedder, settings) as candidate:
        return _Publishing(source.name, lake, store, evaluator, candidate, keep).run(on_progress)


@dataclass
class _Publishing:
    name: str
    lake: Lake
    store: VectorStore
    evaluator: Evaluator
    candidate: Candidate
    keep: int

    def run(self, on_progress: ProgressListener) -> Published:
        candidate, live = self.candidate, answering(self.store, self.name)
        outcome = self._outcome(live)
        meter = self._meter(outcome, on_progress)
        if outcome is Outcome.PROMOTED:
            self._build(live, meter)
        evaluation = self._evaluated(outcome, live)
        if evaluation is not None:
            meter.rows(Appended(added=_record(self.lake, candidate, evaluation)))
            if outcome is Outcome.PROMOTED:
                self._decide(evaluation)
        self._drop_old()
        return Published(
            report=meter.report(self.name, {"pages": candidate.pages, "chunks": candidate.chunks.height}),
            outcome=outcome,
            candidate=candidate.release_id,
            live=answering(self.store, self.name) or candidate.manifest,
            evaluation=evaluation,
        )

    def _meter(self, outcome: Outcome, on_progress: ProgressListener) -> Meter:
        built = [release.release_id for release in self.store.releases(self.name)]
        chunks = self.candidate.chunks.height
        todo = chunks if outcome is Outcome.PROMOTED and self.candidate.release_id not in built else 0
        return Meter(STAGE, "chunks", total=todo, skipped=chunks - todo, on_progress=on_progress)

    def _evaluated(self, outcome: Outcome, live: ReleaseManifest | None) -> ReleaseEvaluation | None:
        """Evaluate the candidate against the live release; one that is live itself, against what it was compared with
        before, which asks nothing unless the questions have changed."""
        if outcome is Outcome.HELD:
            return None
        if outcome is Outcome.PROMOTED:
            return self.evaluator.evaluated(self.candidate, live.release_id if live else None)
        known = evaluation_of(live)
        return self.evaluator.evaluated(self.candidate, known.compared_with if known else None)

    def _outcome(self, live: ReleaseManifest | None) -> Outcome:
        """What becomes of the candidate unless it is refused."""
        release_id = self.candidate.release_id
        history = whole_history(self.lake, self.store, self.name)
        if live is not None and live.release_id == release_id:
            return Outcome.UNCHANGED
        return Outcome.HELD if live is not None and release_id in history.held else Outcome.PROMOTED

    def _build(self, live: ReleaseManifest | None, meter: Meter) -> None:
        one = self.candidate
        base = live.release_id if live is not None and live.model_id == one.manifest.model_id else None
        memory = BatchMemory(self.lake, STAGE, type(self.store).__name__, "rows")
        tuner = BatchTuner(_LIMITS, home=BATCH_CHUNKS, start=memory.best())

        def build() -> None:
            batches = passages(self.lake, self.name, one.chunks, one.spool, meter, tuner)
            self.store.build(one.manifest, batches, base=base)

        patiently(build, refused=tuner.throttled)
        memory.keep(self.name, tuner)
        meter.batches(tuner.points, tuner.best)

    def _decide(self, evaluation: ReleaseEvaluation) -> None:
        """Make the candidate live, or refuse it, and write down which."""
        release_id, decided_by = self.candidate.release_id, evaluation.model_dump_json()
        if evaluation.passed:
            reason = "passed its evaluation"
            promote_release(
                self.lake, self.store, self.name, release_id, actor=Actor.RUN, reason=reason, evaluation=decided_by
            )
            return
        last = release_history(self.lake, self.name).last(release_id)
        if last is None or last.event is not ReleaseEventKind.REFUSED or last.evaluation != decided_by:
            reason = "; ".join(evaluation.problems)
            event = Event(release_id, datetime.now(UTC), ReleaseEventKind.REFUSED, Actor.RUN, reason, decided_by)
            note_event(self.lake, self.name, event)
        self._drop_old()
        raise ReleaseRefused(_refusal(self.name, release_id, evaluation), evaluation)

    def _drop_old(self) -> None:
        drop_old_releases(self.store, release_history(self.lake, self.name), self.name, keep=self.keep)


def _refusal(source: str, release_id: str, evaluation: ReleaseEvaluation) -> str:
    """Say why, which questions fail, and what to do."""
    failed = sorted(evaluation.failed, key=lambda question: question.kind is not QuestionKind.GOLDEN)
    named = [f"{question.question!r} ({question.url}): {question.reason}" for question in failed[:_NAMED_QUESTIONS]]
    more = len(failed) - len(named)
    asked = "".join(f"\n- {line}" for line in named) + (f"\n- and {more} more" if more > 0 else "")
    return (
        f"the new index of {source!r}, release {release_id[:12]}, was not promoted and the live one keeps answering: "
        f"{'; '.join(evaluation.problems)}.{' Failing questions:' if named else ''}{asked}\n"
        f"Look at it with `lorechat releases show {source} {release_id[:12]}`; correct the pages, the questions or the "
        f"source's `evaluation` and build again, or promote it as it is: `lorechat releases promote {source} "
        f"{release_id[:12]}`"
    )


def _record(lake: Lake, candidate: Candidate, evaluation: ReleaseEvaluation) -> int:
    """Write the release down, return 1; one that is there already stays as it is, return 0."""
    manifest = candidate.manifest
    row = {
        "release_id": manifest.release_id,
        "model_id": manifest.model_id,
        "chunker_version": manifest.chunker_version,
        "extractor_version": manifest.extractor_version,
        "pages": manifest.pages,
        "chunks": manifest.chunks,
        "built_at": manifest.built_at,
        "versions": json.dumps(candidate.table_versions),
        "evaluation": evaluation.model_dump_json(),
    }
    schema = INDEX_RELEASES.schema.create_empty().schema
    return lake.append(INDEX_RELEASES, pl.DataFrame([row], schema=schema), source=manifest.source).added
