"""Sitemaps: which URLs and which further sitemaps a sitemap names (sitemaps.org, plus plain lists and robots.txt)."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator

from lxml import etree

SITEMAP_BYTES = 52_428_800  # the protocol's limit for one sitemap, uncompressed
_ROBOTS_LINE = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class SitemapError(ValueError):
    """The bytes are no sitemap; the message says what they are instead."""


def read_sitemap(body: bytes) -> tuple[list[str], list[str]]:
    """Return the page URLs and the nested sitemaps' URLs that a sitemap names, as they stand there.

    Reads XML (urlset, sitemapindex, RSS and Atom feeds), plain lists and robots.txt, gzipped or not. Raises
    SitemapError for anything else.
    """
    body = _unzip(body)
    text = body.lstrip().removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return _read_xml(text)
    lines = text.decode("utf-8", "replace")
    nested = _ROBOTS_LINE.findall(lines)
    pages = [line.strip() for line in lines.splitlines() if re.match(r"\s*https?://\S+\s*$", line)]
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


def _read_xml(text: bytes) -> tuple[list[str], list[str]]:
    pages: list[str] = []
    nested: list[str] = []
    kinds = set()
    for parent, url in _locations(text):
        kinds.add(parent)
        (nested if parent == "sitemap" else pages).append(url)
    if not kinds and not re.search(rb"<(\w+:)?(urlset|sitemapindex|rss|feed)\b", text[:4096]):
        raise SitemapError("it is XML or HTML, but no sitemap")
    return pages, nested


def _locations(text: bytes) -> Iterator[tuple[str, str]]:
    """Yield the parent's tag and the URL of each `<loc>` (or feed link), holding one element at a time."""
    events = etree.iterparse(
        io.BytesIO(text), events=("end",), recover=True, resolve_entities=False, no_network=True, huge_tree=False
    )
    try:
        for _, element in events:
            yield from _location(element)
            if _tag(element) in ("url", "sitemap", "item", "entry"):
                element.clear()
    except etree.XMLSyntaxError as error:
        raise SitemapError(f"it is broken XML ({error.msg})") from error


def _location(element: etree._Element) -> Iterator[tuple[str, str]]:
    parent = element.getparent()
    if parent is None:
        return
    tag, above = _tag(element), _tag(parent)
    if (tag == "loc" and above in ("url", "sitemap")) or (tag == "link" and above in ("item", "entry")):
        url = (element.text or element.get("href") or "").strip()
        if url:
            yield above, url


def _tag(element: etree._Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1].lower() if isinstance(element.tag, str) else ""
