"""A stage that is told some pages does those and leaves what else is missing to others."""

from __future__ import annotations

import polars as pl
import pytest

from assets.stages.boilerplate import last_lesson
from assets.stages.chosen import Chosen
from assets.stages.embedding import embed_chunks
from assets.stages.extraction import extract_documents
from assets.stages.report import StageReport
from assets.stages.splitting import split_documents
from data_contracts.boilerplate import BOILERPLATE
from data_contracts.chunk import CHUNKS
from data_contracts.document import DOCUMENTS
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.table import Table
from tests.assets.conftest import HOST, CrawledSource
from tests.conftest import topic_page

pytestmark = pytest.mark.slow  # loads the embedding model

_FOOTER = "<p>The harbour office answers from nine to five, and at night for those who are in distress at sea.</p>"


def _page(topic: str) -> str:
    return topic_page(topic).replace("</main>", f"{_FOOTER}</main>")


def _chosen(crawled: CrawledSource, *paths: str) -> Chosen:
    urls = [f"{HOST}{path}" for path in paths]
    rows = crawled.lake.scan(PAGE_VERSIONS).filter(pl.col("url").is_in(urls)).select("page_version_id").collect()
    return Chosen(tuple(rows["page_version_id"]))


def _work(crawled: CrawledSource, chosen: Chosen) -> list[StageReport]:
    source, lake, tell = crawled.source, crawled.lake, crawled.told.append
    return [
        extract_documents(source, lake, on_progress=tell, chosen=chosen),
        split_documents(source, lake, crawled.embedder, crawled.chunking, on_progress=tell, chosen=chosen),
        embed_chunks(source, lake, crawled.embedder, crawled.chunking, on_progress=tell, chosen=chosen),
    ]


def _urls(crawled: CrawledSource, table: Table) -> set[str]:
    return {url.removeprefix(HOST) for url in crawled.lake.scan(table).select("url").collect()["url"]}


def test_only_the_chosen_pages_are_worked_on_and_the_rest_is_done_later(crawled: CrawledSource) -> None:
    crawled.crawl({f"/{number}": _page(f"harbour {number}") for number in range(12)})
    crawled.crawl({"/new": _page("a new pier")})
    documents, chunks, vectors = _work(crawled, _chosen(crawled, "/new"))
    assert (documents.done, documents.added) == (1, 1)
    assert _urls(crawled, DOCUMENTS) == _urls(crawled, CHUNKS) == {"/new"}
    assert vectors.added == chunks.added > 0
    assert crawled.lake.version(BOILERPLATE) is None  # what recurs is a matter of the whole source
    extract, split, embed, _ = crawled.build()
    assert (extract.done, extract.skipped) == (12, 1)
    assert split.done >= 12
    assert embed.done > 0
    assert last_lesson(crawled.lake, crawled.source.name).hashes


def test_chosen_pages_leave_out_what_was_learned_before(crawled: CrawledSource) -> None:
    crawled.crawl({f"/{number}": _page(f"harbour {number}") for number in range(12)})
    crawled.build()
    crawled.crawl({"/new": _page("a new pier")})
    _work(crawled, _chosen(crawled, "/new"))
    texts = crawled.lake.scan(CHUNKS).filter(pl.col("url") == f"{HOST}/new").select("text").collect()["text"]
    assert not any("harbour office" in text for text in texts)
    _, split, embed, _ = crawled.build()
    assert (split.done, embed.done) == (0, 0)  # nothing was left for the whole source to do


def test_pages_that_count_no_more_are_no_work(crawled: CrawledSource) -> None:
    crawled.crawl({"/a": _page("old"), "/b": _page("other")})
    old = _chosen(crawled, "/a")
    crawled.crawl({"/a": _page("new")})
    report = extract_documents(crawled.source, crawled.lake, on_progress=crawled.told.append, chosen=old)
    assert (report.done, crawled.lake.version(DOCUMENTS)) == (0, None)
