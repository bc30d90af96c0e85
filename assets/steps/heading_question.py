"""Questions made from a site's own headings: what a search must find whatever the site is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data_contracts.identity import content_id

_TELLING_WORDS = 2
_LONGEST = 120
_WORD = re.compile(r"[^\W\d_]{2,}")
_NUMBERING = re.compile(
    r"^(?:(?:chapter|section|part|appendix)\s+)?(?:\d+(?:\.\d+)+[.):]?|(?:\d+|[ivxlc]+|[a-z])[.):])\s+", re.IGNORECASE
)
_ASKING = re.compile(r"^(?:how|what|why|when|where|who|which)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HeadingQuestion:
    """A question, and the section that it asks for: a page and the heading path that leads to it."""

    question: str
    url: str
    path: tuple[str, ...]


def heading_questions(sections: Iterable[tuple[str, Sequence[str]]], *, limit: int = 36) -> list[HeadingQuestion]:
    """Return up to `limit` questions for sections, given as (url, heading path) of their chunks.

    A heading that leads to sections of several pages asks for none of them and is left out, and so is one of less than
    two words. Which sections are chosen depends on their names alone, so a site that grows keeps most of its
    questions, and equal sections give equal questions.
    """
    pages: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    for url, path in sections:
        if path and _is_telling(path[-1]):
            pages.setdefault(path[-1].casefold(), set()).add((url, tuple(path)))
    named = [next(iter(found)) for found in pages.values() if len(found) == 1]
    chosen = sorted(named, key=lambda section: content_id(section[0], *section[1]))[:limit]
    return [HeadingQuestion(_question(path[-1]), url, path) for url, path in chosen]


def _is_telling(heading: str) -> bool:
    return len(heading) <= _LONGEST and len(_WORD.findall(heading)) >= _TELLING_WORDS


def _question(heading: str) -> str:
    words = _NUMBERING.sub("", " ".join(heading.replace("`", "").split()))
    if words.endswith("?"):
        return words
    return f"{words}?" if _ASKING.match(words) else f"What about {words}?"
