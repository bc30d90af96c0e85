"""The version of the crawler's own code, and of LoreChat as a whole."""

from __future__ import annotations

from importlib.metadata import version

CRAWLER = "2"  # raise it whenever the same answer may be judged, or its links read, in another way


def code_version() -> str:
    """Return what `crawls` keeps: equal code versions read the same links from the same bytes."""
    return f"lorechat {version('lorechat')}, crawler {CRAWLER}"
