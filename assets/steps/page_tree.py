"""A page's bytes as a tree without anything that a reader does not see."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from assets.steps.cleaning_error import CleaningError

LARGEST_PAGE = 32_000_000  # bytes; a page this large takes about half a minute
_MOST_DAMAGE = 0.3  # share of undecodable or control characters above which a body is no text at all

# U+FDD0..U+FDEF are noncharacters: no text may hold them, so the steps use them as marks. They are replaced in the
# source, written out or as references, before anything is parsed: a page cannot forge a mark.
_NONCHARACTERS = re.compile(
    r"[\ufdd0-\ufdef]|&#(?:[xX]0*[fF][dD][dDeE][0-9a-fA-F]|0*6(?:497[6-9]|49[89][0-9]|500[0-7]))(?![0-9a-fA-F]);?"
)
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")

_UNSEEN = (
    "script,style,template,noscript,iframe,object,embed,canvas,dialog:not([open]),datalist,link,meta,"
    "[hidden]:not([hidden='until-found']):not([role='tabpanel']),[style*='display:none'],[style*='display: none'],"
    "[aria-hidden='true']"
)
_HOLDS_CONTENT = "main,article,h1,math,[role='main'],pre"
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
    if len(_BINARY.findall(text[:100_000])) > _MOST_DAMAGE * min(len(text), 100_000):
        raise CleaningError("not_text", f"the body is not text in {charset}; it may be a file served as HTML")
    return LexborHTMLParser(_NONCHARACTERS.sub("\ufffd", text))


def drop_unseen(root: LexborNode, drop: tuple[str, ...]) -> None:
    """Remove what a browser does not show, and what the source's `drop` selectors name.

    Tab panels and `hidden=until-found` stay: a click shows them. An `aria-hidden` element that holds the page's
    content stays too: sites set it on everything behind an open dialog.
    """
    for script in root.css(_MATH_SCRIPT):
        script.replace_with(f"${(script.text() or '').strip()}$")
    for selector in drop:
        for node in select(root, selector):
            node.decompose()
    for node in root.css(_UNSEEN):
        if "aria-hidden" in node.attributes and node.css_first(_HOLDS_CONTENT) is not None:
            continue
        node.decompose()


def select(root: LexborNode, selector: str) -> list[LexborNode]:
    """Nodes that match a source's CSS selector; CleaningError that quotes an invalid one."""
    try:
        return root.css(selector)
    except SelectolaxError as error:
        raise CleaningError("invalid_selector", f"{selector!r} is not a CSS selector: {error}") from error
