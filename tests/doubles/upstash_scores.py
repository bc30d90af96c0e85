"""What Upstash Vector computes for a query over the rows of a namespace: cosines, inner products with rarity, fusions.

The formulas are those of Upstash's documentation; they are written here by us, so agreement with this double says that
a client asks what it means to ask, not that Upstash's own numbers are these to the last digit.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

RRF_K = 60
"""The constant of reciprocal rank fusion, as Upstash documents it."""

Scored = list[tuple[str, float]]
"""Ids with their scores, best first."""
Keep = Callable[[str], bool]


class Rows:
    """Rows that do not change any more, made ready to be scored."""

    def __init__(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        self._ids = list(rows)
        self._dense = np.array([unit(row["vector"]) for row in rows.values()], dtype=np.float64)
        holders: defaultdict[int, list[int]] = defaultdict(list)
        values: defaultdict[int, list[float]] = defaultdict(list)
        for place, row in enumerate(rows.values()):
            for term, value in terms(row["sparseVector"]).items():
                holders[term].append(place)
                values[term].append(value)
        self._terms = {term: (np.array(held), np.array(values[term])) for term, held in holders.items()}

    def dense(self, vector: npt.NDArray[np.float64], keep: Keep) -> Scored:
        """Cosines, mapped to 0..1 as Upstash does: (1 + cosine) / 2."""
        if not self._ids:
            return []
        return self._scored((1 + self._dense @ vector) / 2, np.ones(len(self._ids), dtype=bool), keep)

    def sparse(self, asked: Mapping[int, float], keep: Keep, *, with_idf: bool) -> Scored:
        """Inner products over shared dimensions, each weighted by its rarity in the namespace where that is asked for;
        rows that share none are not found."""
        total = np.zeros(len(self._ids))
        shares = np.zeros(len(self._ids), dtype=bool)
        for term, value in asked.items():
            if term in self._terms:
                places, values = self._terms[term]
                total[places] += values * value * (self._idf(len(places)) if with_idf else 1.0)
                shares[places] = True
        return self._scored(total, shares, keep)

    def _idf(self, holders: int) -> float:
        return math.log((len(self._ids) - holders + 0.5) / (holders + 0.5) + 1)

    def _scored(self, scores: npt.NDArray[np.float64], found: npt.NDArray[np.bool_], keep: Keep) -> Scored:
        order = np.argsort(-scores, kind="stable")
        return [(self._ids[place], float(scores[place])) for place in order if found[place] and keep(self._ids[place])]


def fused(found: list[Scored], algorithm: str) -> Scored:
    """Return the sum of what a fusion makes of each list. Raises ValueError for another algorithm than RRF or DBSF."""
    total: Counter[str] = Counter()
    for scored in found:
        if algorithm == "RRF":
            total.update({key: 1 / (RRF_K + rank) for rank, (key, _) in enumerate(scored, start=1)})  # type: ignore[misc]  # floats count, too
        elif algorithm == "DBSF":
            total.update(_distribution(scored))  # type: ignore[arg-type]  # as above
        else:
            raise ValueError(f"no fusion algorithm {algorithm!r}")
    return sorted(total.items(), key=lambda pair: -pair[1])


def unit(vector: list[float]) -> Any:
    """Return a vector at length 1, None for one of length 0."""
    array = np.asarray(vector, dtype=np.float64)
    length = float(np.linalg.norm(array))
    return array / length if length else None


def terms(sparse: Mapping[str, list[Any]]) -> dict[int, float]:
    """Return a sparse vector's values by dimension."""
    return dict(zip(sparse["indices"], sparse["values"], strict=True))


def _distribution(scored: Scored) -> dict[str, float]:
    """Scores between the mean minus and plus three standard deviations, as a share of that span."""
    values = np.array([score for _, score in scored])
    spread = 6 * float(values.std()) if len(values) else 0.0
    low = float(values.mean()) - spread / 2 if len(values) else 0.0
    return {key: (score - low) / spread if spread else 0.5 for key, score in scored}
