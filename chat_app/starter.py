"""First questions that people can click: headings of the pages that are live."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from retrieval.vector_store import ReleaseManifest

_LONGEST = 70
_NUMBER = re.compile(r"^(?:chapter\s+)?\d+(?:\.\d+)*[.:]?\s+", re.IGNORECASE)


def starters(releases: Sequence[ReleaseManifest], *, most: int = 4) -> list[tuple[str, str]]:
    """Return (label, question), taking turns between the releases; no label twice."""
    found: dict[str, str] = {}
    for row in zip_longest(*(release.starters for release in releases)):
        for heading in row:
            label = _label(heading) if heading else ""
            if label and label.lower() not in {taken.lower() for taken in found}:
                found[label] = label if label.endswith("?") else f"Explain: {label}"
    return list(found.items())[:most]


def _label(heading: str) -> str:
    """The heading without its number; nothing for one that is too long to be read on a button."""
    text = _NUMBER.sub("", " ".join(heading.split()))
    return text if 3 <= len(text) <= _LONGEST else ""
