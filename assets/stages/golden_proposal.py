"""Proposes questions of people as golden questions: those whose answer was liked, and those asked often in vain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import polars as pl

from assets.stages.chat_topics import TopicReport
from data_contracts.golden_candidate import GOLDEN_CANDIDATES, LIKED, UNANSWERED
from data_contracts.identity import content_id
from lake import Lake

_OFTEN = 2
"""Times that something must have been asked in vain to be worth a curator's time."""
_LONGEST_QUESTION = 300


def propose(lake: Lake, source: str, asked: pl.DataFrame, reports: Iterable[TopicReport]) -> int:
    """Append the candidates that are new; return how many. A question that was proposed once is not proposed again,
    whatever was decided about it."""
    found = {row["candidate_id"]: row for row in [*_unanswered(source, reports), *_liked(source, asked)]}
    if not found:
        return 0
    schema = GOLDEN_CANDIDATES.schema.create_empty().drop("source").schema
    return lake.append(GOLDEN_CANDIDATES, pl.DataFrame(list(found.values()), schema=schema), source=source).added


def _liked(source: str, asked: pl.DataFrame) -> Iterator[dict[str, object]]:
    """Questions with a good answer: the first citation of the source that quotes something is what answers them."""
    liked = asked.filter((pl.col("judgement") == "up") & pl.col("fault").is_null())
    for question, rows in liked.group_by("asked_for", maintain_order=True):
        for citation in json.loads(rows["citations"][-1]):
            quotes = [" ".join(quote.split()) for quote in citation["quotes"]]
            if citation["source"] == source and any(len(quote) >= 3 for quote in quotes):
                yield _row(source, str(question[0]), citation["url"], max(quotes, key=len), LIKED, rows.height)
                break


def _unanswered(source: str, reports: Iterable[TopicReport]) -> Iterator[dict[str, object]]:
    """Recurring questions without an answer. The page is the nearest one; its words are for the curator to find."""
    for report in reports:
        if report.asked >= _OFTEN:
            url = report.sections[0].url if report.sections else ""
            yield _row(source, report.question, url, "", UNANSWERED, report.asked)


def _row(source: str, question: str, url: str, quote: str, reason: str, asked: int) -> dict[str, object]:
    return {
        "candidate_id": content_id(source, question.casefold()),
        "question": question[:_LONGEST_QUESTION],
        "url": url,
        "quote": quote,
        "reason": reason,
        "asked": asked,
        "proposed_at": datetime.now(UTC),
    }
