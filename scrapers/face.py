"""What a visitor sees of a page, without the site's menus: what tells a page from a wall or an error."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

_UNSEEN = ["script", "style", "template", "svg", "nav", "header", "footer", "aside", "select", "option"]
_LONG = 20_000  # characters, scripts included; a page with more is no wall and is not looked at closely
_SPACE = re.compile(r"\s+")

TRACES = {
    "a Cloudflare challenge": "#challenge-form, #challenge-running, #cf-challenge-running, #challenge-error-text, "
    "script[src*='/cdn-cgi/challenge-platform/h/']",
    "an Imperva wall": "iframe[src*='_Incapsula_Resource'], script[src*='_Incapsula_Resource']",
    "a DataDome captcha": "iframe[src*='captcha-delivery.com'], script[src*='captcha-delivery.com']",
    "a HUMAN captcha": "#px-captcha",
    "an AWS WAF challenge": "script[src*='.awswaf.com/']",
    "an Anubis challenge": "#anubis_challenge, script[src*='/.within.website/x/cmd/anubis']",
    "a captcha": ".g-recaptcha, .h-captcha, .cf-turnstile, iframe[src*='recaptcha'], iframe[src*='hcaptcha.com'], "
    "form[action*='captcha' i], img[src*='captcha' i], input[name*='captcha' i]",
    "a password field": "input[type='password' i]",
}
"""What walls are made of, by CSS selector."""

_TRACE_WORDS = (
    b"captcha",
    b"challenge",
    b"incapsula",
    b"awswaf",
    b"anubis",
    b"password",
    b"turnstile",
)  # one is in each


@dataclass(frozen=True, slots=True)
class Face:
    """A page's title, its first heading and its text, white space collapsed; `has_links` tells whether it leads
    anywhere, `traces` names what walls are made of (see TRACES). A long page's text is taken whole, with its menus, and
    its traces are not looked for."""

    title: str
    headline: str
    text: str
    has_links: bool
    traces: frozenset[str]


def read_face(tree: LexborHTMLParser, source: bytes) -> Face:
    """Read a page parsed from `source`; the tree loses its menus by that. Text for browsers without JavaScript
    counts."""
    title, headline = _first(tree, "title"), _first(tree, "h1")
    text = _text(tree)
    if len(text) > _LONG:
        return Face(title, headline, _collapsed(text), True, frozenset())
    lower = source.lower()
    can_have = any(word in lower for word in _TRACE_WORDS)
    traces = [name for name, selector in TRACES.items() if can_have and tree.css_first(selector) is not None]
    has_links = tree.css_first("a[href]") is not None
    tree.strip_tags(_UNSEEN)
    return Face(title, headline, _collapsed(_text(tree)), has_links, frozenset(traces))


def _text(tree: LexborHTMLParser) -> str:
    return tree.body.text(separator=" ") if tree.body is not None else ""


def _first(tree: LexborHTMLParser, selector: str) -> str:
    node = tree.css_first(selector)
    return _collapsed(node.text(separator=" ")) if node is not None else ""


def _collapsed(text: str) -> str:
    return _SPACE.sub(" ", text).strip()
