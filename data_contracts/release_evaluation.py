"""What an evaluation found out about an index release, before it went live or was refused."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

FOUND_WITHIN = 5
"""Results of which one must be the answer: the 5 of recall@5."""

RANKED_WITHIN = 10
"""Results that are looked at for the rank of the answer."""


class QuestionKind(StrEnum):
    """Where a question comes from."""

    GOLDEN = "golden"  # written by a person
    HEADING = "heading"  # made from a heading of the pages


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KindScores(_Frozen):
    """How a release did on the questions of one kind.

    Of `asked` questions, `answerable` ones have their answer among the candidate's passages; recall (share answered
    within the first 5 results) and mrr (mean of 1 / rank, 0 beyond rank 10) are over these, None when there are none.
    """

    asked: int
    answerable: int
    recall: float | None
    mrr: float | None

    @property
    def answerable_share(self) -> float | None:
        """Share of the questions that could be answered at all."""
        return self.answerable / self.asked if self.asked else None


class QuestionScores(_Frozen):
    """How a release did on all questions."""

    golden: KindScores
    heading: KindScores

    def of(self, kind: QuestionKind) -> KindScores:
        """The scores on the questions of a kind."""
        return self.golden if kind is QuestionKind.GOLDEN else self.heading


class FailedQuestion(_Frozen):
    """A question that the candidate does not answer within the first 5 results; ranks are None beyond 10."""

    kind: QuestionKind
    question: str
    url: str
    reason: str
    rank: int | None
    live_rank: int | None


class ProbeScores(_Frozen):
    """Of `asked` chunks, how many were among the first five results for their own vector, and for their own text."""

    asked: int
    found_by_vector: int
    found_by_text: int


class ReleaseDiff(_Frozen):
    """What a release has that another one had not, in pages and chunks, with some pages' URLs as examples."""

    pages_added: int
    pages_removed: int
    pages_changed: int
    chunks_added: int
    chunks_removed: int
    chunks_kept: int
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


class ReleaseEvaluation(_Frozen):
    """The evaluation of a candidate against the release that was live then (`compared_with`, None: there was none).

    `key` names what was asked and demanded: an evaluation with the same key would find the same. `live` are the live
    release's scores on the same questions, None when it could not be asked. `problems` say why the candidate may not
    go live; none: it passed. `dense_weight` is the share of meaning against words that the golden questions asked for,
    None for the default; the release is searched with it.
    """

    key: str
    compared_with: str | None
    candidate: QuestionScores
    live: QuestionScores | None
    failed: tuple[FailedQuestion, ...]
    probe: ProbeScores
    diff: ReleaseDiff
    problems: tuple[str, ...]
    dense_weight: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the candidate may go live."""
        return not self.problems


def read_evaluation(found: str | Mapping[str, Any] | None) -> ReleaseEvaluation | None:
    """Read an evaluation back, from JSON or its values; None for none, and for one that other code wrote."""
    if not found:
        return None
    try:
        if isinstance(found, str):
            return ReleaseEvaluation.model_validate_json(found)
        return ReleaseEvaluation.model_validate(found)
    except ValidationError:
        return None
