"""Pages whose text is not worth keeping: walls that came in place of a page, and text that lost its characters."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from assets.steps.damage import DAMAGED_PAGE
from scrapers.challenge import challenge_reason
from scrapers.face import read_face

FALSE_PAGE = "false_page"
FAULTS_OF_THE_DAY = (FALSE_PAGE, DAMAGED_PAGE)
"""Rules whose breach says nothing about the page itself: its version before goes on answering."""

_WALL_TEXT = 2_000  # characters of markdown; no wall has more


def wall_in_place_of_page(body: bytes, charset: str, markdown: str) -> str | None:
    """Return what a page is in place of one (a captcha, a login, a notice, an error), with the evidence, or None.

    A crawler refuses such pages itself; those that others fetched come through here. `markdown` is what cleaning made
    of the page, empty when it made nothing of it.
    """
    if len(markdown) >= _WALL_TEXT:
        return None
    wall = challenge_reason(read_face(LexborHTMLParser(body.decode(charset, "replace")), body))
    return None if wall is None else f"the page {wall}"
