"""Checks an answer sentence by sentence against the passages that it cites."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from itertools import chain

import numpy as np

from chat_app.citation import MARKER
from chat_app.extractive import NOTE
from chat_app.grounding.claim import Claim, claims
from chat_app.grounding.decline import says_nothing_found
from chat_app.grounding.evidence import Evidence, evidence, joined
from chat_app.grounding.judgement import Judgement, is_verbatim, judge, judge_translated
from chat_app.grounding.support import SentenceSupport, Support
from chat_app.grounding.tongue import tongue
from chat_app.models.closing import CLOSINGS
from chat_app.sentence import plain_text
from data_contracts.passage import Passage
from retrieval.embedder import Embedder

_UNCITED = "no passage is cited"
_MOST_CLAIMS = 80


class SupportChecker:
    """Compares each statement with its passages by words, numbers, names and negations, and by meaning.

    A statement that stands in a passage word for word needs no embedding; all others, and what they are compared with,
    are embedded in one call.
    """

    async def check(self, text: str, passages: Sequence[Passage], embedder: Embedder) -> Support:
        """Return what of a verified answer is said by the passages that it cites; computed in a thread."""
        return await asyncio.to_thread(check_support, text, passages, embedder)


def check_support(text: str, passages: Sequence[Passage], embedder: Embedder) -> Support:
    """As `SupportChecker.check`, in the caller's thread. Statements beyond the eightieth are not checked."""
    stated = [claim for claim in claims(text) if not _is_about_itself(claim)][:_MOST_CLAIMS]
    cited = [_cited(claim, passages) for claim in stated]
    close = _Closeness(embedder, stated, cited)
    found = [_supported(text, claim, there, close) for claim, there in zip(stated, cited, strict=True)]
    share = sum(one.supported for one in found) / len(found) if found else 1.0
    return Support(tuple(found), share)


def _is_about_itself(claim: Claim) -> bool:
    """Whether a sentence speaks of the answer, not of the world: what the server adds, or that nothing was found."""
    return not claim.cited and (claim.plain in _own_words() or says_nothing_found(claim.plain))


@cache
def _own_words() -> str:
    """All that the server itself writes below an answer."""
    return plain_text(" ".join((NOTE, *CLOSINGS)))


def _cited(claim: Claim, passages: Sequence[Passage]) -> list[Evidence]:
    return [evidence(passages[number - 1]) for number in claim.cited if 1 <= number <= len(passages)]


class _Closeness:
    """Cosines of statements with what their passages say."""

    def __init__(self, embedder: Embedder, stated: Sequence[Claim], cited: Sequence[Sequence[Evidence]]) -> None:
        pairs = [
            (claim, there)
            for claim, there in zip(stated, cited, strict=True)
            if there and not any(is_verbatim(claim.plain, one) for one in there)
        ]
        texts = chain.from_iterable(
            [claim.plain, *(unit.plain for one in there for unit in one.units)] for claim, there in pairs
        )
        self._places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        self._vectors = embedder.embed_passages(list(self._places)) if self._places else None

    def __call__(self, claim: Claim, there: Evidence) -> list[float]:
        if self._vectors is None or claim.plain not in self._places:
            return [0.0] * len(there.units)
        units = self._vectors[[self._places[unit.plain] for unit in there.units]]
        return [float(value) for value in np.asarray(units @ self._vectors[self._places[claim.plain]])]


def _supported(text: str, claim: Claim, cited: Sequence[Evidence], close: _Closeness) -> SentenceSupport:
    if not cited:
        return SentenceSupport(claim.start, claim.end, False, _UNCITED, 0.0, claim.is_row)
    whole = [*cited, joined(cited)] if len(cited) > 1 else cited
    judged = [_judged(text, claim, there, close) for there in whole]
    best = min(judged, key=lambda one: (bool(one.reason), -one.score))
    return SentenceSupport(claim.start, claim.end, not best.reason, best.reason, round(best.score, 3), claim.is_row)


def _judged(text: str, claim: Claim, there: Evidence, close: _Closeness) -> Judgement:
    if is_verbatim(claim.plain, there):
        return Judgement(1.0)
    if not there.units:
        return judge(claim.plain, claim.plain, there, ())
    languages = tongue(claim.plain), tongue(there.text)
    if all(languages) and languages[0] != languages[1]:
        return judge_translated(claim.plain, there, close(claim, there))
    markdown = MARKER.sub("", text[claim.start : claim.end])
    return judge(markdown, claim.plain, there, close(claim, there))
