"""Dropped pages become documents, chunks and vectors, and JSONL, under the rights that our stack gives."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_contracts.chunk import CHUNKS
from data_contracts.document import DOCUMENTS
from data_contracts.embedding import EMBEDDINGS
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.quarantine import QUARANTINE
from data_contracts.table import Table
from lake import LakeUnreachable
from orchestration.error import DropsFailed, EventUnknown
from tests.lake.fault_proxy import SLOW_DOWN, FaultProxy
from tests.orchestration.function.conftest import Running, lines, page, running
from tests.orchestration.function.place import HOST, Context, Place

pytestmark = pytest.mark.slow


def _rows(place: Place, table: Table, path: str) -> int:
    """How many rows of a page the lake has."""
    return place.lake().scan(table).filter(pl.col("url") == f"{HOST}{path}").collect().height


def _files(place: Place, of: str) -> dict[str, list[dict[str, Any]]]:
    """The files about an object, by how their names end."""
    found = {key.removeprefix(f"processed/{of}."): rows for key, rows in place.processed().items() if f"/{of}." in key}
    return {key.partition(".")[2]: rows for key, rows in found.items()}


def test_a_dropped_page_becomes_a_document_with_chunks_and_vectors(run: Running) -> None:
    key = "incoming/notes/Straße & Co/a+b ü 100%.html"
    (done,) = run(run.place.put(key, page("mooring", f"{HOST}/moor")))
    assert (done["key"], done["source"], done["failures"]) == (key, "notes", 0)
    counts = done["counts"]
    assert (counts["pages"], counts["documents"], counts["left"]) == (1, 1, 0)
    assert _rows(run.place, DOCUMENTS, "/moor") == 1
    assert _rows(run.place, CHUNKS, "/moor") == counts["chunks"] > 0
    hashes = run.place.lake().scan(CHUNKS).filter(pl.col("url") == f"{HOST}/moor").select("text_hash")
    assert run.place.lake().missing(hashes, EMBEDDINGS, source="notes").is_empty()
    ((line,),) = _files(run.place, key.removeprefix("incoming/")).values()
    assert (line["url"], line["title"]) == (f"{HOST}/moor", "All about mooring")
    assert "two good ropes" in line["markdown"]


def test_an_event_that_is_delivered_twice_is_done_once(run: Running, capfd: pytest.CaptureFixture[str]) -> None:
    record = run.place.put("incoming/notes/twice.html", page("twins", f"{HOST}/twice"))
    first = run(record)
    versions = run.place.lake().version(DOCUMENTS)
    capfd.readouterr()
    assert run(record) == first
    assert run.place.lake().version(DOCUMENTS) == versions
    assert "Documents" not in capfd.readouterr().out  # nothing was counted twice


def test_a_bad_line_harms_no_other_and_is_told(run: Running) -> None:
    good = [{"url": f"{HOST}/{name}", "content": page(name)} for name in ("one", "two")]
    gone = {"url": f"{HOST}/three", "status": 404}
    rows = lines(good[0], b"{oops", {"url": "mailto:a@b", "content": "<p>"}, good[1], gone)
    (done,) = run(run.place.put("incoming/notes/pages.jsonl", rows))
    assert (done["counts"]["documents"], done["failures"]) == (2, 2)
    files = _files(run.place, "notes/pages.jsonl")
    assert {line["url"] for line in files["jsonl"]} == {f"{HOST}/one", f"{HOST}/two"}
    assert [(line["key"], line["line"], line["rule"]) for line in files["failures.jsonl"]] == [
        ("incoming/notes/pages.jsonl", 2, "not_json"),
        ("incoming/notes/pages.jsonl", 3, "no_url"),
    ]
    kept = run.place.lake().scan(QUARANTINE).filter(pl.col("row").str.contains("pages.jsonl")).collect()
    assert sorted(kept["rule"]) == ["no_url", "not_json"]


def test_pages_that_give_no_document_are_told_with_the_reason(run: Running) -> None:
    rows = lines(
        {
            "url": f"{HOST}/hidden",
            "content": page("hidden").replace("<head>", "<head><meta name=robots content=noindex>"),
        },
        {"url": f"{HOST}/empty", "content": "<html><body><script>1</script></body></html>"},
        {"url": f"{HOST}/told", "content": page("told")},
    )
    (done,) = run(run.place.put("incoming/notes/mixed.jsonl", rows))
    assert (done["counts"]["documents"], done["failures"]) == (1, 2)
    told = {line["url"]: line["rule"] for line in _files(run.place, "notes/mixed.jsonl")["failures.jsonl"]}
    assert told == {f"{HOST}/hidden": "noindex", f"{HOST}/empty": "no_content"}


def test_one_broken_record_keeps_no_other_from_being_done(run: Running) -> None:
    records: list[dict[str, Any]] = [
        run.place.put("incoming/nobody/first.html", page("first")),
        {"eventName": "ObjectCreated:Put", "s3": {"bucket": {}}},
        run.place.put("incoming/nobody/third.html", page("third")),
    ]
    with pytest.raises(DropsFailed, match=r"1 of 3 dropped objects were not done:\n  record 2: "):
        run(*records)
    titles = [_files(run.place, f"nobody/{name}.html")["jsonl"][0]["title"] for name in ("first", "third")]
    assert titles == ["All about first", "All about third"]


def test_what_no_source_takes_becomes_jsonl_alone(run: Running) -> None:
    before = run.place.lake().version(PAGE_VERSIONS)
    (unknown, flat, closed) = run(
        run.place.put("incoming/nobody/a.html", page("stray")),
        run.place.put("incoming/flat.html", page("flat", f"{HOST}/flat")),
        run.place.put("incoming/crawled/a.jsonl", lines({"url": f"{HOST}/c", "content": page("c")})),
    )
    assert "there is no source 'nobody'" in unknown["remark"]
    assert "drop it below incoming/<source>/" in flat["remark"]
    assert "add `inbox: true`" in closed["remark"]
    assert all(one["source"] == "" and one["counts"]["documents"] == 1 for one in (unknown, flat, closed))
    assert run.place.lake().version(PAGE_VERSIONS) == before
    (line,) = _files(run.place, "nobody/a.html")["jsonl"]
    assert line["url"] == f"https://{run.place.source}.s3.us-east-1.amazonaws.com/incoming/nobody/a.html"
    assert _files(run.place, "flat.html")["jsonl"][0]["url"] == f"{HOST}/flat"


def test_each_version_of_an_object_counts_whatever_the_order_of_its_events(run: Running) -> None:
    old = run.place.put("incoming/notes/daily.jsonl", lines({"url": f"{HOST}/monday", "content": page("monday")}))
    new = run.place.put("incoming/notes/daily.jsonl", lines({"url": f"{HOST}/tuesday", "content": page("tuesday")}))
    run(new)
    run(old)
    assert _rows(run.place, DOCUMENTS, "/monday") == _rows(run.place, DOCUMENTS, "/tuesday") == 1
    files = [key for key in run.place.processed() if key.startswith("processed/notes/daily.jsonl.")]
    assert len(files) == 2


def test_what_cannot_be_read_at_all_is_told_and_not_tried_again(
    run: Running, prepared_models: Path, tmp_path: Path
) -> None:
    (named,) = run(run.place.put("incoming/notes//slashes.html", page("slashes")))
    assert "its name cannot be used" in named["remark"]
    ((line,),) = (rows for key, rows in run.place.processed().items() if key.startswith("processed/unreadable/"))
    assert (line["key"], line["rule"]) == ("incoming/notes//slashes.html", "bad_name")
    with running(run.place, prepared_models, tmp_path, LORECHAT_FUNCTION_BYTES="1000") as small:
        (large,) = small(run.place.put("incoming/notes/large.html", page("large" * 400)))
    assert "raise LORECHAT_FUNCTION_BYTES" in large["remark"]
    assert [line["rule"] for line in _files(run.place, "notes/large.html")["failures.jsonl"]] == ["too_large"]


def test_work_that_runs_out_of_time_goes_on_where_it_was(run: Running) -> None:
    rows = lines(*({"url": f"{HOST}/long/{number}", "content": page(f"page {number}")} for number in range(40)))
    record = run.place.put("incoming/notes/long.jsonl", rows)
    # Enough at first, when the drop is begun and read; then the time is nearly over.
    hurried = Context(remaining=(600_000, 600_000, 10_000), looks=[])
    with pytest.raises(DropsFailed, match="the function's time is over"):
        run(record, context=hurried)
    kept = run.place.lake().scan(PAGE_VERSIONS).filter(pl.col("url").str.contains("/long/")).collect().height
    assert kept == 40
    (done,) = run(record)
    assert done["counts"]["documents"] == 40
    assert run.place.lake().scan(PAGE_VERSIONS).filter(pl.col("url").str.contains("/long/")).collect().height == 40


def test_many_texts_are_left_to_the_pipeline(run: Running, prepared_models: Path, tmp_path: Path) -> None:
    with running(run.place, prepared_models, tmp_path, LORECHAT_FUNCTION_TEXTS="1") as careful:
        rows = lines(*({"url": f"{HOST}/many/{number}", "content": page(f"many {number}")} for number in range(3)))
        (done,) = careful(run.place.put("incoming/notes/many.jsonl", rows))
    assert done["counts"]["chunks"] == done["counts"]["left"] >= 3
    assert done["counts"]["embeddings"] == 0


def test_a_store_that_throttles_is_asked_again_by_the_next_attempt(
    run: Running, prepared_models: Path, tmp_path: Path
) -> None:
    record = run.place.put("incoming/nobody/slow.html", page("slow"))
    with (
        FaultProxy(run.place.account.endpoint) as s3,
        running(run.place, prepared_models, tmp_path, endpoint=s3.url, AWS_RETRY_MODE="standard") as function,
    ):
        s3.fault = lambda seen: SLOW_DOWN if "incoming" in seen.path else None
        with pytest.raises(DropsFailed, match="The object store is overloaded") as raised:
            function(record)
        assert "incoming/nobody/slow.html" in str(raised.value)
        s3.fault = lambda seen: None
        (done,) = function(record)
    assert done["counts"]["documents"] == 1


def test_the_role_admits_what_the_function_does_and_nothing_else(run: Running) -> None:
    place = run.place
    place.put("private/secret.html", "secret")
    place.put("incoming/notes/there.html", "there")
    place.put("other/secret", "secret", bucket=place.lake_bucket)
    source, lake = (place.objects(run.role, bucket) for bucket in (place.source, place.lake_bucket))
    assert source.read("incoming/notes/there.html") == b"there"
    refused = (
        lambda: source.read("private/secret.html"),
        lambda: source.write("incoming/notes/there.html", b"changed"),
        lambda: source.write("private/new", b"new"),
        lambda: source.delete("incoming/notes/there.html"),
        lambda: source.delete("processed/any"),
        lambda: list(source.files("processed")),
        lambda: lake.read("other/secret"),
        lambda: lake.write("other/new", b"new"),
        lambda: lake.delete("lake/sources/notes.yaml"),
        lambda: list(lake.files("other")),
        lambda: list(lake.files()),
    )
    for deed in refused:
        with pytest.raises(LakeUnreachable, match=r"AccessDenied|403|denied"):
            deed()


def test_other_events_are_answered_or_refused(run: Running) -> None:
    function = run.function
    assert function.handle({"Service": "Amazon S3", "Event": "s3:TestEvent"}, Context()) == {"done": []}
    record = run.place.put("incoming/nobody/again.html", page("again"))
    redriven = {"requestPayload": {"Records": [record]}, "responsePayload": {}}
    assert function.handle(redriven, Context())["done"][0]["counts"]["documents"] == 1
    with pytest.raises(EventUnknown, match="an event with foo is none that this function knows"):
        function.handle({"foo": 1}, Context())


def test_a_share_of_a_stage_is_done_for_dagster(run: Running) -> None:
    place = run.place
    run(place.put("incoming/notes/share.html", page("shares", f"{HOST}/share")))
    job = {
        "source": {"name": "notes", "inbox": True},
        "lake": f"s3://{place.lake_bucket}/lake",
        "lake_options": {"AWS_ENDPOINT_URL": place.account.endpoint, "AWS_ALLOW_HTTP": "true"},
        "model": {"name": "all-MiniLM-L6-v2"},
    }
    session = {"asset_keys": ["markdown"], "run_id": "1", "extras": job, "retry_number": 0}
    place.put("lake/pipes/context.json", json.dumps(session), bucket=place.lake_bucket)
    params = {
        "DAGSTER_PIPES_CONTEXT": _param({"bucket": place.lake_bucket, "key": "lake/pipes/context.json"}),
        "DAGSTER_PIPES_MESSAGES": _param({"bucket": place.lake_bucket, "key_prefix": "lake/pipes"}),
    }
    event = {"stage": "markdown", "source": "notes", "shard": "1/1", **params}
    assert run.function.handle(event, Context()) == {"status": 0}


def _param(value: dict[str, str]) -> str:
    """As Dagster Pipes writes its parameters."""
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()
