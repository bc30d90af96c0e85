"""A page's bytes as a tree without anything that a reader does not see."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from assets.steps.chrome import drop_all, lies_within
from assets.steps.cleaning_error import CleaningError
from assets.steps.hidden import Hidden, drop_hidden

LARGEST_PAGE = 32_000_000  # bytes; a page this large takes about half a minute
_MOST_DAMAGE = 0.3  # share of undecodable or control characters above which a body is no text at all

# U+FDD0..U+FDEF are noncharacters: no text may hold them, so the steps use them as marks. They are replaced in the
# source, written out or as references, before anything is parsed: a page cannot forge a mark.
_NONCHARACTERS = re.compile("[\ufdd0-\ufdef]")
_REFERENCES = re.compile(r"&#(?:[xX]0*[fF][dD][dDeE][0-9a-fA-F]|0*6(?:497[6-9]|49[89][0-9]|500[0-7]))(?![0-9a-fA-F]);?")
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")

_DEEPEST = 3_000
_NESTING = re.compile(
    r"<(/?)(?:div|span|section|article|ul|ol|dl|table|b|i|u|em|strong|font|blockquote|center|details|small|big|code)\b",
    re.IGNORECASE,
)
_UNSEEN_TAGS = frozenset(
    ("script", "style", "template", "iframe", "object", "embed", "canvas", "svg", "video", "audio", "map")
) | {"datalist", "link", "meta"}
_HIDDEN = (
    "dialog:not([open]),[hidden]:not([hidden='until-found']),[style*='display:none'],[style*='display: none'],"
    "[aria-hidden='true']"
)
_UNSEEN = ",".join(sorted(_UNSEEN_TAGS)) + "," + _HIDDEN
_HOLDS_CONTENT = "main,[role='main'],h1"
_MORE = 2  # times as much text
_MATH_SCRIPT = "script[type^='math/tex']"


def parse_page(body: bytes, charset: str) -> LexborHTMLParser:
    """Decode and parse; CleaningError for an empty, a binary or an over-large body and for an unknown charset."""
    if len(body) > LARGEST_PAGE:
        raise CleaningError("page_too_large", f"{len(body):,} bytes; the most that is cleaned is {LARGEST_PAGE:,}")
    try:
        text = body.decode(charset, errors="replace")
    except LookupError as error:
        raise CleaningError("unknown_charset", f"no decoder for charset {charset!r}; fetch the page again") from error
    text = text.lstrip("\ufeff")
    if not text.strip():
        raise CleaningError("empty_page", "the body holds no characters")
    sample = text[:20_000]
    if len(_BINARY.findall(sample)) > _MOST_DAMAGE * len(sample):
        raise CleaningError("not_text", f"the body is not text in {charset}; it may be a file served as HTML")
    _refuse_depth(text)
    return LexborHTMLParser(_REFERENCES.sub("\ufffd", _NONCHARACTERS.sub("\ufffd", text)))


def _refuse_depth(text: str) -> None:
    """The parser needs the square of the depth: 100,000 levels would take ten seconds, a million a quarter of an hour.

    Counted are elements that have to be closed by their own tag, and only on pages that have enough tags.
    """
    if text.count("<") < _DEEPEST:
        return
    depth = 0
    for found in _NESTING.finditer(text):
        depth = max(0, depth - 1) if found[1] else depth + 1
        if depth > _DEEPEST:
            raise CleaningError("too_deep", f"elements are nested more than {_DEEPEST:,} levels deep")


def drop_unseen(page: LexborHTMLParser, root: LexborNode, drop: tuple[str, ...], source: str) -> Hidden:
    """Remove what a browser does not show, and what the source's `drop` selectors name; return what hid there. `source`
    is the page as it was sent.

    Tab panels and `hidden=until-found` stay: a click shows them. A hidden element with the page's main heading stays:
    sites hide everything behind an open dialog, or until their script has run. So does `noscript` that says more than
    the rest of the page: it is what they show to readers without scripts.
    """
    for script in root.css(_MATH_SCRIPT):
        is_block = "display" in (script.attributes.get("type") or "")
        script.replace_with(f"\\[{script.text()}\\]" if is_block else f"\\({script.text()}\\)")
    _place_streamed(root)
    drop_all(node for selector in drop for node in select(root, selector))
    hidden = drop_hidden(page, root, source)
    drop_all(node for node in root.css(_UNSEEN) if node.tag in _UNSEEN_TAGS or not _shows_later(node))
    fallbacks = root.css("noscript")
    length = sum(len(node.text()) for node in fallbacks)
    if length < _MORE * (len(root.text()) - length):
        drop_all(fallbacks)
    return hidden


def _place_streamed(root: LexborNode) -> None:
    """Put what React streamed at the end (`<div hidden id="S:1">`) where its script would, at `<template id="B:1">`."""
    streamed = root.css("div[hidden][id^='S:']")
    if not streamed:
        return
    places = {(place.id or "")[2:]: place for place in root.css("template[id^='B:'],template[id^='P:']")}
    for node in streamed:
        place = places.get((node.id or "")[2:])
        del node.attrs["hidden"]
        if place is not None and not lies_within(place, {node.mem_id: node}):
            place.replace_with(node, move=True)


def _shows_later(node: LexborNode) -> bool:
    return node.attributes.get("role") == "tabpanel" or node.css_first(_HOLDS_CONTENT) is not None


def select(root: LexborNode, selector: str) -> list[LexborNode]:
    """Nodes that match a source's CSS selector; CleaningError that quotes an invalid one."""
    try:
        return root.css(selector)
    except SelectolaxError as error:
        raise CleaningError("invalid_selector", f"{selector!r} is not a CSS selector: {error}") from error
