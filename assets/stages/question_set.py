"""The questions that a candidate is asked: its source's golden ones and some made from its headings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from assets.steps.heading_question import HeadingQuestion, heading_questions
from assets.steps.quote import holds
from data_contracts.chunk import CHUNKS
from data_contracts.passage import Passage
from data_contracts.question import GoldenQuestion
from data_contracts.release_evaluation import QuestionKind
from lake import Lake, current_aliases


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what answers it: a passage of `url` that holds `quote`, or one of the section `path` of it.

    `repeats` are the texts (hashes) that answer it; the same text on another page answers it as well. `unanswerable`
    says why no passage of the candidate can answer it, None when one can.
    """

    kind: QuestionKind
    text: str
    url: str
    quote: str = ""
    path: tuple[str, ...] = ()
    repeats: frozenset[str] = frozenset()
    unanswerable: str | None = None

    def is_answered_by(self, passage: Passage) -> bool:
        """Whether a passage, of whichever release, is the answer."""
        if passage.text_hash in self.repeats:
            return True
        if passage.url != self.url:
            return False
        if self.kind is QuestionKind.GOLDEN:
            return holds(passage.body, self.quote)
        return passage.heading_path[: len(self.path)] == self.path


def question_set(lake: Lake, source: str, chunks: pl.DataFrame, golden: Sequence[GoldenQuestion]) -> list[Question]:
    """Return the questions for a candidate's chunks (column chunk_id). Equal chunks are asked the same."""
    rows = lake.scan(CHUNKS, source=source).join(chunks.lazy().select("chunk_id"), on="chunk_id", how="semi")
    sections = rows.select("url", "heading_path").unique().collect(engine="streaming")
    derived = heading_questions(sections.iter_rows())
    return [*_golden(lake, source, rows, golden), *(_heading(one) for one in derived)]


def _heading(asked: HeadingQuestion) -> Question:
    return Question(QuestionKind.HEADING, asked.question, asked.url, path=asked.path)


def _golden(lake: Lake, source: str, rows: pl.LazyFrame, golden: Sequence[GoldenQuestion]) -> list[Question]:
    """The golden questions, each with the texts of its page that answer it."""
    if not golden:
        return []
    aliases = dict(current_aliases(lake, source).collect().iter_rows())
    urls = {question.url: aliases.get(question.url, question.url) for question in golden}
    columns = rows.select("url", "text_hash", body=pl.col("text").str.slice(pl.col("prefix_chars")))
    found = columns.filter(pl.col("url").is_in(list(urls.values()))).collect(engine="streaming")
    pages: dict[str, list[tuple[str, str]]] = {}
    for url, text_hash, body in found.iter_rows():
        pages.setdefault(url, []).append((text_hash, body))
    return [_one(question, urls[question.url], pages.get(urls[question.url])) for question in golden]


def _one(asked: GoldenQuestion, url: str, page: list[tuple[str, str]] | None) -> Question:
    repeats = frozenset(text_hash for text_hash, body in page or () if holds(body, asked.quote))
    why = (
        None
        if repeats
        else "its quote does not stand on that page"
        if page
        else "that page is not in the index (`lorechat why` tells why)"
    )
    return Question(QuestionKind.GOLDEN, asked.question, url, asked.quote, repeats=repeats, unanswerable=why)
