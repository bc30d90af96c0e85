"""Which element of a page holds what the page is about."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser, LexborNode

from assets.steps.cleaning_error import CleaningError
from assets.steps.page_tree import select

# What authors and generators call the content: landmarks first, then the wrappers of common generators.
_SEMANTIC = (
    "[itemprop='articleBody']",
    ".theme-doc-markdown, .markdown-body, .rst-content [itemprop='articleBody'], .md-content__inner",
    "[role='main']",
    "main article",
    "main",
    "article",
)
_ENOUGH = 0.4


def main_content(page: LexborHTMLParser, selector: str | None) -> LexborNode:
    """The element chosen by the source's selector, else by meaning."""
    body = page.body
    if body is None:
        raise CleaningError("empty_page", "the page has no body")
    if selector is not None:
        found = select(body, selector)
        if found:
            return found[0]
    total = _weight(body)
    for names in _SEMANTIC:
        candidates = body.css(names)
        if len(candidates) == 1 and _weight(candidates[0]) >= _ENOUGH * total:
            return candidates[0]
    return body


def _weight(node: LexborNode) -> int:
    return len(node.text()) - sum(len(link.text()) for link in node.css("a"))
