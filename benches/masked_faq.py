"""Questions of real sites' FAQs, asked of the sites after the questions' own words were blanked out of every page.

A question is a heading of its gold page, so that unmasked even plain word search finds it: masked, only the answer is
left to be found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from assets.steps.chunk import ChunkingSettings, split_markdown
from assets.steps.clean import CleanedPage, clean_page
from benches.debian_site import site_folder
from benches.figure import Figure
from benches.ranking import Excerpt, distinct_urls, publish
from data_contracts.passage import Passage
from data_contracts.source import Selectors
from retrieval.embedder import Embedder
from retrieval.retriever import Retriever
from retrieval.vector_store import SearchMode, VectorStore

_DEPTH = 100
_GOALS = {1: ">= 0.45", 10: ">= 0.85"}
_PUBLISHED = {1: (0.344, "whole-page BM25, 11 sites"), 10: (0.781, "whole-page BM25, 11 sites")}


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the page that answers it; `place` is where on the page its heading stands, None if unknown."""

    site: str
    text: str
    page: str
    anchor: str
    place: int | None


def masked_faq_figures(data: Path, store: VectorStore, embedder: Embedder) -> list[Figure]:
    """Publish the five masked sites, a source each, and ask each site its questions."""
    questions = publish_sites(data, store, embedder)
    retriever = Retriever(store, embedder)
    everywhere = sorted({question.site for question in questions})
    figures = []
    for mode in SearchMode:
        found = [_found(retriever, question, [question.site], mode) for question in questions]
        for k in (1, 10):
            goal, peer = (_GOALS[k], _PUBLISHED[k]) if mode is SearchMode.HYBRID else ("", (None, ""))
            figures.append(Figure(f"masked FAQ hit@{k} {mode}", hits(questions, found, k, has_page), "", goal, *peer))
    found = [_found(retriever, question, [question.site], SearchMode.HYBRID) for question in questions]
    located = [number for number, question in enumerate(questions) if question.place is not None]
    strict = [questions[number] for number in located], [found[number] for number in located]
    figures.append(Figure("masked FAQ hit@10 hybrid, passage at the gold anchor", hits(*strict, 10, has_place), ""))
    found = [_found(retriever, question, everywhere, SearchMode.HYBRID) for question in questions]
    figures += [
        Figure(f"masked FAQ hit@{k} hybrid, all five sites at once", hits(questions, found, k, has_page), "")
        for k in (1, 10)
    ]
    return figures


def publish_sites(data: Path, store: VectorStore, embedder: Embedder) -> list[Question]:
    """Clean, mask, chunk, embed and publish the pages that a crawl reaches; return the questions."""
    sites = json.loads((data / "sites" / "sites.json").read_text())
    with (data / "sites" / "faq.jsonl").open() as file:
        asked = [row for row in map(json.loads, file) if row["reachable"]]
    questions: list[Question] = []
    for site, facts in sites.items():
        own = [row for row in asked if row["site"] == site]
        mask = question_mask([row["question"] for row in own])
        names = (data / "sites" / f"reachable_{site}.txt").read_text().split()
        folder = site_folder(facts["package"], facts["root"])
        pages = {name: masked(_cleaned(folder, name), mask) for name in names}
        publish(store, site, _excerpts(pages, embedder), embedder)
        questions += [_question(row, pages[row["gold_path"]]) for row in own]
    return questions


def question_mask(questions: Sequence[str]) -> re.Pattern[str]:
    """Match any of the questions, whatever markup and spaces stand between its words."""
    words = (re.findall(r"\w+", question.replace("_", " ")) for question in questions)
    patterns = (r"[\W_]{1,12}".join(map(re.escape, row)) for row in words if row)
    return re.compile("|".join(sorted(patterns, key=len, reverse=True)), re.IGNORECASE)


def masked(page: CleanedPage, mask: re.Pattern[str]) -> CleanedPage:
    """Blank the questions out of a page; every other character keeps its offset."""
    blank = _blanked(page.markdown, mask)
    return CleanedPage(_blanked(page.title, mask), blank, page.anchors, None, None, page.language, page.flags)


def hits(
    questions: Sequence[Question],
    found: Sequence[Sequence[Passage]],
    k: int,
    is_hit: Callable[[Question, Sequence[Passage], int], bool],
) -> float:
    """Return the share of questions with a hit among the first `k`."""
    return mean(is_hit(question, passages, k) for question, passages in zip(questions, found, strict=True))


def has_page(question: Question, passages: Sequence[Passage], k: int) -> bool:
    """Whether the gold page is among the first `k` distinct pages."""
    return question.page in distinct_urls(passages)[:k]


def has_place(question: Question, passages: Sequence[Passage], k: int) -> bool:
    """Whether one of the first `k` passages has the gold anchor for its own, or holds its place."""
    place = question.place if question.place is not None else -1
    return any(
        passage.url == question.page and (passage.anchor == question.anchor or passage.start <= place < passage.end)
        for passage in passages[:k]
    )


def _found(retriever: Retriever, question: Question, sources: Sequence[str], mode: SearchMode) -> list[Passage]:
    found = retriever.search(question.text, sources=sources, limit=_DEPTH, mode=mode)
    return [scored.passage for scored in found if scored.passage.source == question.site]


def _question(row: dict[str, str], page: CleanedPage) -> Question:
    places = [anchor.offset for anchor in page.anchors if anchor.id == row["gold_anchor"]]
    return Question(row["site"], row["question"], row["gold_path"], row["gold_anchor"], next(iter(places), None))


def _cleaned(folder: Path, name: str) -> CleanedPage:
    body = (folder / name).read_bytes()
    return clean_page(body, url=f"https://site.test/{name}", charset="utf-8", selectors=Selectors())


def _excerpts(pages: dict[str, CleanedPage], embedder: Embedder) -> list[Excerpt]:
    return [
        Excerpt(
            id=name,
            title=page.title,
            text=piece.text,
            prefix_chars=piece.prefix_chars,
            heading_path=piece.heading_path,
            anchor=piece.anchor,
            start=piece.start,
            end=piece.end,
        )
        for name, page in pages.items()
        for piece in split_markdown(
            page.markdown,
            title=page.title,
            anchors=page.anchors,
            token_offsets=embedder.token_offsets,
            settings=ChunkingSettings(),
        )
    ]


def _blanked(text: str, mask: re.Pattern[str]) -> str:
    return mask.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
