"""What sitemaps say about changes: a hint to read a page anew, and never a reason to pass it over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from scrapers.history import History
from scrapers.sitemap import Entry


class NewsOfSitemaps:
    """The pages that a sitemap calls changed since they were last downloaded.

    A date that lies after the crawl's begin says nothing: such a sitemap would have every page read in every crawl.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._newer: set[str] = set()

    def first(self, entries: Sequence[Entry]) -> list[str]:
        """Take note of a sitemap's dates; return its URLs, those with news first."""
        news = [
            entry.url for entry in entries if entry.modified is not None and self._is_new(entry.url, entry.modified)
        ]
        self._newer.update(news)
        return [*news, *(entry.url for entry in entries)]

    def are_newer(self, url: str) -> bool:
        """Whether there is news of a page."""
        return url in self._newer

    def _is_new(self, url: str, modified: datetime) -> bool:
        known = self._history.known.get(url)
        return known is not None and known.read_at < modified <= self._history.started_at
