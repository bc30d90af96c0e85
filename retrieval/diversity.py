"""Not five passages of one page where several pages answer: a person wants the answer, and then other views of it.

A page may hold `MOST` of the results. It may hold all of them when it is the answer: when its best passage is ahead of
every other page's by `AHEAD` of the best score there is, and its next ones stand before all others as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from data_contracts.passage import ScoredPassage

MOST = 3
AHEAD = 0.15


def diverse(ranked: Sequence[ScoredPassage], limit: int, *, most: int = MOST) -> list[ScoredPassage]:
    """Return `limit` passages in their order, no more than `most` of a page that is not the answer.

    Passages that were left out come back behind the others where too few are left. The first passage is always the
    best one.
    """
    answer = answering_page(ranked, most)
    kept: list[ScoredPassage] = []
    surplus: list[ScoredPassage] = []
    held: Counter[tuple[str, str]] = Counter()
    for scored in ranked:
        page = _page(scored)
        held[page] += 1
        (kept if page == answer or held[page] <= most else surplus).append(scored)
    return [*kept, *surplus][:limit]


def answering_page(ranked: Sequence[ScoredPassage], most: int = MOST) -> tuple[str, str] | None:
    """Return the source and URL of the page that is the answer, None where none is."""
    if not ranked or ranked[0].score <= 0:
        return None
    first = _page(ranked[0])
    if any(_page(scored) != first for scored in ranked[:most]):
        return None
    other = next((scored.score for scored in ranked if _page(scored) != first), None)
    return first if other is None or ranked[0].score - other >= AHEAD * ranked[0].score else None


def _page(scored: ScoredPassage) -> tuple[str, str]:
    return scored.passage.source, scored.passage.url
