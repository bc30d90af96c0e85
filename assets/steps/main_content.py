"""Which element of a page holds what the page is about."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser, LexborNode

from assets.steps.chrome import prose_length
from assets.steps.cleaning_error import CleaningError
from assets.steps.page_tree import select

# What authors and generators call the content: landmarks first, then the wrappers of common generators.
# With the share of the page's text (outside links and chrome) that it has to hold to be believed.
_SEMANTIC = (
    (".theme-doc-markdown,.markdown-body,.md-content__inner,.md-typeset,[itemprop='articleBody']", 0.5),
    ("main article,[role='main'] article", 0.6),
    ("main,[role='main']", 0.25),
    ("article", 0.5),
)
_NEARLY_ALL = 0.8
_TOO_SMALL = ("p", "pre", "ul", "ol", "table", "dl", "blockquote")


def main_content(page: LexborHTMLParser, selector: str | None) -> LexborNode:
    """The element chosen by the source's selector, else by meaning."""
    body = page.body
    if body is None:
        raise CleaningError("empty_page", "the page has no body")
    if selector is not None:
        found = select(body, selector)
        if found:
            return found[0]
    total = prose_length(body)
    for names, share in _SEMANTIC:
        weighed = [(prose_length(node), node) for node in body.css(names)]
        weight, node = max(weighed, key=lambda pair: pair[0], default=(0, body))
        if weight and weight >= share * total:
            return node
    return _densest(body, total)


def _densest(body: LexborNode, total: int) -> LexborNode:
    """The smallest element that holds nearly all of the text that is not links: down from the body, step by step."""
    node, bound = body, _NEARLY_ALL * total
    while True:
        child = next((child for child in node.iter() if prose_length(child) >= bound), None)
        if child is None or child.tag in _TOO_SMALL:
            return node
        node = child
