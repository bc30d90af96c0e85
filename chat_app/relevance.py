"""Whether anything found is about the question at all.

The thresholds are for the default embedding model. `benches/declining.py` asks real sites questions of their own and
foreign ones; docs/search-quality.md has the shares that are declined and answered wrongly.
"""

from __future__ import annotations

from collections.abc import Sequence

from chat_app.query_term import coverage, terms
from data_contracts.passage import ScoredPassage
from retrieval.query_cleaning import cleaned

CLOSE = 0.40
"""Cosine similarity from which a passage is about the question whatever its words."""
RELATED = 0.25
"""Cosine similarity from which a passage counts when it also has most of the question's words."""
COVERED = 0.6
"""Share of the question's terms that "most" means."""


def relevant(question: str, found: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """Return the passages to answer from, in their order; none when nothing found is about the question."""
    if not any(_is_about(question, scored) for scored in found[:3]):
        return []
    return [scored for scored in found if scored.dense is None or scored.dense >= RELATED] or list(found[:1])


def _is_about(question: str, scored: ScoredPassage) -> bool:
    wanted = terms(cleaned(question))
    there = terms(scored.passage.text)
    dense = scored.dense if scored.dense is not None else 0.0
    if dense >= CLOSE:
        return True
    return coverage(wanted, there) >= COVERED and (dense >= RELATED or len(wanted) <= 2)
