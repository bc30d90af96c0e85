"""Everything that retrieval does for a turn, at the same time: each part of the question, the last turn's passages, and
the history as the prompt shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from chat_app.citation import MARKER
from chat_app.conversation.history import told
from chat_app.conversation.understanding import Understood
from chat_app.library import Found, Library
from chat_app.question import Exchange, Question
from data_contracts.passage import Passage, ScoredPassage
from retrieval.at_once import all_of, both
from retrieval.near_duplicate import distinct

_RECALLED = 4


async def search_evidence(
    library: Library, question: Question, understood: Understood, *, limit: int, history_tokens: int
) -> tuple[Found, str]:
    """Return what was found, best first and at most `limit`, and the conversation for the prompt.

    Errors: those of `Library.search`.
    """
    searching = [
        library.search(part, sources=question.sources, readable=question.asker.sources, limit=limit)
        for part in understood.parts
    ]
    recalled: list[ScoredPassage] = []
    conversation = ""
    if not question.history:
        found = await all_of(searching)
    else:
        recalling = _recalled(library, question, understood)
        telling = library.with_model(
            lambda embedder: told(question.history, embedder.token_offsets, history_tokens),
            sources=question.sources,
            readable=question.asker.sources,
        )
        found, (recalled, conversation) = await both(all_of(searching), both(recalling, telling))
    lanes = [*(one.passages for one in found), recalled]
    return replace(found[0], passages=merged(lanes, limit)), conversation


def merged(lanes: Iterable[Sequence[ScoredPassage]], limit: int) -> Sequence[ScoredPassage]:
    """Take the best of each lane, then the second of each, and so on; what says the same comes once. A single lane
    stays as the search ranked it."""
    lanes = [lane for lane in lanes if lane]
    if len(lanes) < 2:
        return lanes[0][:limit] if lanes else []
    first: dict[str, ScoredPassage] = {}
    for scored in chain.from_iterable(zip_longest(*lanes)):
        if scored is not None:
            first.setdefault(scored.passage.chunk_id, scored)
    return [scored for scored, _ in zip(distinct(first.values()), range(limit), strict=False)]


def cited(exchange: Exchange) -> list[Passage]:
    """Return the passages that the exchange's answer cited: they come first, and its markers count them."""
    count = len(set(MARKER.findall(exchange.answer)))
    return list(exchange.passages[: min(count, _RECALLED)])


async def _recalled(library: Library, question: Question, understood: Understood) -> list[ScoredPassage]:
    if not understood.rewritten:
        return []
    return await library.recall(
        understood.standalone,
        cited(question.history[-1]),
        sources=question.sources,
        readable=question.asker.sources,
    )
