"""The nouns keep their promises."""

from __future__ import annotations

import importlib
import pkgutil

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import data_contracts
from data_contracts.document import Anchor, markdown_hash
from data_contracts.embedding import EMBEDDINGS
from data_contracts.identity import content_id, text_hash
from data_contracts.progress import Progress
from data_contracts.source import Source
from data_contracts.table import Table

TABLES = [
    value
    for module in pkgutil.iter_modules(data_contracts.__path__)
    for value in vars(importlib.import_module(f"data_contracts.{module.name}")).values()
    if isinstance(value, Table)
]


@given(st.lists(st.text()), st.lists(st.text()))
def test_different_parts_have_different_names(left: list[str], right: list[str]) -> None:
    assert (content_id(*left) == content_id(*right)) == (left == right)


def test_a_content_id_tells_where_a_part_ends() -> None:
    assert content_id("ab", "c") != content_id("a", "bc") != content_id("abc")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_is_partitioned_by_source_and_has_a_key(table: Table) -> None:
    assert "source" in table.schema.column_names()
    assert table.key


def test_there_is_a_table_for_each_noun_of_the_lake() -> None:
    assert {table.name for table in TABLES} == {
        "page_versions",
        "crawl_ledger",
        "crawls",
        "documents",
        "chunks",
        "embeddings",
        "index_releases",
        "release_events",
        "inbox_files",
        "exports",
        "erasures",
        "batch_curves",
        "boilerplate",
        "quarantine",
        "chat_turns",
        "feedback",
        "golden_candidates",
        "golden_decisions",
    }


def test_a_documents_name_changes_with_its_anchors() -> None:
    assert markdown_hash("t", "m", [Anchor(0, "a")]) != markdown_hash("t", "m", [Anchor(0, "b")])


def test_a_vector_of_another_length_than_its_dimension_is_rejected() -> None:
    row = pl.DataFrame(
        {
            "source": ["s"],
            "text_hash": [text_hash("t")],
            "model_id": ["m"],
            "dimension": [3],
            "vector": [[1.0, 0.0]],
            "embedded_at": [None],
        }
    )
    _, failure = EMBEDDINGS.schema.filter(row, cast=True)
    assert "vector_has_its_dimension" in failure.counts()


words = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)


@given(
    st.builds(
        Progress,
        stage=words,
        done=st.integers(0, 10**9),
        total=st.none() | st.integers(0, 10**9),
        unit=words,
        rate=st.integers(0, 10**6).map(lambda tenths: tenths / 10),
        counts=st.dictionaries(words.filter(lambda name: name != "rate"), st.integers(0, 10**9), max_size=4),
    )
)
def test_a_progress_line_reads_back_as_it_was_written(progress: Progress) -> None:
    assert Progress.parse(str(progress)) == progress


def test_a_line_that_is_not_progress_is_not_read_as_progress() -> None:
    assert Progress.parse("INFO progress is being made") is None


def test_time_left_follows_from_rate_and_is_unknown_without_one() -> None:
    assert Progress("embeddings", 50, 150, "chunks", 10.0).seconds_left == 10
    assert Progress("embeddings", 0, 150, "chunks", 0.0).seconds_left is None
    assert Progress("raw_html", 50, None, "pages", 10.0).seconds_left is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start_urls": ["ftp://site.example/"]}, "not an http or https URL"),
        ({"start_urls": []}, "at least one of start_urls and sitemaps"),
        ({"name": "Not A Name"}, "name"),
        ({"scope": {"exclude": ["("]}}, "not a regular expression"),
        ({"limits": {"pages": 0}}, "limits"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_wrong_source_says_what_is_wrong(change: dict[str, object], message: str) -> None:
    good: dict[str, object] = {"name": "site", "start_urls": ["https://site.example/"]}
    with pytest.raises(ValueError, match=message):
        Source.model_validate(good | change)


def test_a_source_is_in_scope_on_its_own_hosts() -> None:
    source = Source(name="s", start_urls=("https://A.example/",), sitemaps=("https://b.example/sitemap.xml",))
    assert source.hosts == {"a.example", "b.example"}
    assert source.display_title == "A.example"
