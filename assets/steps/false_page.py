"""Pages whose text is not worth keeping: walls that came in place of a page, and text that lost its characters."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from assets.steps.cleaning_error import CleaningError
from assets.steps.damage import damaged_characters, is_beyond_repair
from scrapers.challenge import challenge_reason
from scrapers.face import read_face

FALSE_PAGE = "false_page"
DAMAGED_PAGE = "damaged_page"
FAULTS_OF_THE_DAY = (FALSE_PAGE, DAMAGED_PAGE)
"""Rules whose breach says nothing about the page itself: its version before goes on answering."""

_WALL_TEXT = 2_000  # characters of markdown; no wall has more


def refuse_false_page(body: bytes, charset: str, markdown: str) -> None:
    """Raise CleaningError for a page that is a captcha, a login, a notice or an error, with the evidence, and for one
    whose characters are lost. A crawler refuses such pages itself; those that others fetched come through here."""
    if is_beyond_repair(markdown):
        count = damaged_characters(markdown)
        raise CleaningError(
            DAMAGED_PAGE, f"{count} characters are damaged: the page was decoded wrongly before it came"
        )
    if len(markdown) < _WALL_TEXT:
        text = body.decode(charset, "replace")
        wall = challenge_reason(read_face(LexborHTMLParser(text), body))
        if wall is not None:
            raise CleaningError(FALSE_PAGE, f"the page {wall}")
