"""What a page says about itself and where it leads: a pure function of its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from data_contracts.source import UrlRules
from scrapers.canonical import canonical_url
from scrapers.charset import charset_of
from scrapers.face import Face, read_face

_REFRESH = re.compile(r"^\s*(\d+)(?:\.\d*)?\s*[;,]?\s*(?:url\s*=\s*)?[\"']?([^\"']*)", re.IGNORECASE)
_REDIRECT_SECONDS = 5  # a refresh as quick as this is a redirect, a slower one a page that renews itself
_LINKS = "a[href], area[href], frame[src], iframe[src]"


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What one page says.

    `links` are canonical, distinct, in document order, and only those that the page invites to follow. `refresh` is
    where a page without any text of its own leads at once; a page with text is a page, and its target a link.
    """

    charset: str
    links: tuple[str, ...]
    canonical: str | None
    refresh: str | None
    language: str | None
    noindex: bool
    nofollow: bool
    face: Face


def read_page(
    body: bytes,
    *,
    url: str,
    content_type: str = "",
    robots_header: str = "",
    language_header: str = "",
    rules: UrlRules,
) -> PageFacts:
    """Parse a page that was answered at `url`. Links marked nofollow, by page or one by one, are left out."""
    charset = charset_of(body, content_type)
    tree = LexborHTMLParser(body if charset == "utf-8" else body.decode(charset, "replace"))
    base = _base(tree, url)
    robots = _robots(tree, robots_header)
    nofollow = "nofollow" in robots or "none" in robots
    refresh = _refresh(tree, base, rules)
    return PageFacts(
        charset=charset,
        links=() if nofollow else tuple(dict.fromkeys([*_links(tree, base, rules), *((refresh,) if refresh else ())])),
        canonical=_canonical(tree, base, rules),
        refresh=None if refresh is None or _has_text(tree) else refresh,
        language=_language(tree, language_header),
        noindex="noindex" in robots or "none" in robots,
        nofollow=nofollow,
        face=read_face(tree, body),
    )


def _links(tree: LexborHTMLParser, base: str, rules: UrlRules) -> Iterator[str]:
    written: set[str] = set()
    for node in tree.css(_LINKS):
        attributes = node.attributes
        href = (attributes.get("href") or attributes.get("src") or "").split("#", 1)[0]
        if href in written or "nofollow" in (attributes.get("rel") or "").lower():
            continue
        written.add(href)
        link = canonical_url(href, base=base, rules=rules) if href else None
        if link is not None:
            yield link


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    href = node.attributes.get("href") if node is not None else None
    return (canonical_url(href, base=url) if href else None) or url


def _canonical(tree: LexborHTMLParser, base: str, rules: UrlRules) -> str | None:
    for node in tree.css('link[rel~="canonical" i][href]'):
        href = node.attributes.get("href")
        if href:
            return canonical_url(href, base=base, rules=rules)
    return None


def _metas(tree: LexborHTMLParser, attribute: str, *names: str) -> Iterator[str]:
    for node in tree.css(f"meta[{attribute}]"):
        if _value(node, attribute) in names:
            yield node.attributes.get("content") or ""


def _value(node: LexborNode, attribute: str) -> str:
    return (node.attributes.get(attribute) or "").strip().lower()


def robots_words(header: str) -> set[str]:
    """Return the directives of an X-Robots-Tag header that are for all robots or for LoreChat."""
    return {word.strip().lower() for word in _for_us(header)}


def _robots(tree: LexborHTMLParser, header: str) -> set[str]:
    """The directives for all robots or for LoreChat, from the page and from X-Robots-Tag."""
    told = _metas(tree, "name", "robots", "lorechat")
    return {word.strip().lower() for text in told for word in text.split(",")} | robots_words(header)


def _for_us(header: str) -> Iterator[str]:
    """X-Robots-Tag values: `noindex`, `otherbot: noindex` (not for us), `lorechat: none`; a name rules what follows."""
    robot = ""
    for part in header.split(","):
        name, colon, rest = part.partition(":")
        if colon and name.strip().lower() not in ("unavailable_after", "max-snippet", "max-image-preview"):
            robot, part = name.strip().lower(), rest
        if robot in ("", "lorechat"):
            yield part


def _refresh(tree: LexborHTMLParser, base: str, rules: UrlRules) -> str | None:
    for content in _metas(tree, "http-equiv", "refresh"):
        match = _REFRESH.match(content)
        if match and match[2].strip() and int(match[1]) <= _REDIRECT_SECONDS:
            return canonical_url(match[2], base=base, rules=rules)
    return None


def _has_text(tree: LexborHTMLParser) -> bool:
    """Whether a visitor would see words."""
    return tree.body is not None and bool(tree.body.text(strip=True))


def _language(tree: LexborHTMLParser, header: str) -> str | None:
    """The declared language as a primary subtag (`en` of `en-US`), None when none or several are declared."""
    root = tree.css_first("html")
    attributes = root.attributes if root is not None else {}
    told = attributes.get("lang") or attributes.get("xml:lang")
    told = told or next(_metas(tree, "http-equiv", "content-language"), "") or header
    languages = {re.split(r"[-_]", language.strip())[0].lower() for language in told.split(",")} - {""}
    return languages.pop() if len(languages) == 1 else None
