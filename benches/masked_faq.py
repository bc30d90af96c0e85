"""Questions of real sites' FAQs, asked of the sites after the questions' own words were blanked out of every page.

A question is a heading of its gold page, so that unmasked even plain word search finds it: masked, only the answer is
left to be found.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

from assets.steps.chunk import ChunkingSettings, split_markdown
from assets.steps.clean import CleanedPage, clean_page
from benches.debian_site import site_folder
from benches.figure import Figure
from benches.ranking import Excerpt, distinct_urls, passage_of, publish
from data_contracts.passage import Passage
from data_contracts.source import Selectors
from retrieval.embedder import Embedder
from retrieval.fusion import DENSE_WEIGHT
from retrieval.lexical_index import LexicalIndex, LexicalWriter
from retrieval.ranking import NAMED_BONUS, PAGE_SHARE, PLAIN, Ranking
from retrieval.retriever import Retriever
from retrieval.vector_store import RANKING, SearchMode, VectorStore

_DEPTH = 100
_GOALS = {1: ">= 0.45", 10: ">= 0.85"}

Pages = dict[str, CleanedPage]
"""Pages by URL."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the URL of the page that answers it; `place` is where on the page its heading stands, None if
    the page has no such anchor."""

    site: str
    text: str
    page: str
    anchor: str
    place: int | None


def masked_faq_figures(data: Path, store: VectorStore, embedder: Embedder) -> list[Figure]:
    """Publish the five masked sites, a source each, and ask each site its questions; the peer is BM25 over whole
    pages, as a site's own search would do it."""
    questions, sites = masked_sites(data)
    publish_sites(sites, store, embedder)
    retriever = Retriever(store, embedder)
    whole = _found_in_whole_pages(sites, questions)
    figures = []
    for mode in SearchMode:
        found = [_found(retriever, question, [question.site], mode) for question in questions]
        figures += [_page_figure(mode, k, questions, found, whole) for k in (1, 10)]
        if mode is SearchMode.HYBRID:
            figures.append(_place_figure(questions, found))
    figures += _technique_figures(store, embedder, questions)
    found = [_found(retriever, question, list(sites), SearchMode.HYBRID) for question in questions]
    return figures + [
        Figure(f"masked FAQ hit@{k} hybrid, five sites at once", hits(questions, found, k, has_page), "")
        for k in (1, 10)
    ]


def publish_sites(sites: Mapping[str, Pages], store: VectorStore, embedder: Embedder) -> None:
    """Publish each site as a source of its own, cut into chunks as the pipeline cuts them."""
    for site, pages in sites.items():
        publish(store, site, _excerpts(pages, embedder), embedder)


def _technique_figures(store: VectorStore, embedder: Embedder, questions: list[Question]) -> list[Figure]:
    """One technique of the ranking after the other, each with those before it; the peer is none of them."""
    plain = None
    figures = []
    for name, ranking in techniques():
        retriever = Retriever(store, embedder, ranking=ranking)
        found = [_found(retriever, question, [question.site], SearchMode.HYBRID) for question in questions]
        value = hits(questions, found, 1, has_page)
        figures.append(Figure(f"masked FAQ hit@1, {name}", value, "", peer=plain, peer_name="no technique"))
        plain = value if plain is None else plain
    return figures


def techniques() -> list[tuple[str, Ranking]]:
    """Rankings with more and more techniques."""
    weighted = replace(PLAIN, dense_weight=DENSE_WEIGHT)
    pages = replace(weighted, page_share=PAGE_SHARE)
    named = replace(pages, named_bonus=NAMED_BONUS)
    clean = replace(named, clean=True)
    return [
        ("no technique", PLAIN),
        ("weight of meaning", weighted),
        ("and words of pages", pages),
        ("and identifiers", named),
        ("and cleaned questions", clean),
        ("and diversity", RANKING),
    ]


def masked_sites(data: Path) -> tuple[list[Question], dict[str, Pages]]:
    """Return the questions, and the masked pages that a crawl reaches, by site and URL."""
    with (data / "sites" / "faq.jsonl").open() as file:
        asked = [row for row in map(json.loads, file) if row["reachable"]]
    sites = {}
    for site, facts in json.loads((data / "sites" / "sites.json").read_text()).items():
        mask = question_mask([row["question"] for row in asked if row["site"] == site])
        names = (data / "sites" / f"reachable_{site}.txt").read_text().split()
        folder = site_folder(facts["package"], facts["root"])
        sites[site] = {_url(site, name): masked(_cleaned(folder / name, _url(site, name)), mask) for name in names}
    return [_question(row, sites[row["site"]]) for row in asked], sites


def _page_figure(
    mode: SearchMode, k: int, questions: list[Question], found: list[list[Passage]], whole: list[list[Passage]]
) -> Figure:
    return Figure(
        f"masked FAQ hit@{k} {mode}",
        hits(questions, found, k, has_page),
        unit="",
        goal=_GOALS[k] if mode is SearchMode.HYBRID else "",
        peer=hits(questions, whole, k, has_page),
        peer_name="BM25, whole pages",
    )


def _place_figure(questions: list[Question], found: list[list[Passage]]) -> Figure:
    located = [pair for pair in zip(questions, found, strict=True) if pair[0].place is not None]
    value = hits([question for question, _ in located], [passages for _, passages in located], 10, has_place)
    return Figure("masked FAQ hit@10 hybrid, passage at the gold anchor", value, "")


def question_mask(questions: Sequence[str]) -> re.Pattern[str]:
    """Match any of the questions, whatever markup and spaces stand between its words."""
    words = (re.findall(r"\w+", question.replace("_", " ")) for question in questions)
    patterns = (r"[\W_]{1,12}".join(map(re.escape, row)) for row in words if row)
    return re.compile("|".join(sorted(patterns, key=len, reverse=True)), re.IGNORECASE)


def masked(page: CleanedPage, mask: re.Pattern[str]) -> CleanedPage:
    """Blank the questions out of a page; every other character keeps its offset."""
    blank = _blanked(page.markdown, mask)
    return CleanedPage(_blanked(page.title, mask), blank, page.anchors, None, None, page.language, page.flags, ())


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
    return [scored.passage for scored in found]


def _found_in_whole_pages(sites: dict[str, Pages], questions: list[Question]) -> list[list[Passage]]:
    indexes, passages = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for site, pages in sites.items():
            passages[site] = [passage_of(site, Excerpt(url, page.title, page.markdown)) for url, page in pages.items()]
            with LexicalWriter(Path(folder) / site) as writer:
                writer.append(passages[site])
            indexes[site] = LexicalIndex(Path(folder) / site)
        places = [indexes[question.site].search(question.text, 10)[0] for question in questions]
    return [[passages[question.site][at] for at in row] for question, row in zip(questions, places, strict=True)]


def _url(site: str, name: str) -> str:
    return f"https://{site}.test/{name}"


def _question(row: dict[str, str], pages: Pages) -> Question:
    url = _url(row["site"], row["gold_path"])
    places = [anchor.offset for anchor in pages[url].anchors if anchor.id == row["gold_anchor"]]
    return Question(row["site"], row["question"], url, row["gold_anchor"], next(iter(places), None))


def _cleaned(path: Path, url: str) -> CleanedPage:
    return clean_page(path.read_bytes(), url=url, charset="utf-8", selectors=Selectors())


def _excerpts(pages: Pages, embedder: Embedder) -> list[Excerpt]:
    return [
        Excerpt(
            id=url,
            title=page.title,
            text=piece.text,
            prefix_chars=piece.prefix_chars,
            heading_path=piece.heading_path,
            anchor=piece.anchor,
            start=piece.start,
            end=piece.end,
        )
        for url, page in pages.items()
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
