"""A passage: a chunk as search returns it and a model is shown it, with all that a citation needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk of an index release. `start` and `end` are character offsets into the page's markdown; `text` begins
    with the heading path, `prefix_chars` long. `fetched_at` is when this version of the page was fetched."""

    chunk_id: str
    source: str
    url: str
    title: str
    heading_path: tuple[str, ...]
    anchor: str | None
    text: str
    prefix_chars: int
    start: int
    end: int
    page_version_id: str
    markdown_hash: str
    text_hash: str
    fetched_at: datetime

    @property
    def body(self) -> str:
        """The passage's own words, without the heading path in front."""
        return self.text[self.prefix_chars :]


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage with its fused score (higher is better) and the scores it was fused from, where it had them.

    `dense` is a cosine, `lexical` and `page` are the BM25 scores of the passage and of its whole page, `named` is the
    share of the question's identifiers that the passage holds whole.
    """

    passage: Passage
    score: float
    dense: float | None = None
    lexical: float | None = None
    page: float | None = None
    named: float = 0.0
