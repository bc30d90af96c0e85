"""Which element of a page holds what the page is about."""

from __future__ import annotations

from selectolax.lexbor import LexborNode

from assets.steps.chrome import prose_length
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
_MOST_STEPS = 100
_TOO_SMALL = ("p", "pre", "ul", "ol", "table", "dl", "blockquote")


def selected_content(root: LexborNode, selector: str | None) -> LexborNode | None:
    """The element that the source's selector names, if it names one on this page."""
    return next(iter(select(root, selector)), None) if selector is not None else None


def main_content(body: LexborNode) -> LexborNode:
    """The element that holds the content by its meaning or, where none does, by where the text is."""
    total = prose_length(body)
    for names, share in _SEMANTIC:
        weighed = [(prose_length(node), node) for node in body.css(names)]
        weight, node = max(weighed, key=lambda pair: pair[0], default=(0, body))
        if weight and weight >= share * total:
            return node
    return _densest(body, total) if total else body


def _densest(body: LexborNode, total: int) -> LexborNode:
    """The smallest element that holds nearly all of the text that is not links: down from the body, step by step."""
    node, bound = body, _NEARLY_ALL * total
    for _ in range(_MOST_STEPS):
        child = next((child for child in node.iter() if prose_length(child) >= bound), None)
        if child is None or child.tag in _TOO_SMALL:
            break
        node = child
    return node
