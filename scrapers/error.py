"""What can go wrong with sources and crawls.

ScraperError
├── SourceError   a source file is wrong; the message names the file, the field and the fix
├── CrawlFailed   a crawl brought nothing, or could not run; the message names the cause and the next step
└── RemovalsHeld  so many pages would vanish that a person has to look first; trying again is of no use
"""

from __future__ import annotations


class ScraperError(Exception):
    """Something that a person can act on."""


class SourceError(ScraperError):
    """A source's YAML cannot be used as it stands."""


class CrawlFailed(ScraperError):
    """A crawl ended without a single page, or its process could not do its work."""


class RemovalsHeld(ScraperError):
    """A crawl found more pages gone than the source allows; what it fetched is stored, what it would remove stays."""
