"""A site whose boilerplate survives cleaning: chunks come without it, and nothing else changes by that."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from assets.stages.boilerplate import last_lesson
from data_contracts.chunk import CHUNKS
from data_contracts.document import DOCUMENTS
from data_contracts.source import Boilerplate

pytestmark = pytest.mark.slow

COOKIES = "We and our partners use cookies to make this site as useful as it can be."
HELPFUL = "Was this page helpful? Tell us what you think about it."
SUBJECTS = ("rain", "snow", "wind", "hail", "fog", "frost", "thunder", "drought", "mist", "dew")


def page(subject: str, *, note: str = "", date: str = "3 March 2026") -> str:
    said = f"Whoever looks at {subject} for long will see that {subject} is never quite the same{note}. " * 3
    return (
        f"<html><head><title>All of {subject}</title></head><body><main><h1>All of {subject}</h1><p>{COOKIES}</p>"
        f"<h2>What {subject} is</h2><p>{said}</p><h2>Feedback</h2><p>{HELPFUL}</p>"
        f"<p>This page was last changed on {date} by the weather desk.</p></main></body></html>"
    )


def site(**changes: str) -> dict[str, str | None]:
    return {f"/{subject}": changes.get(subject, page(subject)) for subject in SUBJECTS}


def live_texts(crawled: Any) -> list[str]:
    rows = crawled.lake.scan(CHUNKS).join(_live(crawled).select("chunk_id"), on="chunk_id", how="semi").collect()
    return rows["text"].to_list()  # type: ignore[no-any-return]  # a column of texts


def _live(crawled: Any) -> pl.LazyFrame:
    from assets.stages.live import live_chunks
    from assets.steps.chunk import chunker_version
    from assets.steps.clean import extractor_version

    versions = (
        extractor_version(crawled.source.selectors),
        chunker_version(crawled.chunking, crawled.embedder.tokenizer_id),
    )
    return live_chunks(crawled.lake, crawled.source.name, *versions)


def test_what_recurs_is_in_no_chunk_and_the_offsets_still_point_into_the_document(crawled: Any) -> None:
    crawled.crawl(site())
    crawled.build()
    texts = live_texts(crawled)
    assert len(texts) == 10
    assert not any(said in text for text in texts for said in (COOKIES, HELPFUL, "last changed", "Feedback"))
    rows = crawled.lake.scan(CHUNKS).join(crawled.lake.scan(DOCUMENTS), on=["url", "markdown_hash"]).collect()
    for row in rows.to_dicts():
        assert row["markdown"][row["start"] : row["end"]] == row["text"][row["prefix_chars"] :]
    places = {block.text: (block.pages, block.place) for block in last_lesson(crawled.lake, "example").blocks}
    assert places[COOKIES] == (10, "top")
    assert places["## Feedback"] == (10, "bottom")


def test_a_date_in_the_boilerplate_embeds_nothing_and_makes_no_release(crawled: Any) -> None:
    crawled.crawl(site())
    crawled.build()
    first = crawled.store.live("example").release_id
    crawled.crawl(site(**{subject: page(subject, date="4 June 2026") for subject in SUBJECTS}))
    extracted, _, embedded, _ = crawled.build()
    assert (extracted.added, embedded.added) == (10, 0)
    texts = sorted(live_texts(crawled))
    assert len(texts) == 10
    assert len(set(texts)) == 10
    assert first


def test_one_page_that_loses_the_boilerplate_is_cut_again_and_no_other(crawled: Any) -> None:
    crawled.crawl(site())
    crawled.build()
    crawled.crawl({"/rain": page("rain").replace(f"<p>{COOKIES}</p>", "")})
    assert crawled.split().done == 0
    crawled.extract()
    assert crawled.split().done == 1
    assert len(live_texts(crawled)) == 10


def test_a_lesson_is_kept_when_all_is_cut_and_a_second_run_cuts_nothing(crawled: Any) -> None:
    crawled.crawl(site())
    crawled.extract()
    assert last_lesson(crawled.lake, "example").number == 0
    assert crawled.split().counts["blocks left out"] == 4
    assert last_lesson(crawled.lake, "example").number == 1
    again = crawled.split()
    assert (again.done, again.added) == (0, 0)
    assert last_lesson(crawled.lake, "example").number == 1


def test_shards_learn_the_same_and_the_last_one_keeps_it(crawled: Any) -> None:
    from assets.stages.shard import Shard
    from assets.stages.splitting import split_documents

    crawled.crawl(site())
    crawled.extract()
    about = (crawled.source, crawled.lake, crawled.embedder, crawled.chunking)
    split_documents(*about, on_progress=crawled.told.append, shard=Shard(1, 2))
    assert last_lesson(crawled.lake, "example").number == 0
    split_documents(*about, on_progress=crawled.told.append, shard=Shard(2, 2))
    assert last_lesson(crawled.lake, "example").number == 1
    assert len(live_texts(crawled)) == 10


@pytest.mark.parametrize(
    ("rules", "stays"), [(Boilerplate(keep=("(?i)cookies",)), [COOKIES]), (Boilerplate(drop=False), [COOKIES, HELPFUL])]
)
def test_a_person_decides_what_stays(crawled: Any, rules: Boilerplate, stays: list[str]) -> None:
    crawled.crawl(site())
    crawled.build()
    crawled.source = crawled.source.model_copy(update={"boilerplate": rules})
    crawled.split()
    texts = " ".join(live_texts(crawled))
    assert [said for said in (COOKIES, HELPFUL) if said in texts] == stays
    assert crawled.split().done == 0
