"""The answer without a language model: the best sentences of the best passages, quoted and cited."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

import numpy as np

from chat_app.answerer import Evidence, Wrote
from chat_app.query_term import coverage, terms
from chat_app.question import Question
from chat_app.sentence import Sentence, sentences
from data_contracts.passage import Passage
from retrieval.embedder import Embedder

NOTE = (
    "*No language model is configured, so these are the pages' own sentences. Set `OPENAI_API_KEY`, or "
    "`OPENAI_BASE_URL` for a local model such as Ollama, to get answers in prose.*"
)
_PASSAGES = 5
_QUOTED_PASSAGES = 3
_QUOTED_SENTENCES = 3
_CANDIDATES = 60
_LONGEST_CODE = 800
_TERM_WEIGHT = 0.35
_RANK_WEIGHT = 0.03
_NEAR_BEST = 0.72
_URL = re.compile(r"(?<![`(<\w])(?:https?|ftp)://[^\s<>)\]`]*[^\s<>)\]`.,;:!?]")
_BRACKET_NUMBER = re.compile(r"\[\^?(\d+)\]")


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: int
    order: int
    sentence: Sentence
    score: float


class ExtractiveAnswerer:
    """Quotes. Needs no key and no network. `closing` says below them why there is no prose."""

    def __init__(self, closing: str = NOTE) -> None:
        self._closing = closing

    @property
    def model_name(self) -> str:
        return "quotes only"

    async def stream(self, question: Question, evidence: Evidence) -> AsyncGenerator[str | Wrote, None]:
        """Yield one quoted block per passage, best passage first, then a note how to get prose."""
        for block in await asyncio.to_thread(quoted_blocks, question.sought, evidence):
            yield block + "\n\n"
        yield self._closing
        yield Wrote(self.model_name)

    def prepare(self) -> None:
        """There is nothing to load."""

    async def aclose(self) -> None:
        """There is nothing to let go of."""


def quoted_blocks(question: str, evidence: Evidence) -> list[str]:
    """Return the answer's blocks in markdown, each a quotation with its citation; never empty for any passage."""
    candidates = _scored(question, evidence)
    chosen = _chosen(candidates)
    if not chosen:
        return [_block(evidence.passages[0], 1, [])] if evidence.passages else []
    groups: dict[int, list[_Candidate]] = {}
    for candidate in chosen:
        groups.setdefault(candidate.passage, []).append(candidate)
    return [
        _block(evidence.passages[index], index + 1, sorted(group, key=lambda found: found.order))
        for index, group in groups.items()
    ]


def _scored(question: str, evidence: Evidence) -> list[_Candidate]:
    """Score prose by its closeness to the question and by the question's terms in it, best first."""
    found = [
        (index, order, sentence)
        for index, passage in enumerate(evidence.passages[:_PASSAGES])
        for order, sentence in enumerate(sentences(passage.body))
        if not sentence.is_code and 4 <= len(sentence.words) <= 80
    ][:_CANDIDATES]
    wanted = terms(question)
    contexts = [" ".join(evidence.passages[index].heading_path[-1:]) for index, _, _ in found]
    close = _closeness(evidence.embedder, question, [sentence.plain for _, _, sentence in found])
    scored = [
        _Candidate(index, order, sentence, float(near) + _terms_score(wanted, sentence, context) - _RANK_WEIGHT * index)
        for (index, order, sentence), near, context in zip(found, close, contexts, strict=True)
    ]
    return sorted(scored, key=lambda candidate: -candidate.score)


def _terms_score(wanted: frozenset[str], sentence: Sentence, context: str) -> float:
    """The section's heading counts for half: its sentences seldom repeat it."""
    there = terms(sentence.plain)
    return _TERM_WEIGHT * (coverage(wanted, there) + coverage(wanted, there | terms(context))) / 2


def _closeness(embedder: Embedder, question: str, texts: Sequence[str]) -> Sequence[float]:
    if not texts:
        return []
    vectors = embedder.embed_passages(texts)
    return list(np.asarray(vectors @ embedder.embed_query(question), dtype=float))


def _chosen(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Take the best sentences that are near the very best, no text twice, from a few passages."""
    chosen: list[_Candidate] = []
    for candidate in candidates:
        passages = {found.passage for found in chosen}
        if candidate.score < _NEAR_BEST * candidates[0].score and chosen:
            break
        if candidate.passage not in passages and len(passages) == _QUOTED_PASSAGES:
            continue
        if sum(found.passage == candidate.passage for found in chosen) == _QUOTED_SENTENCES:
            continue
        if not any(_says_the_same(candidate.sentence, found.sentence) for found in chosen):
            chosen.append(candidate)
    return chosen


def _says_the_same(one: Sentence, other: Sentence) -> bool:
    a, b = set(one.words), set(other.words)
    return len(a & b) >= 0.8 * min(len(a), len(b))


def _block(passage: Passage, number: int, group: Sequence[_Candidate]) -> str:
    """A line that says where, then the quotation, sentences in the page's order, then the citation."""
    place = short_place(passage)
    if not group:
        opening = " ".join(passage.body.split())[:400]
        return f"**{_inline(place)}**\n\n> {_inline(opening)} [{number}]"
    everything = sentences(passage.body)
    parts: list[str] = []
    for earlier, found in zip([None, *group], group, strict=False):
        gap = earlier is not None and found.order != earlier.order + 1
        parts.append(("… " if gap else "") + _inline(found.sentence.markdown))
    quotation = f"> {' '.join(parts)} [{number}]"
    code = _example(everything, group[0].order, group[-1].order)
    if code:
        quotation += "\n>\n" + "\n".join(f"> {line}".rstrip() for line in code.splitlines())
    return f"**{_inline(place)}**\n\n{quotation}"


def short_place(passage: Passage) -> str:
    """The page and the section, without what lies between."""
    path = list(passage.heading_path) or [passage.title]
    return " › ".join(dict.fromkeys([path[0], path[-1]]))


def _example(everything: Sequence[Sentence], first: int, last: int) -> str | None:
    """The code that the sentences introduce, else the code that they explain."""
    for place in (last + 1, first - 1):
        if 0 <= place < len(everything) and everything[place].is_code:
            code = everything[place].markdown.strip("\n")
            return code if len(code) <= _LONGEST_CODE else None
    return None


def _inline(markdown: str) -> str:
    """A quotation in one line: links as their text, URLs as code, and nothing that looks like a citation."""
    defined = re.sub(r"\n[ \t]*:[ \t]+", " — ", markdown)
    parts = re.split(r"(`+[^`]+`+)", defined.replace("\n", " "))
    prose = [part if index % 2 else _prose(part) for index, part in enumerate(parts)]
    return " ".join("".join(prose).split())


def _prose(markdown: str) -> str:
    text = re.sub(r"!?\[((?:[^\[\]]|\\.|\[[^\[\]]*\])*)\]\((?:[^()]|\([^()]*\))*\)", r"\1", markdown)
    text = _BRACKET_NUMBER.sub(r"(\1)", text)
    return _URL.sub(lambda match: f"`{match[0]}`", text)
