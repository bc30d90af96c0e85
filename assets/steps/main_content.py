"""Which element of a page holds what the page is about."""

from __future__ import annotations

from collections.abc import Callable

from selectolax.lexbor import LexborNode

from assets.steps.chrome import prose_length, text_length
from assets.steps.page_tree import select

# What authors and generators call the content: landmarks first, then the wrappers of common generators.
# With the share of the page's text (outside links and chrome) that it has to hold to be believed.
_SEMANTIC = (
    (".theme-doc-markdown,.markdown-body,.md-content__inner,.md-typeset,[itemprop='articleBody']", 0.5),
    ("main article,[role='main'] article", 0.6),
    ("main,[role='main']", 0.25),
)
_HALF = 0.5  # of the text, to be in one of the page's articles
_PROSE = 0.3  # share of the text outside links, below which a page is a list of links
_NEARLY_ALL = 0.8
_MOST_STEPS = 100
_CONTAINERS = frozenset(
    ("div", "section", "article", "main", "form", "center", "table", "tbody", "tr", "td", "span", "font")
)


def selected_content(root: LexborNode, selector: str | None) -> LexborNode | None:
    """The element that the source's selector names, if it names one on this page."""
    return next(iter(select(root, selector)), None) if selector is not None else None


def main_content(body: LexborNode) -> LexborNode:
    """The element that holds the content by its meaning or, where none does, by where the text is.

    Text in links does not count, except on a page that is mostly links: there they are what it says.
    """
    prose, text = prose_length(body), text_length(body)
    for names, share in _SEMANTIC:
        found = _heaviest(body, names, share * prose, prose_length)
        if found is not None:
            return found
    weight, total = (prose_length, prose) if prose > _PROSE * text else (text_length, text)
    found = _heaviest(body, "article", _HALF * total, weight)
    if found is not None:
        return found
    return _densest(body, _NEARLY_ALL * total, weight) if total else body


def _heaviest(body: LexborNode, names: str, bound: float, weight: Callable[[LexborNode], int]) -> LexborNode | None:
    weighed = [(weight(node), node) for node in body.css(names)]
    most, node = max(weighed, key=lambda pair: pair[0], default=(0, body))
    return node if most and most >= bound else None


def _densest(body: LexborNode, bound: float, weight: Callable[[LexborNode], int]) -> LexborNode:
    """The smallest element that weighs at least this much: down from the body, step by step."""
    node = body
    for _ in range(_MOST_STEPS):
        child = next((child for child in node.iter() if weight(child) >= bound), None)
        if child is None or child.tag not in _CONTAINERS:
            break
        node = child
    return node
