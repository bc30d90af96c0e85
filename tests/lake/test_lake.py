"""What the lake promises, on a local folder and on S3."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from data_contracts.chunk import CHUNKS, chunk_id
from data_contracts.identity import text_hash
from data_contracts.quarantine import QUARANTINE
from lake import Appended, Lake, LakeUnreachable


def chunk_rows(count: int, *, page: str = "https://site.example/a") -> pl.DataFrame:
    """Valid chunk rows of one page."""
    texts = [f"Passage {position} of {page}" for position in range(count)]
    markdown = text_hash(page)
    return pl.DataFrame(
        {
            "chunk_id": [chunk_id(page, markdown, "1", position) for position in range(count)],
            "url": [page] * count,
            "markdown_hash": [markdown] * count,
            "chunker_version": ["1"] * count,
            "position": list(range(count)),
            "start": [position * 10 for position in range(count)],
            "end": [position * 10 + 9 for position in range(count)],
            "heading_path": [["Title"]] * count,
            "anchor": [None] * count,
            "text": texts,
            "prefix_chars": [0] * count,
            "text_hash": [text_hash(text) for text in texts],
            "tokens": [5] * count,
        },
        schema_overrides={"anchor": pl.String},
    )


def test_an_empty_lake_reads_as_empty_tables(lake: Lake) -> None:
    assert lake.scan(CHUNKS).collect().is_empty()
    assert lake.version(CHUNKS) is None
    assert list(lake.batches(CHUNKS, pl.DataFrame({"chunk_id": ["x"]}), source="a")) == []


def test_appending_the_same_rows_twice_adds_them_once(make_lake: Callable[[], Lake]) -> None:
    assert make_lake().append(CHUNKS, chunk_rows(5), source="a") == Appended(added=5)
    assert make_lake().append(CHUNKS, chunk_rows(7), source="a") == Appended(added=2, skipped=5)
    assert make_lake().scan(CHUNKS).collect().height == 7


def test_an_append_of_known_rows_makes_no_new_version(lake: Lake) -> None:
    lake.append(CHUNKS, chunk_rows(5), source="a")
    before = lake.version(CHUNKS)
    lake.append(CHUNKS, chunk_rows(5), source="a")
    assert lake.version(CHUNKS) == before


def test_a_key_that_occurs_twice_in_a_batch_is_kept_once(lake: Lake) -> None:
    lake.append(CHUNKS, pl.concat([chunk_rows(2), chunk_rows(1)]), source="a")
    assert sorted(lake.scan(CHUNKS).collect()["position"]) == [0, 1]
    assert lake.scan(QUARANTINE).collect().is_empty()


def test_a_row_that_breaks_a_rule_goes_to_quarantine_with_the_rules_name(lake: Lake) -> None:
    rows = chunk_rows(3).with_columns(end=pl.when(pl.col("position") == 1).then(0).otherwise("end"))
    result = lake.append(CHUNKS, rows, source="a")
    assert result == Appended(added=2, quarantined=1)
    rejected = lake.scan(QUARANTINE, source="a").collect().to_dicts()
    assert len(rejected) == 1
    assert "end_is_after_start" in rejected[0]["rule"]
    assert rejected[0]["stage"] == "chunks"
    assert "Passage 1 of" in rejected[0]["row"]


def test_quarantining_the_same_row_again_keeps_one(lake: Lake) -> None:
    rows = chunk_rows(1).with_columns(end=pl.lit(-5))
    lake.append(CHUNKS, rows, source="a")
    lake.append(CHUNKS, rows, source="a")
    assert lake.scan(QUARANTINE).collect().height == 1


def test_bytes_survive_quarantine_as_base64(lake: Lake) -> None:
    lake.quarantine([{"body": b"\xff\x00"}], source="a", stage="markdown", rule="r", reason="why")
    assert lake.scan(QUARANTINE).collect()["row"].to_list() == ['{"body": "/wA="}']


def test_sources_do_not_see_each_others_rows(lake: Lake) -> None:
    lake.append(CHUNKS, chunk_rows(2), source="a")
    lake.append(CHUNKS, chunk_rows(3), source="b")
    assert lake.scan(CHUNKS, source="a").collect().height == 2
    assert lake.scan(CHUNKS, source="b").collect().height == 3
    assert lake.scan(CHUNKS).collect().height == 5


def test_missing_names_exactly_the_upstream_keys_without_a_row(lake: Lake) -> None:
    lake.append(CHUNKS, chunk_rows(3), source="a")
    upstream = chunk_rows(5).lazy().select("chunk_id")
    missing = lake.missing(upstream, CHUNKS, source="a")
    assert sorted(missing["chunk_id"]) == sorted(chunk_rows(5)["chunk_id"][3:])
    assert lake.missing(upstream, CHUNKS, source="a", where=pl.col("chunker_version") == "2").height == 5


def test_batches_stream_the_wanted_rows_and_no_more_than_asked(lake: Lake) -> None:
    lake.append(CHUNKS, chunk_rows(50), source="a")
    lake.append(CHUNKS, chunk_rows(50), source="b")
    keys = chunk_rows(50).select("chunk_id").head(30)
    batches = list(lake.batches(CHUNKS, keys, source="a", rows=7, columns=["position", "text"]))
    assert all(batch.height <= 7 for batch in batches)
    assert all(batch.columns == ["position", "text"] for batch in batches)
    assert sorted(pl.concat(batches)["position"]) == list(range(30))


def test_a_few_keys_are_looked_up_as_well_as_streamed(lake: Lake) -> None:
    for start in range(0, 50, 10):
        lake.append(CHUNKS, chunk_rows(50)[start : start + 10], source="a")
    lake.append(CHUNKS, chunk_rows(50), source="b")
    wanted = [3, 17, 18, 41]
    keys = chunk_rows(50)[wanted].select("chunk_id", "text")
    for rows in (1, 2, 64):  # a batch each, two a batch, all at once
        batches = list(lake.batches(CHUNKS, keys, source="a", rows=rows, columns=["position"]))
        assert all(batch.height <= rows and batch.columns == ["position"] for batch in batches)
        assert sorted(pl.concat(batches)["position"]) == wanted
    other_text = keys.with_columns(text=pl.lit("another"))
    assert list(lake.batches(CHUNKS, other_text, source="a")) == []


@pytest.mark.slow
def test_the_lake_remembers_what_it_knew_at_a_version_and_at_an_instant(lake: Lake) -> None:
    lake.append(CHUNKS, chunk_rows(2), source="a")
    first = lake.version(CHUNKS)
    time.sleep(1.1)  # S3 tells the time of an object to the second
    then = datetime.now(UTC)
    time.sleep(1.1)
    lake.append(CHUNKS, chunk_rows(5), source="a")
    assert lake.scan(CHUNKS, as_of=first).collect().height == 2
    assert lake.scan(CHUNKS, as_of=then).collect().height == 2
    assert lake.scan(CHUNKS).collect().height == 5


def test_racing_writers_of_the_same_rows_add_each_once(make_lake: Callable[[], Lake]) -> None:
    """Eight writers at once, overlapping rows, on a table that does not exist yet."""
    start = threading.Barrier(8)

    def write(writer: int) -> int:
        mine = make_lake()
        start.wait()
        return sum(
            mine.append(CHUNKS, chunk_rows(10 + writer, page=f"https://site.example/{page}"), source="a").added
            for page in range(3)
        )

    with ThreadPoolExecutor(8) as pool:
        added = sum(pool.map(write, range(8)))
    rows = make_lake().scan(CHUNKS).collect()
    assert rows["chunk_id"].is_unique().all()
    assert rows.height == added == 3 * 17


def test_writers_of_different_sources_do_not_wait_for_each_other(make_lake: Callable[[], Lake]) -> None:
    make_lake().append(CHUNKS, chunk_rows(1), source="seed")

    def write(source: str) -> int:
        mine = make_lake()
        return sum(mine.append(CHUNKS, chunk_rows(5, page=f"p{n}"), source=source).added for n in range(4))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write, "abcd")) == [20] * 4


WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from test_lake import CHUNKS, Lake, chunk_rows
lake = Lake(sys.argv[2])
for page in range(int(sys.argv[3]), int(sys.argv[4])):
    lake.append(CHUNKS, chunk_rows(20, page=f"p{page}"), source="a")
    print(page, flush=True)
"""


def _writer(url: str, first: int, last: int) -> subprocess.Popen[str]:
    """A process that appends twenty rows for each page and prints the page's number."""
    command = [sys.executable, "-c", WRITER, str(Path(__file__).parent), url, str(first), str(last)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_a_killed_writer_leaves_whole_batches_and_the_next_one_goes_on(tmp_path: Path) -> None:
    url = str(tmp_path / "lake")
    writer = _writer(url, 0, 10_000)
    assert writer.stdout is not None
    for _ in range(3):
        writer.stdout.readline()
    time.sleep(0.03)
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    lake = Lake(url)
    rows = lake.scan(CHUNKS).collect()
    assert rows.height >= 60
    assert rows.height % 20 == 0
    assert lake.append(CHUNKS, chunk_rows(20, page="after"), source="a").added == 20


@pytest.mark.slow
def test_two_processes_may_append_to_one_source_at_once(tmp_path: Path) -> None:
    url = str(tmp_path / "lake")
    writers = [_writer(url, 0, 16), _writer(url, 8, 24)]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    rows = Lake(url).scan(CHUNKS).collect()
    assert rows.height == 24 * 20
    assert rows["chunk_id"].is_unique().all()


def test_a_place_that_cannot_be_written_is_named_with_what_to_check(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(LakeUnreachable, match=r"(?s)chunks at .*LORECHAT_LAKE"):
        Lake(str(blocked)).append(CHUNKS, chunk_rows(1), source="a")


@pytest.mark.slow
def test_wrong_credentials_are_named_not_taken_for_an_empty_lake(s3_options: dict[str, str]) -> None:
    lake = Lake("s3://lake/secret", s3_options | {"AWS_SECRET_ACCESS_KEY": "wrong"})
    with pytest.raises(LakeUnreachable, match="credentials"):
        lake.scan(CHUNKS)
