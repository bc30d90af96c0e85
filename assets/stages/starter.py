"""First questions to offer: headings of a source's own pages that say something by themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

_PLAIN = re.compile(r"^[^\W\d_][\w ,.'’()/&+-]{7,58}[\w).?]$")
_EMPTY_WORDS = frozenset(
    re.findall(
        r"\w+",
        """about acknowledgements appendix author authors bibliography bugs changelog contents copyright credits
        description example examples faq files glossary home index intro introduction legal license links name notes
        options overview preface references reporting search see also summary synopsis table of the and a menu
        navigation return value values parameters""",
    )
)


def choose_starters(headings: Iterable[tuple[int, Sequence[str]]], *, limit: int = 4) -> tuple[str, ...]:
    """Return up to `limit` headings, questions first, then those with most text below them.

    `headings` are (characters of text, heading path) of chunks; only the first two levels of a path are considered. A
    heading on many pages is furniture, so each counts once per chunk and those without two telling words are left out.
    """
    weights: Counter[str] = Counter()
    for characters, path in headings:
        for heading in path[:2]:
            if _is_telling(heading):
                weights[heading.strip()] += characters
    ranked = sorted(weights, key=lambda heading: (not heading.endswith("?"), -weights[heading], heading))
    return tuple(ranked[:limit])


def _is_telling(heading: str) -> bool:
    words = [word for word in re.findall(r"[^\W\d_]+", heading.lower()) if word not in _EMPTY_WORDS]
    return len(words) >= 2 and bool(_PLAIN.match(heading.strip()))
