"""Whether a release may go live, and which questions it fails."""

from __future__ import annotations

from collections.abc import Sequence

from assets.stages.asking import Ranks
from assets.stages.question_set import Question
from data_contracts.release_evaluation import FailedQuestion, QuestionKind, QuestionScores, ReleaseEvaluation
from data_contracts.source import Evaluation

_ROUNDING = 1e-6


def problems(demanded: Evaluation, scores: QuestionScores, live: QuestionScores | None) -> list[str]:
    """Return why a release with these scores may not go live, in sentences; none: it may."""
    found: list[str] = []
    golden = scores.golden
    if golden.answerable_share is not None and golden.answerable_share < demanded.min_answerable:
        found.append(
            f"only {golden.answerable} of {golden.asked} golden questions have their quote in the pages "
            f"({golden.answerable_share:.2f}, evaluation.min_answerable is {demanded.min_answerable:.2f})"
        )
    if golden.recall is not None and golden.recall < demanded.min_recall:
        found.append(
            f"recall@5 on the golden questions is {golden.recall:.2f}, evaluation.min_recall is "
            f"{demanded.min_recall:.2f}"
        )
    for kind in QuestionKind if live else ():
        new, old = scores.of(kind).recall, live.of(kind).recall if live else None
        if new is not None and old is not None and old - new > demanded.max_fall + _ROUNDING:
            found.append(
                f"recall@5 on the {kind.value} questions falls from {old:.2f} to {new:.2f}, evaluation.max_fall is "
                f"{demanded.max_fall:.2f}"
            )
    return found


def failed_questions(
    questions: Sequence[Question], ranks: Ranks, live_ranks: Ranks | None
) -> tuple[FailedQuestion, ...]:
    failed = []
    lives = live_ranks or [None] * len(questions)
    for question, ranked, live in zip(questions, ranks, lives, strict=True):
        if ranked is not None and ranked.is_found:
            continue
        if ranked is None:
            reason = question.unanswerable or ""
        else:
            place = f"found at rank {ranked.rank}" if ranked.rank else "not among the first 10 results"
            reason = f"{place}; the first result is {ranked.first_url or 'nothing'}"
        failed.append(
            FailedQuestion(
                kind=question.kind,
                question=question.text,
                url=question.url,
                reason=reason,
                rank=ranked.rank if ranked else None,
                live_rank=live.rank if live else None,
            )
        )
    return tuple(failed)


def score_rows(evaluation: ReleaseEvaluation) -> list[tuple[str, str, str, str]]:
    """Return kind, name of the number, the candidate's and the live release's."""
    rows = []
    for kind in QuestionKind:
        new = evaluation.candidate.of(kind)
        old = evaluation.live.of(kind) if evaluation.live else None
        rows.append((kind.value, "asked", str(new.asked), str(old.asked) if old else "-"))
        rows.append((kind.value, "answerable", _share(new.answerable_share), "-"))
        rows.append((kind.value, "recall@5", _share(new.recall), _share(old.recall if old else None)))
        rows.append((kind.value, "MRR", _share(new.mrr), _share(old.mrr if old else None)))
    return rows


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
