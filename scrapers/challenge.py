"""Pages that say 200 and show something else: a captcha, a login, a notice of maintenance, an error.

A page is called that on two pieces of evidence only, among them one of its making (a captcha's frame, a password
field) or its name (title or heading), and when it has little text beside. Pages about captchas and errors explain:
they are longer, or say so in words that no wall uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from scrapers import wall_words as words
from scrapers.face import TRACES, Face

_WALLS = frozenset(TRACES) - {"a captcha", "a password field"}


class _Kind(NamedTuple):
    """`name` must be the whole of the title or heading, `words` stand in the text of at most `longest` characters; with
    `bare`, the name with nothing else is enough."""

    what: str
    name: re.Pattern[str]
    words: re.Pattern[str]
    longest: int
    bare: bool


_KINDS = (
    _Kind("asks whether a person is there", words.HUMAN_NAME, words.HUMAN, 1_500, bare=False),
    _Kind("says that the site is in maintenance", words.MAINTENANCE_NAME, words.BACK, 600, bare=False),
    _Kind("reports an error", words.ERROR_NAME, words.SORRY, 600, bare=True),
    _Kind("says itself that the page does not exist", words.MISSING_NAME, words.SORRY, 600, bare=True),
)
_WALL_TEXT = 1_500  # characters
_LOGIN_TEXT = 600
_SHELL_TEXT = 250
_BARE_TEXT = 40
_SITE = re.compile(r"\s+[|–—·:»-]+\s+|\s*[|»]\s*")


def challenge_reason(face: Face) -> str | None:
    """Return what a page shows in place of its content, with the evidence; None for a page that is one."""
    return next(chain(_by_traces(face), _by_words(face), _by_script(face)), None)


def _by_traces(face: Face) -> Iterator[str]:
    size, explains = len(face.text), words.EXPLAINS.search(face.text)
    asked = words.HUMAN.search(f"{face.title} {face.headline} {face.text}")
    for trace in sorted(face.traces & _WALLS):
        if size <= _WALL_TEXT and (asked or size < _SHELL_TEXT):
            yield f"is {trace} (its marks in the page, and {size} characters of text)"
    if "a captcha" in face.traces and size <= _LOGIN_TEXT and asked and not explains:
        yield f"is a captcha (its frame in the page, and {asked[0]!r})"
    if "a password field" in face.traces and size <= _LOGIN_TEXT and (name := _named(face, words.LOGIN_NAME)):
        yield f"is a login (a password field, the name {name!r} and {size} characters of text)"


def _by_words(face: Face) -> Iterator[str]:
    size, explains = len(face.text), words.EXPLAINS.search(face.text)
    for kind in _KINDS:
        name = _named(face, kind.name) if size <= kind.longest and not explains else None
        if name and (found := kind.words.search(face.text)):
            yield f"{kind.what} (the name {name!r}, and {found[0]!r} in {size} characters of text)"
        elif name and kind.bare and size < _BARE_TEXT:
            yield f"{kind.what} (the name {name!r} and nothing else)"


def _by_script(face: Face) -> Iterator[str]:
    is_bare = len(face.text) <= _SHELL_TEXT and not face.headline and not face.has_links
    if is_bare and (shell := words.SCRIPTED.search(face.text)):
        yield f"shows nothing without JavaScript ({shell[0]!r} in {len(face.text)} characters of text)"


def _named(face: Face, pattern: re.Pattern[str]) -> str | None:
    """The title, its part beside the site's name, or the heading: the first that the pattern matches as a whole."""
    parts = [face.title, *_SITE.split(face.title), face.headline] if face.title else [face.headline]
    return next((part for part in parts if pattern.fullmatch(part.strip(" .…!"))), None)
