"""Sitemaps: which URLs and which further sitemaps a sitemap names (sitemaps.org, plus plain lists and robots.txt)."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from lxml import etree

SITEMAP_BYTES = 52_428_800  # the protocol's limit for one sitemap, uncompressed
_LOCATIONS = {"url": "loc", "sitemap": "loc", "item": "link", "entry": "link"}
_DATES = frozenset({"lastmod", "updated", "published", "pubdate", "date"})
_ROBOTS_LINE = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class SitemapError(ValueError):
    """The bytes are no sitemap; the message says what they are instead."""


class Entry(NamedTuple):
    """A page that a sitemap names, and when it says that the page changed (in UTC; None when it does not say)."""

    url: str
    modified: datetime | None = None


def read_sitemap(body: bytes) -> tuple[list[Entry], list[str]]:
    """Return the pages and the nested sitemaps' URLs that a sitemap names, URLs as they stand there.

    Reads XML (urlset, sitemapindex, RSS and Atom feeds), plain lists and robots.txt, gzipped or not. Raises
    SitemapError for anything else.
    """
    body = _unzip(body)
    text = body.lstrip().removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return _read_xml(text)
    lines = text.decode("utf-8", "replace")
    nested = _ROBOTS_LINE.findall(lines)
    pages = [Entry(line.strip()) for line in lines.splitlines() if re.match(r"\s*https?://\S+\s*$", line)]
    if not nested and not pages and not re.search(r"(?im)^\s*user-agent\s*:", lines):
        raise SitemapError("it is neither XML nor a list of URLs")
    return pages, nested


def _unzip(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            plain = stream.read(SITEMAP_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SitemapError(f"it is damaged gzip data ({error})") from error
    if len(plain) > SITEMAP_BYTES:
        raise SitemapError(f"it unpacks to more than {SITEMAP_BYTES:,} bytes, the protocol's limit")
    return plain


def _read_xml(text: bytes) -> tuple[list[Entry], list[str]]:
    pages: list[Entry] = []
    nested: list[str] = []
    kinds = set()
    for kind, entry in _entries(text):
        kinds.add(kind)
        if kind == "sitemap":
            nested.append(entry.url)
        else:
            pages.append(entry)
    if not kinds and not re.search(rb"<(\w+:)?(urlset|sitemapindex|rss|feed)\b", text[:4096]):
        raise SitemapError("it is XML or HTML, but no sitemap")
    return pages, nested


def _entries(text: bytes) -> Iterator[tuple[str, Entry]]:
    """Yield the tag and the entry of each `url`, `sitemap`, `item` or `entry`, holding one element at a time."""
    elements = etree.iterparse(
        io.BytesIO(text), events=("end",), recover=True, resolve_entities=False, no_network=True, huge_tree=False
    )
    try:
        for _, element in elements:
            kind = _tag(element)
            if kind in _LOCATIONS:
                yield from ((kind, entry) for entry in _read_entry(element, _LOCATIONS[kind]))
                element.clear()
    except etree.XMLSyntaxError as error:
        raise SitemapError(f"it is broken XML ({error.msg})") from error


def _read_entry(element: etree._Element, location: str) -> Iterator[Entry]:
    children = [(_tag(child), child) for child in element]
    dates = (moment for tag, child in children if tag in _DATES and (moment := _moment(child.text or "")))
    modified = max(dates, default=None)
    for tag, child in children:
        url = (child.text or child.get("href") or "").strip() if tag == location else ""
        if url:
            yield Entry(url, modified)


def _moment(text: str) -> datetime | None:
    """Read a date as sitemaps and Atom (W3C) or RSS (RFC 822) write it. A day is its first moment."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def _tag(element: etree._Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1].lower() if isinstance(element.tag, str) else ""
