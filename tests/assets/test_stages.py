"""The stages, run over a real lake with the real default model."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from assets.error import UpstreamBehind, UpstreamEmpty
from data_contracts.chunk import CHUNKS
from data_contracts.document import DOCUMENTS
from data_contracts.embedding import EMBEDDINGS
from data_contracts.index_release import INDEX_RELEASES
from data_contracts.quarantine import QUARANTINE
from retrieval.vector_store import SearchMode

TABLES = (DOCUMENTS, CHUNKS, EMBEDDINGS, INDEX_RELEASES, QUARANTINE)


def html(*paragraphs: str, footer: str = "") -> str:
    body = "".join(f"<h2>Part {number} of it</h2><p>{text}</p>" for number, text in enumerate(paragraphs))
    return f"<html><head><title>A page</title></head><body><main><h1>A page</h1>{body}</main>{footer}</body></html>"


def text(subject: str) -> str:
    return f"Whoever looks at {subject} for long will see that {subject} is never quite the same. " * 4


def versions(crawled: Any) -> dict[str, int | None]:
    return {table.name: crawled.lake.version(table) for table in TABLES}


def test_every_stage_adds_its_rows_and_a_second_run_adds_none(crawled: Any) -> None:
    crawled.crawl({"/a": html(text("rain"), text("snow")), "/b": html(text("wind"))})
    extracted, split, embedded, released = crawled.build()
    assert (extracted.added, split.added, embedded.added, released.added) == (2, 3, 3, 1)
    before = versions(crawled)
    again = crawled.build()
    assert [report.added for report in again] == [0, 0, 0, 0]
    assert [report.done for report in again] == [0, 0, 0, 0]
    assert versions(crawled) == before


def test_a_changed_page_embeds_only_its_changed_chunks(crawled: Any) -> None:
    crawled.crawl({"/a": html(text("rain"), text("snow")), "/b": html(text("wind"))})
    crawled.build()
    crawled.crawl({"/a": html(text("rain"), text("hail"))})
    extracted, split, embedded, released = crawled.build()
    assert (extracted.added, split.added, embedded.added, released.added) == (1, 2, 1, 1)
    assert crawled.store.live("example").chunks == 3


def test_a_page_that_differs_in_its_footer_only_is_the_same_release(crawled: Any) -> None:
    crawled.crawl({"/a": html(text("rain"), footer="<footer>Monday</footer>")})
    crawled.build()
    first = crawled.store.live("example")
    crawled.crawl({"/a": html(text("rain"), footer="<footer>Tuesday</footer>")})
    extracted, split, embedded, released = crawled.build()
    assert (extracted.added, split.added, embedded.added, released.added) == (1, 0, 0, 0)
    assert crawled.store.live("example") == first


def test_a_text_on_two_pages_is_embedded_once_and_found_on_both(crawled: Any) -> None:
    crawled.crawl({"/a": html(text("rain")), "/b": html(text("rain"))})
    _, split, embedded, _ = crawled.build()
    assert (split.added, embedded.added) == (2, 1)
    assert crawled.store.live("example").chunks == 2


def test_a_gone_page_leaves_the_index_and_comes_back_without_work(crawled: Any) -> None:
    both = {"/a": html(text("rain")), "/b": html(text("wind"))}
    crawled.crawl(both)
    crawled.build()
    first = crawled.store.live("example")
    crawled.crawl({"/b": None})
    crawled.build()
    assert crawled.store.live("example").pages == 1
    crawled.crawl(both)
    assert [report.added for report in crawled.build()] == [0, 0, 0, 0]
    assert crawled.store.live("example").release_id == first.release_id


def test_the_index_answers_with_what_a_citation_needs(crawled: Any) -> None:
    crawled.crawl({"/a": html(text("rain"), text("snow")), "/b": html(text("wind"))})
    crawled.build()
    question = "what is said about the wind?"
    [first, *_] = crawled.store.search(
        "example",
        vector=crawled.embedder.embed_query(question),
        text=question,
        model_id=crawled.embedder.model_id,
        limit=3,
        mode=SearchMode.HYBRID,
    )
    document = crawled.lake.scan(DOCUMENTS).filter(pl.col("url") == first.passage.url).collect().to_dicts()[0]
    assert first.passage.url.endswith("/b")
    assert first.passage.body in document["markdown"]
    assert first.passage.page_version_id == document["page_version_id"]
    assert first.passage.fetched_at.year == 2026


def test_vectors_are_stored_as_the_model_gave_them(crawled: Any) -> None:
    crawled.crawl({"/a": html(text("rain"), text("snow"))})
    crawled.build()
    rows = crawled.lake.scan(CHUNKS).join(crawled.lake.scan(EMBEDDINGS), on="text_hash").collect()
    expected = crawled.embedder.embed_passages(rows["text"].to_list())
    np.testing.assert_allclose(np.array(rows["vector"].to_list()), expected, atol=2e-2)


def test_a_page_that_cannot_be_cleaned_is_quarantined_once_with_its_rule(crawled: Any) -> None:
    crawled.crawl({"/a": html(text("rain")), "/empty": "<html><body><script>1</script></body></html>"})
    assert crawled.extract().quarantined == 1
    again = crawled.extract()
    assert (again.done, again.quarantined) == (0, 0)
    [row] = crawled.lake.scan(QUARANTINE).collect().to_dicts()
    assert row["stage"] == "markdown"
    assert row["rule"] == "no_content"
    assert "/empty" in row["row"]


def test_a_quarantined_page_is_tried_again_when_the_selectors_change(crawled: Any) -> None:
    crawled.crawl({"/empty": "<html><body><script>1</script></body></html>"})
    crawled.extract()
    selectors = crawled.source.selectors.model_copy(update={"main": "article"})
    crawled.source = crawled.source.model_copy(update={"selectors": selectors})
    assert crawled.extract().done == 1


def test_a_source_that_was_never_crawled_is_told_to_crawl(crawled: Any) -> None:
    with pytest.raises(UpstreamEmpty, match=r"never crawled.*raw_html"):
        crawled.extract()


def test_a_source_without_any_page_says_what_its_crawls_saw(crawled: Any) -> None:
    crawled.crawl({"/": None})
    with pytest.raises(UpstreamEmpty, match="only saw gone 1"):
        crawled.extract()


def test_a_stage_before_its_upstream_names_the_next_step(crawled: Any) -> None:
    crawled.crawl({"/a": html(text("rain"))})
    with pytest.raises(UpstreamEmpty, match="materialize markdown"):
        crawled.split()
    crawled.extract()
    with pytest.raises(UpstreamEmpty, match="chunks"):
        crawled.embed()
    crawled.split()
    with pytest.raises(UpstreamBehind, match="materialize embeddings"):
        crawled.release()
    assert crawled.store.live("example") is None


def test_the_last_three_releases_stay(crawled: Any) -> None:
    for subject in ("rain", "snow", "hail", "wind", "fog"):
        crawled.crawl({"/a": html(text(subject))})
        crawled.build()
    assert len(crawled.store.releases("example")) == 3
    assert crawled.lake.scan(INDEX_RELEASES).collect().height == 5


def test_progress_ends_at_its_total(crawled: Any) -> None:
    crawled.crawl({"/a": html(text("rain")), "/b": html(text("wind"))})
    crawled.build()
    last = {progress.stage: progress for progress in crawled.told}
    assert list(last) == ["markdown", "chunks", "embeddings", "vector_index"]
    assert all(progress.done == progress.total for progress in last.values())
