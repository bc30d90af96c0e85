"""Lines of JSON as LoreChat and other crawlers write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.steps.inbox_line import InboxPage, LineRefused, parse_line

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    ["url", "content", "html", "status", "statusCode", "fetched_at", "timestamp", "headers", "content_type", "other"]
)


def line(**fields: Any) -> InboxPage:
    return parse_line(json.dumps(fields).encode())


def test_a_line_holds_a_page() -> None:
    page = line(
        url="https://example.test/a",
        content="<p>ü</p>",
        content_type="text/html; charset=iso-8859-1",
        fetched_at="2026-01-31T12:00:00+02:00",
        status=200,
        headers={"ETag": '"1"', "X-Robots-Tag": ["noindex", "nofollow"]},
    )
    assert page.body == "<p>ü</p>".encode()
    assert page.content_type == "text/html; charset=utf-8"  # the body is UTF-8 now, whatever it was
    assert page.fetched_at == datetime(2026, 1, 31, 10, tzinfo=UTC)
    assert page.headers == {"etag": '"1"', "x-robots-tag": "noindex, nofollow"}


@pytest.mark.parametrize("name", ["content", "html", "body", "raw_html", "rawHtml"])
def test_other_crawlers_names_of_the_content_are_understood(name: str) -> None:
    page = line(uri="https://example.test/", **{name: "<p>x</p>"}, text="x", markdown="x")
    assert (page.url, page.body) == ("https://example.test/", b"<p>x</p>")


def test_two_names_with_the_same_value_are_no_ambiguity() -> None:
    assert line(url="u", content="<p>", html="<p>").body == b"<p>"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-31T10:00:00Z", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("2026-01-31 10:00:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("20260131100000", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("Sat, 31 Jan 2026 10:00:00 GMT", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        (1769853600, datetime(2026, 1, 31, 10, tzinfo=UTC)),
        (1769853600000, datetime(2026, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_however_it_is_written(written: object, read: datetime) -> None:
    assert line(url="u", content="<p>", timestamp=written).fetched_at == read


def test_a_page_that_is_gone_needs_no_content() -> None:
    assert line(url="u", status="410").status == 410


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"not json", "not_json"),
        (b'{"url": "u", "content": "<p>', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'{"url": "\xff"}', "not_utf8"),
        (b'["u"]', "not_an_object"),
        (b'{"content": "<p>"}', "no_url"),
        (b'{"url": 7, "content": "<p>"}', "no_url"),
        (b'{"url": "u"}', "no_content"),
        (b'{"url": "u", "content": ""}', "no_content"),
        (b'{"url": "u", "content": {"a": 1}}', "bad_content"),
        (b'{"url": "u", "html": "<p>", "body": "<b>"}', "ambiguous"),
        (b'{"url": "u", "content": "<p>", "status": "fine"}', "bad_status"),
        (b'{"url": "u", "content": "<p>", "status": true}', "bad_status"),
        (b'{"url": "u", "content": "<p>", "fetched_at": "yesterday"}', "bad_fetched_at"),
        (b'{"url": "u", "content": "<p>", "fetched_at": 1e300}', "bad_fetched_at"),
        (b'{"url": "u", "content": "<p>", "headers": "Etag: 1"}', "bad_headers"),
        (b'{"url": "u", "content": "<p>", "content_type": 1}', "bad_content_type"),
    ],
)
def test_a_bad_line_is_refused_by_name_and_says_what_to_do(data: bytes, rule: str) -> None:
    with pytest.raises(LineRefused) as refused:
        parse_line(data)
    assert refused.value.rule == rule
    assert any(word in refused.value.reason for word in ("write", "give", "keep"))


@given(st.dictionaries(FIELDS, ANYTHING))
def test_any_object_is_a_page_or_refused(row: dict[str, object]) -> None:
    try:
        page = parse_line(json.dumps(row).encode())
    except LineRefused:
        return
    assert page.url.strip()
    assert page.body or not page.is_answered
    assert page.fetched_at is None or page.fetched_at.tzinfo is UTC
    json.dumps(dict(page.headers), ensure_ascii=False).encode()


@given(st.binary().filter(lambda data: b"{" not in data))
def test_any_bytes_that_are_no_object_are_refused(data: bytes) -> None:
    with pytest.raises(LineRefused):
        parse_line(data)


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_content_becomes_bytes_that_decode(content: str) -> None:
    if content:
        assert line(url="u", content=content).body.decode() == content.encode("utf-8", "replace").decode()
