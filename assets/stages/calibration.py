"""How much meaning shall count against words when a release is searched: chosen on the source's golden questions.

Only a clear gain over the default counts, on enough questions: on fewer than `ENOUGH` the best of a few weights is
mostly luck. A weight that answers fewer of the questions within the first results than the default does is never
taken, so a calibrated release cannot do worse on them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from data_contracts.release_evaluation import KindScores
from retrieval.fusion import DENSE_WEIGHT

WEIGHTS = (0.45, 0.6, 0.9)
"""What is tried besides the default."""

ENOUGH = 20
"""Answerable golden questions without which nothing is calibrated."""

LEAST_GAIN = 0.03
"""Gain in mean reciprocal rank that is worth leaving the default."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A weight and how the golden questions fared with it."""

    weight: float
    scores: KindScores


def calibrated_weight(ask: Callable[[float], KindScores]) -> float | None:
    """Return the weight to search a release with, None for the default. `ask` asks the golden questions with one."""
    default = Tried(DENSE_WEIGHT, ask(DENSE_WEIGHT))
    if default.scores.answerable < ENOUGH:
        return None
    return chosen(default, [Tried(weight, ask(weight)) for weight in WEIGHTS])


def chosen(default: Tried, others: Sequence[Tried]) -> float | None:
    """Return the weight that gains most, the nearest to the default of equal ones; None where none gains enough."""
    floor = (default.scores.mrr or 0.0) + LEAST_GAIN
    better = [
        one
        for one in others
        if (one.scores.mrr or 0.0) >= floor and (one.scores.recall or 0.0) >= (default.scores.recall or 0.0)
    ]
    if not better:
        return None
    return min(better, key=lambda one: (-(one.scores.mrr or 0.0), abs(one.weight - default.weight), one.weight)).weight
