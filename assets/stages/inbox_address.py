"""Which URL a saved HTML file is the page of.

The page's own word comes first: its canonical link, the remark that browsers write into a page that they save (`saved
from url=`), an absolute `<base>`; each only when it is an address of the source. Else it is the file's path: below one
of the source's hosts it is that host's path, otherwise it is meant from the source's first start URL on. A file named
`index.html` stands for its folder, as web servers have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from data_contracts.source import Source
from scrapers.canonical import canonical_url
from scrapers.charset import charset_of
from scrapers.scope import ScopeRules

_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(\S+)\s*-->", re.IGNORECASE)
_HEAD_BYTES = 4096
_INDEX = re.compile(r"(^|/)index\.html?$", re.IGNORECASE)
_PACKED = ".gz"


def file_address(source: Source, scope: ScopeRules, key: str, body: bytes, *, home: str | None = None) -> str | None:
    """Return the canonical URL of the page in a file of the inbox: below `home` when nothing names one, and None
    without it."""
    path = _INDEX.sub(r"\1", key[: -len(_PACKED)] if key.lower().endswith(_PACKED) else key)
    by_path = _from_path(source, scope, path)
    for url in _own_words(body, path, by_path or ""):
        named = canonical_url(url, rules=source.urls)
        if named is not None and scope.outside(named) is None:
            return named
    if by_path is None and home is not None:
        return canonical_url(f"./{_quoted(path)}", base=home, rules=source.urls)
    return by_path


def _own_words(body: bytes, path: str, by_path: str) -> Iterator[str]:
    tree = LexborHTMLParser(body.decode(charset_of(body, ""), "replace"))
    base = _attribute(tree, "base[href]")
    canonical = _attribute(tree, 'link[rel~="canonical" i][href]')
    if canonical is not None:
        yield urljoin(urljoin(by_path, base or ""), canonical)
    saved = _SAVED_FROM.search(body[:_HEAD_BYTES])
    if saved is not None:
        yield saved[1].decode("utf-8", "replace")
    if base is not None and urlsplit(base).netloc:
        yield urljoin(base, f"./{_quoted(path)}") if urlsplit(base).path.endswith("/") else base


def _attribute(tree: LexborHTMLParser, selector: str) -> str | None:
    node = tree.css_first(selector)
    return node.attributes.get("href") if node is not None else None


def _from_path(source: Source, scope: ScopeRules, path: str) -> str | None:
    host, slash, below = path.partition("/")
    starts = [*source.start_urls, *source.sitemaps]
    scheme = next(
        (urlsplit(start).scheme for start in starts if urlsplit(start).netloc.lower() == host.lower()), "https"
    )
    url = canonical_url(f"{scheme}://{host}/{_quoted(below)}", rules=source.urls) if slash else None
    if url is not None and scope.has_host(url):
        return url
    start = next(iter([*starts, *(f"https://{name}/" for name in source.scope.hosts)]), None)
    return None if start is None else canonical_url(f"./{_quoted(path)}", base=start, rules=source.urls)


def _quoted(path: str) -> str:
    """A file's path as a URL's: its names may hold what a URL gives a meaning to."""
    return quote(path, safe="/:@!$&'()*+,;=~")
