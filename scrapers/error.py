"""What can go wrong with sources and crawls.

ScraperError
├── SourceError   a source file is wrong; the message names the file, the field and the fix
└── CrawlFailed   a crawl brought nothing, or could not run; the message names the cause and the next step
"""

from __future__ import annotations


class ScraperError(Exception):
    """Something that a person can act on."""


class SourceError(ScraperError):
    """A source's YAML cannot be used as it stands."""


class CrawlFailed(ScraperError):
    """A crawl ended without a single page, or its process could not do its work."""
