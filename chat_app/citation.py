"""What a marker [n] stands for: the server's own record of chunk, offsets, address, page version and fetch time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit, urlunsplit

from chat_app.query_term import terms
from chat_app.sentence import Sentence, plain_text, sentences
from data_contracts.passage import Passage

MARKER = re.compile(r"\[(\d{1,4})\]")
"""A citation in a verified answer; the number is its first group. Longer ones are no citations, and no numbers that
every machine reads."""
_FRAGMENT_WORDS = 6
_HIGHLIGHTS = 3
_SUPPORTS = 0.34


@dataclass(frozen=True, slots=True)
class Citation:
    """`number` is the marker's. `quotes` are (start, end) characters of the passage's body that support what was
    said; `start` and `end` are those of the whole passage in the page's markdown. `link` is the page's URL with
    anchor and text fragment."""

    number: int
    passage: Passage
    quotes: tuple[tuple[int, int], ...]
    link: str

    @property
    def chunk_id(self) -> str:
        return self.passage.chunk_id

    @property
    def start(self) -> int:
        return self.passage.start

    @property
    def end(self) -> int:
        return self.passage.end

    @property
    def fetched_at(self) -> datetime:
        return self.passage.fetched_at

    @property
    def page_version_id(self) -> str:
        return self.passage.page_version_id

    def as_json(self) -> dict[str, object]:
        """What a machine reads, and what is kept with the turn."""
        passage = self.passage
        return {
            "number": self.number,
            "source": passage.source,
            "title": passage.title,
            "heading_path": list(passage.heading_path),
            "url": passage.url,
            "link": self.link,
            "chunk_id": passage.chunk_id,
            "start": passage.start,
            "end": passage.end,
            "page_version_id": passage.page_version_id,
            "fetched_at": passage.fetched_at.isoformat(),
            "quotes": [passage.body[start:end] for start, end in self.quotes],
        }


def citations(answer: str, cited: Sequence[int], passages: Sequence[Passage]) -> tuple[Citation, ...]:
    """Return the citations of a verified answer, by number."""
    there = [number for number in sorted(set(cited)) if f"[{number}]" in answer]  # a shield may have cut one out
    return tuple(cite(number, passages[number - 1], _claims(answer, number)) for number in there)


def cite(number: int, passage: Passage, claims: Sequence[str] = ()) -> Citation:
    """Return the citation of a passage for the sentences that cite it."""
    quoted = supporting(passage.body, claims)
    first = plain_text(passage.body[slice(*quoted[0])]) if quoted else _opening(passage.body)
    return Citation(number, passage, quoted, link(passage.url, passage.anchor, first))


def supporting(body: str, claims: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Return where the sentence stands that shares most words with each claim; none where nothing shares enough."""
    found = [sentence for sentence in sentences(body) if not sentence.is_code]
    scored = [(sentence, terms(sentence.plain)) for sentence in found]
    best: dict[tuple[int, int], float] = {}
    for claim in claims:
        wanted = terms(claim)
        share, sentence = max(((_share(wanted, there), one) for one, there in scored), default=(0.0, None), key=_first)
        if sentence is not None and share >= _SUPPORTS:
            place = (sentence.start, sentence.end)
            best[place] = max(share, best.get(place, 0.0))
    strongest = sorted(best, key=lambda place: -best[place])[:_HIGHLIGHTS]
    return tuple(sorted(strongest))


def _first(pair: tuple[float, Sentence | None]) -> float:
    return pair[0]


def _share(claim: frozenset[str], sentence: frozenset[str]) -> float:
    """Shared terms against all terms of both (Dice), so that equal sentences win."""
    total = len(claim) + len(sentence)
    return 2 * len(claim & sentence) / total if total else 0.0


def _claims(answer: str, number: int) -> list[str]:
    """The texts in front of a marker, each back to the previous citation or the paragraph's beginning."""
    found: list[str] = []
    for paragraph in re.split(r"\n(?:>?\s*\n)+", answer):
        text = re.sub(r"(?m)^[>\s]+", "", paragraph)
        at, told = 0, -1
        for marker in MARKER.finditer(text):
            if int(marker[1]) == number and at != told:
                told = at
                found.extend(sentence.plain for sentence in _said(text[at : marker.start()]))
            if text[marker.end() : marker.end() + 1] != "[":
                at = marker.end()
    return found


def _said(text: str) -> list[Sentence]:
    return [sentence for sentence in sentences(MARKER.sub("", text)) if not sentence.is_code]


def link(url: str, anchor: str | None, text: str) -> str:
    """Return a URL that opens the page at an anchor and marks a text (scroll to text fragment, WICG draft)."""
    parts = urlsplit(url)
    fragment = quote(anchor or "", safe="/?:@!$()*+,;=-._~'&")
    words = text.split()
    if words:
        ends = (words,) if len(words) <= 2 * _FRAGMENT_WORDS else (words[:_FRAGMENT_WORDS], words[-_FRAGMENT_WORDS:])
        fragment += ":~:text=" + ",".join(_directive(" ".join(part)) for part in ends)
    return urlunsplit(parts._replace(fragment=fragment))


def _directive(text: str) -> str:
    """Percent-encode all that has a meaning inside a text directive."""
    return quote(text, safe="").replace("-", "%2D")


def _opening(body: str) -> str:
    """The first sentence that can be found on the page as it reads."""
    return next((sentence.plain for sentence in sentences(body) if not sentence.is_code), "")
