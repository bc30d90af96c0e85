"""One turn: from a question to an answer whose every citation is the server's own."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chat_app.answerer import Answerer, Evidence, Usage, Wrote
from chat_app.citation import Citation
from chat_app.conversation.evidence_search import search_evidence
from chat_app.conversation.understanding import Understanding, Understood
from chat_app.error import EmptyAnswer
from chat_app.grounding.checker import SupportChecker
from chat_app.grounding.conclusion import NEAREST, conclude, nearest_pages
from chat_app.grounding.support import Support
from chat_app.library import Found, Library
from chat_app.marker_filter import MarkerFilter
from chat_app.question import Question
from chat_app.relevance import relevant
from chat_app.shields.shield import Shields
from data_contracts.passage import ScoredPassage
from retrieval.vector_store import ReleaseManifest

if TYPE_CHECKING:
    from chat_app.answer_cache.cached_answerer import CachedAnswerer
    from chat_app.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Searched:
    """What retrieval brought, before the answer begins. `sought` are the questions that were searched for where they
    are not the one that was asked: a follow-up put in full, or the parts of one."""

    passages: Sequence[ScoredPassage]
    releases: Sequence[ReleaseManifest]
    milliseconds: int
    sought: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished turn. `text` is markdown whose markers are exactly those of `citations`.

    `standalone` is the question as it was searched for, `flags` what the input shields noticed. `relevant` is False
    when nothing found was about the question: then `text` says so and the citations are the nearest pages. `support`
    says which of the sentences the cited passages bear out; `text` has a mark behind each of the others. `releases`
    maps source to release. `model` is the one that wrote it, "" for none, `notes` say for the reader why it was not the
    one that was to; `cost` is in US dollars, with what understanding the question took, None where no price is known,
    by the lists that `prices` names, `cached` says that an earlier question's answer was given again, `whole` is False
    when the model broke off. Times are milliseconds from the question on.
    """

    question: str
    text: str
    citations: tuple[Citation, ...]
    model: str
    releases: Mapping[str, str]
    standalone: str = ""
    flags: tuple[str, ...] = ()
    relevant: bool = True
    markers_removed: int = 0
    support: Support = field(default_factory=Support)
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    prices: str = ""
    notes: tuple[str, ...] = ()
    cached: bool = False
    whole: bool = True
    retrieval_milliseconds: int = 0
    first_text_milliseconds: int = 0
    milliseconds: int = 0
    passages: Sequence[ScoredPassage] = field(default=(), repr=False)


class AnswerPipeline:
    """Answers from a library with whoever writes the answers."""

    def __init__(self, library: Library, answerer: Answerer, *, passages: int = 8) -> None:
        self.library = library
        self.answerer = answerer
        self.telemetry: Telemetry | None = None
        self.cached: CachedAnswerer | None = None
        self.prices = ""
        self.understanding = Understanding()
        self.history_tokens = 1_500
        self.section_tokens = 0
        self.shields = Shields()
        self._limit = passages
        self._checker = SupportChecker()

    def stream(self, question: Question) -> AsyncGenerator[Searched | str | Answer, None]:
        """Yield what was found, then the answer's text in verified pieces, then the whole Answer.

        Errors: RetrievalError and ChatError kinds, at any point; text that was yielded before stays true.
        """
        events = self._stream(question)
        return events if self.telemetry is None else self.telemetry.watch(question, events)

    async def _stream(self, question: Question) -> AsyncGenerator[Searched | str | Answer, None]:
        began = time.perf_counter()
        question = await self.shields.input.check(question)
        question = replace(question, sources=await self._sources(question))  # who is charged, too
        understood = await self.understanding.understand(question)
        question = replace(question, standalone=understood.standalone)
        found, told = await search_evidence(
            self.library, question, understood, limit=self._limit, history_tokens=self.history_tokens
        )
        retrieval = _since(began)
        yield Searched(found.passages, found.releases, retrieval, _sought(understood))
        passages = relevant(question.sought, found.passages)
        if not passages:
            answer = _declined(question, found, retrieval, began)
            answer = replace(answer, cost=understood.cost or None, prices=self.prices if understood.cost else "")
            yield answer.text
            yield answer
            return
        if self.section_tokens:
            passages = await self.library.widened(found, passages, budget=self.section_tokens)
        evidence = Evidence([scored.passage for scored in passages], found.embedder, told)
        verify = MarkerFilter(len(passages), passage_text="\n".join(found.text for found in evidence.passages))
        said: list[str] = []
        first = 0
        wrote = Wrote(self.answerer.model_name)
        async with aclosing(self._verified(question, evidence, verify)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Wrote):
                    wrote = piece
                    continue
                first = first or _since(began)
                said.append(piece)
                yield piece
        text = "".join(said).strip()
        if not text:
            raise EmptyAnswer(
                f"**{wrote.model} wrote nothing that could be shown.** Ask again, or set another model "
                "with `LORECHAT_CHAT_MODEL`."
            )
        concluded = await conclude(text, verify.cited, evidence, self._checker)
        if concluded.rest:
            yield concluded.rest
        if self.cached:
            await self.cached.keep(question, evidence, wrote, text, concluded)
        cost = _cost(understood, wrote)
        yield Answer(
            question=question.text,
            standalone=question.sought,
            text=concluded.text,
            citations=concluded.citations,
            relevant=not concluded.is_decline,
            support=concluded.support,
            model=wrote.model,
            usage=wrote.usage,
            cost=cost,
            prices=self.prices if cost else "",
            notes=wrote.notes,
            cached=wrote.cached,
            whole=wrote.whole,
            flags=question.flags,
            releases=_named(found),
            markers_removed=verify.removed,
            retrieval_milliseconds=retrieval,
            first_text_milliseconds=first,
            milliseconds=_since(began),
            passages=passages,
        )

    async def _verified(
        self, question: Question, evidence: Evidence, verify: MarkerFilter
    ) -> AsyncGenerator[str | Wrote, None]:
        shield = self.shields.output()
        async with aclosing((self.cached or self.answerer).stream(question, evidence)) as deltas:
            async for delta in deltas:
                if isinstance(delta, Wrote):
                    yield delta
                elif piece := await shield.feed(verify.feed(delta)):
                    yield piece
        if piece := await shield.feed(verify.finish()) + await shield.finish():
            yield piece

    async def _sources(self, question: Question) -> list[str]:
        """Those that are asked: the chosen ones, or all that the asker may read."""
        releases = await self.library.releases(question.sources, readable=question.asker.sources)
        return [release.source for release in releases]

    async def answer(self, question: Question) -> Answer:
        """Return the whole answer. Errors: as `stream`."""
        async with aclosing(self.stream(question)) as events:
            async for event in events:
                if isinstance(event, Answer):
                    return event
        raise EmptyAnswer("**The turn ended without an answer.** Ask again.")


def _declined(question: Question, found: Found, retrieval: int, began: float) -> Answer:
    """The answer when nothing is about the question: says so, and names the nearest pages. No model is asked."""
    titles = ", ".join(release.title for release in found.releases)
    text = f"**Nothing in {titles} seems to answer this.** Try other words, or ask about something it covers."
    rest, nearest = nearest_pages([scored.passage for scored in found.passages])
    return Answer(
        question=question.text,
        standalone=question.sought,
        text=text + rest,
        citations=nearest,
        model="",
        releases=_named(found),
        relevant=False,
        retrieval_milliseconds=retrieval,
        first_text_milliseconds=_since(began),
        milliseconds=_since(began),
        passages=found.passages[:NEAREST],
        flags=question.flags,
    )


def _sought(understood: Understood) -> tuple[str, ...]:
    """What the reader is told was searched for; nothing when it is what was asked."""
    return understood.parts if understood.rewritten or len(understood.parts) > 1 else ()


def _cost(understood: Understood, wrote: Wrote) -> float | None:
    """What a turn cost in all. Without the price of what was written nothing can be said of the whole."""
    if wrote.cost is None and wrote.usage != Usage():
        return None
    return understood.cost + (wrote.cost or 0.0) or wrote.cost


def _named(found: Found) -> dict[str, str]:
    return {release.source: release.release_id for release in found.releases}


def _since(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)
