"""A page's title: what the page itself is called, without the site's name."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_SEPARATORS = re.compile(r"\s+[|·•»«—–:-]+\s+|\s*[|»«]\s*|\s+::\s+|\s+—\s*")
_PERMALINK_END = re.compile(r"\s*[¶#§🔗\uf0c1]+$")
_NAMED = 0.25  # share of the title's characters
_LONGEST = 300


def page_title(page: LexborHTMLParser, main: LexborNode) -> str:
    """The h1 that og:title or <title> names too; else the only h1; else the declared title without its site part.

    Of several such headings the one that the title begins with wins, then the longest. Empty for a page that names
    itself nowhere.
    """
    headings = [_clean(node.text(separator=" ")) for node in main.css("h1")] or [
        _clean(node.text(separator=" ")) for node in page.css("h1")
    ]
    headings = [heading for heading in headings if heading]
    declared = [title for title in (_meta(page, "og:title"), _document_title(page)) if title]
    agreed = [heading for heading in headings if any(_says(title, heading) for title in declared)]
    if agreed:
        return max(agreed, key=lambda heading: (any(_begins(title, heading) for title in declared), len(heading)))
    if len(headings) == 1:
        return headings[0]
    if declared:
        return _without_site(declared[0], page)
    return headings[0] if headings else ""


def _says(title: str, heading: str) -> bool:
    """Whether the title names the heading, and not just shares a word such as `Blog` with it."""
    said, whole = _key(heading), _key(title)
    return f" {said} " in f" {whole} " and (len(said) > _NAMED * len(whole) or _begins(title, heading))


def _begins(title: str, heading: str) -> bool:
    return f"{_key(title)} ".startswith(f"{_key(heading)} ")


def _key(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


def _without_site(title: str, page: LexborHTMLParser) -> str:
    site = _meta(page, "og:site_name")
    parts = [part.strip() for part in _SEPARATORS.split(title) if part.strip()]
    if len(parts) < 2:
        return title
    if site and _key(parts[-1]) == _key(site):
        parts.pop()
    elif site and _key(parts[0]) == _key(site):
        parts.pop(0)
    else:
        return max(parts[0], parts[-1], key=len) if len(parts) == 2 and len(parts[0]) < 4 else parts[0]
    end = title.find(parts[-1], title.find(parts[0])) + len(parts[-1])
    return title[title.find(parts[0]) : end]


def _document_title(page: LexborHTMLParser) -> str:
    node = page.css_first("head > title, title")
    return _clean(node.text()) if node is not None else ""


def _meta(page: LexborHTMLParser, name: str) -> str:
    node = page.css_first(f"meta[property='{name}'], meta[name='{name}']")
    return _clean(node.attributes.get("content") or "") if node is not None else ""


def _clean(text: str) -> str:
    return _PERMALINK_END.sub("", " ".join(text.split()))[:_LONGEST]
