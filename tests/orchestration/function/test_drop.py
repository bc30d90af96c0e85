"""What an event of S3 says."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.error import OutOfTime
from orchestration.function.deadline import Deadline
from orchestration.function.drop import BadRecord, Drop, drops


def _record(key: str, name: str = "ObjectCreated:Put", **told: Any) -> dict[str, Any]:
    return {"eventName": name, "s3": {"bucket": {"name": "b"}, "object": {"key": key, "eTag": "e", **told}}}


def _only(record: dict[str, Any]) -> Drop:
    (drop,) = drops({"Records": [record]})
    assert isinstance(drop, Drop)
    return drop


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("incoming/notes/a+b.html", "incoming/notes/a b.html"),
        ("incoming/notes/a%2Bb.html", "incoming/notes/a+b.html"),
        ("incoming/notes/Stra%C3%9Fe+%26+Co.html", "incoming/notes/Straße & Co.html"),
        ("incoming/notes/100%25.html", "incoming/notes/100%.html"),
        ("incoming/notes/a%2520b.html", "incoming/notes/a%20b.html"),
    ],
)
def test_keys_are_decoded_as_forms_are(written: str, key: str) -> None:
    assert _only(_record(written)).key == key


def test_a_drop_knows_its_source_and_its_place_there() -> None:
    deep = _only(_record("incoming/notes/guide/moor.html", versionId="v1", sequencer="0A"))
    assert (deep.folder, deep.path_in_folder, deep.version, deep.sequencer) == ("notes", "guide/moor.html", "v1", "0A")
    flat = _only(_record("incoming/moor.html"))
    assert (flat.folder, flat.path_in_folder, flat.version) == ("", "moor.html", "")


def test_every_record_counts_and_what_is_no_drop_is_left_out() -> None:
    records: list[Any] = [
        _record("incoming/a.html"),
        _record("incoming/a.html", "ObjectRemoved:Delete"),
        _record("incoming/notes/"),
        _record("processed/a.html.jsonl"),
        _record("incoming/b.html", "s3:ObjectCreated:CompleteMultipartUpload"),
    ]
    assert [drop.key for drop in drops({"Records": records}) if isinstance(drop, Drop)] == [
        "incoming/a.html", "incoming/b.html",
    ]  # fmt: skip


@pytest.mark.parametrize("broken", [{}, {"eventName": "ObjectCreated:Put"}, None, {"eventName": "x", "s3": {}}, "text"])
def test_a_record_that_names_no_object_is_told_with_its_number(broken: Any) -> None:
    first, second, third = drops({"Records": [_record("incoming/a.html"), broken, _record("incoming/b.html")]})
    assert isinstance(second, BadRecord)
    assert second.number == 2
    assert isinstance(first, Drop)
    assert isinstance(third, Drop)


@pytest.mark.parametrize("key", ["incoming/notes//a.html", "incoming/../a.html", "incoming/a\nb.html", "incoming/./a"])
def test_names_that_stores_do_not_agree_on_are_not_readable(key: str) -> None:
    assert not Drop("b", key, "", "e", "1").is_readable
    assert Drop("b", "incoming/notes/Straße & Co/a+b 100%.html", "", "e", "1").is_readable


def test_two_drops_of_the_same_bytes_are_two_drops() -> None:
    first, again = (Drop("b", "incoming/a.html", "", "e", sequencer) for sequencer in ("1", "2"))
    assert first.identity() != again.identity()


def test_work_ends_before_the_time_does() -> None:
    Deadline(lambda: 30_000, spare_seconds=30).check()
    with pytest.raises(OutOfTime, match="the next attempt goes on"):
        Deadline(lambda: 29_999, spare_seconds=30).check()
