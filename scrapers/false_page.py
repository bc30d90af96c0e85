"""Whether an answer with status 200 is a page at all."""

from __future__ import annotations

from urllib.parse import urlsplit

from data_contracts.verdict import Verdict
from scrapers.challenge import challenge_reason
from scrapers.face import Face
from scrapers.probe import Probes

_FRONT_TEXT = 600  # characters; a start page with as many is one, even where the site shows it for any address


class FalsePages:
    """Tells walls (which say nothing about the page behind them) and soft 404s (which speak against it) from pages.

    What a site shows for addresses that do not exist speaks against a page only once the site has shown another page
    that is different: a wall, or an app that needs a browser, looks the same everywhere.
    """

    def __init__(self, probes: Probes) -> None:
        self._probes = probes
        self._with_pages: set[str] = set()

    def saw_page(self, url: str) -> None:
        """Note that a URL's site shows pages of its own."""
        self._with_pages.add(urlsplit(url).netloc)

    def verdict(self, url: str, face: Face, *, is_start: bool) -> tuple[Verdict, str] | None:
        """Return what an answer is in place of a page, with the evidence; None for a page."""
        wall = challenge_reason(face)
        if wall is not None:
            return Verdict.CHALLENGE, f"the answer {wall}"
        false_face = self._probes.of(url)
        likeness = false_face.likeness(face, url) if false_face is not None else None
        if likeness is None:
            self.saw_page(url)
            return None
        if urlsplit(url).netloc in self._with_pages:
            return Verdict.SOFT_404, likeness
        if is_start and len(face.text) >= _FRONT_TEXT:
            return None
        return Verdict.CHALLENGE, f"{likeness}: a wall, or an app that needs a browser, for the whole site"
