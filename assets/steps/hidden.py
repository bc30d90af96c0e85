"""Text that a page holds and a browser does not show: what is left out of its markdown, and flagged.

Read are the page's own attributes, inline styles and `<style>` elements; style sheets elsewhere are not known. All of
it takes time in proportion to the page's size.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from assets.steps.hiding_style import Declarations, declarations, hides, is_hiding_candidate, same_colour
from assets.steps.style_sheet import HidingRules, hiding_rules
from retrieval.instruction import is_instruction_like

_LEVELS = 5  # of hidden elements in hidden elements that are looked into
_FEWEST_WORDS = 5  # of one hidden element: labels and icons are no text
_HALF = 0.5
_TAGGED = re.compile("[\U000e0020-\U000e007e]{8}")  # invisible copies of ASCII; flags of regions have fewer
_ATTRIBUTES = "[hidden]:not([hidden='until-found']),[aria-hidden='true'],dialog:not([open])"
_SHOWS_LATER = "main,[role='main'],h1"
_NOT_READ = frozenset(("script", "style", "template", "svg", "canvas", "math"))
_NEAREST = 50  # ancestors that are asked for their background


@dataclass(frozen=True, slots=True)
class Hidden:
    """`words` of hidden text; `is_instruction`: it gives a language model orders."""

    words: int = 0
    is_instruction: bool = False


def drop_hidden(page: LexborHTMLParser, body: LexborNode, source: str) -> Hidden:
    """Remove what the page's own styles and attributes hide, and say what it was; comments in the `source` are read.

    What a click or a script shows stays, unless it gives orders: a rule that shows it, a script or its role says so. So
    does what holds the page's main heading or half of its text.
    """
    rules = hiding_rules(page)
    hidden = {node.mem_id: node for node in _hidden_nodes(body, rules) if node.mem_id != body.mem_id}
    whole = body.text()
    limit = max(1, _HALF * len(whole))
    words, is_instruction = 0, _TAGGED.search(whole) is not None and is_instruction_like(whole)
    for _ in range(_LEVELS):
        kept: set[int] = set()
        gone: list[LexborNode] = []
        inside = _lying_within(hidden)
        for node in (node for key, node in hidden.items() if key not in inside):
            text = node.text(separator=" ") if node.tag not in _NOT_READ else ""
            gives_orders = is_instruction_like(text)
            if gives_orders or not (_shows_later(node, rules) or len(text) > limit):
                gone.append(node)
                words += count if (count := len(text.split())) >= _FEWEST_WORDS else 0
                is_instruction = is_instruction or gives_orders
            else:
                kept.add(node.mem_id)
        lost = _lying_within({node.mem_id: node for node in hidden.values()}, {node.mem_id for node in gone})
        hidden = {key: node for key, node in hidden.items() if key not in kept and key not in lost and key in inside}
        for node in gone:
            node.decompose()
        if not hidden:
            break
    return Hidden(words, is_instruction or any(map(is_instruction_like, comments(source))))


def _lying_within(nodes: Mapping[int, LexborNode], around: AbstractSet[int] | None = None) -> set[int]:
    """The nodes that lie in another one of them, or in one of those `around`; each ancestor is visited once."""
    chosen = nodes.keys() if around is None else around
    known: dict[int, bool] = {}
    found = set()
    for key, node in nodes.items():
        path, parent, is_inside = [], node.parent, False
        while parent is not None:
            name = parent.mem_id
            if name in chosen:
                is_inside = True
                break
            if name in known:
                is_inside = known[name]
                break
            path.append(name)
            parent = parent.parent
        known.update(dict.fromkeys(path, is_inside))
        if is_inside:
            found.add(key)
    return found


def comments(source: str) -> Iterator[str]:
    """Yield the comments of a page's source; one without an end goes to the end of the page, as for a browser."""
    start = source.find("<!--")
    while start >= 0:
        end = source.find("-->", start + 2)
        if end < 0:
            yield source[start + 4 :]
            return
        yield source[start + 4 : end]
        start = source.find("<!--", end)


def _hidden_nodes(body: LexborNode, rules: HidingRules) -> Iterable[LexborNode]:
    yield from body.css(_ATTRIBUTES)
    for node in body.css("[style],font[color]"):
        attributes = node.attributes
        style = attributes.get("style") or ""
        colour = attributes.get("color") if node.tag == "font" else None
        if colour or is_hiding_candidate(style):
            declared = declarations(style) | ({"color": colour.strip().lower()} if colour else {})
            is_unseen = hides(declared) and not _is_resized(node, declared)
            if is_unseen or same_colour(declared.get("color", ""), _background(node, declared, rules)):
                yield node
    if rules.is_empty:
        return
    for node in body.css("[class],[id]"):
        if rules.hide(node):
            yield node


def _is_resized(node: LexborNode, declared: Declarations) -> bool:
    """Whether type of no size only closes gaps between children that set their own."""
    return "font-size" in declared and any(
        "font-size" in (child.attributes.get("style") or "") for child in node.iter()
    )


def _background(node: LexborNode, declared: Declarations, rules: HidingRules) -> str:
    """The nearest background that the page itself sets; white where it sets none and no other style sheet can."""
    around: LexborNode | None = node
    for _ in range(_NEAREST):
        if around is None:
            break
        attributes = around.attributes
        own = declared if around is node else declarations(attributes.get("style") or "")
        found = (
            own.get("background-color")
            or own.get("background")
            or attributes.get("bgcolor")
            or rules.background(around)
        )
        if found:
            return found
        around = around.parent
    return "" if rules.has_other_sheets else "white"


def _shows_later(node: LexborNode, rules: HidingRules) -> bool:
    return (
        node.attributes.get("role") == "tabpanel" or rules.is_toggled(node) or node.css_first(_SHOWS_LATER) is not None
    )
