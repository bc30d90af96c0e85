"""The last step of an answer: what its passages support is checked, and the reader is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from chat_app.answerer import Evidence
from chat_app.citation import Citation, citations, cite
from chat_app.extractive import short_place
from chat_app.grounding.checker import SupportChecker
from chat_app.grounding.decline import is_decline
from chat_app.grounding.mark import closing, marked
from chat_app.grounding.support import Support
from data_contracts.passage import Passage

NEAREST = 3
"""Pages that are named when nothing answers."""


@dataclass(frozen=True, slots=True)
class Concluded:
    """`text` is the answer as it shall be shown, `rest` what is said behind a text that was shown while it was written.
    `is_decline`: a language model said that the passages do not answer; the citations are the nearest pages."""

    text: str
    rest: str
    citations: tuple[Citation, ...]
    support: Support = field(default_factory=Support)
    is_decline: bool = False


async def conclude(text: str, cited: Sequence[int], evidence: Evidence, checker: SupportChecker) -> Concluded:
    """Return a verified answer, checked against the passages that it cites by number."""
    if is_decline(text):
        rest, nearest = nearest_pages(evidence.passages)
        return Concluded(text + rest, rest, nearest, is_decline=True)
    support = await checker.check(text, evidence.passages, evidence.embedder)
    found = await asyncio.to_thread(citations, text, cited, evidence.passages)  # it reads every cited passage
    return Concluded(marked(text, support), closing(support), found, support)


def nearest_pages(passages: Sequence[Passage]) -> tuple[str, tuple[Citation, ...]]:
    """Return the paragraph that names the nearest pages, to be put behind a decline, and its citations."""
    nearest = list(enumerate(passages[:NEAREST], start=1))
    if not nearest:
        return "", ()
    lines = "\n".join(f"- {_place(passage)} [{number}]" for number, passage in nearest)
    return f"\n\nThe nearest pages are:\n\n{lines}", tuple(cite(number, passage) for number, passage in nearest)


def _place(passage: Passage) -> str:
    return short_place(passage).replace("[", "(").replace("]", ")")
