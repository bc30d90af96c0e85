"""What a crawl decided about a URL."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """The decision, one per URL and crawl; the ledger's `reason` column says why in a sentence."""

    FETCHED = "fetched"  # a page version was stored (new, or the same bytes as a stored one)
    UNCHANGED = "unchanged"  # the server said 304, or sent the bytes that are already stored
    DUPLICATE_OF = "duplicate_of"  # the same bytes, or a canonical link, as another page of the source
    REDIRECTED = "redirected"  # led to another URL, which has a row of its own
    ROBOTS = "robots"  # robots.txt forbids it
    NOINDEX = "noindex"  # the page asks not to be indexed
    OUT_OF_SCOPE = "out_of_scope"  # host, path prefix or pattern of the source forbids it
    TOO_DEEP = "too_deep"  # deeper than the source's depth limit
    LIMIT = "limit"  # the source's page limit was reached first
    TOO_LARGE = "too_large"  # the body is larger than the source's limit
    NOT_HTML = "not_html"  # the bytes are not HTML, whatever the header says
    LANGUAGE = "language"  # a declared language that the source does not want
    PRIVATE_ADDRESS = "private_address"  # resolves to a private or link-local address
    GONE = "gone"  # 404 or 410
    SOFT_404 = "soft_404"  # says 200, and shows what the site shows for pages that do not exist
    ERASED = "erased"  # was erased on request; not fetched again
    ERROR = "error"  # time-out, connection error, 5xx, 429 after all retries
    MOVED_FOR_NOW = "moved_for_now"  # a temporary redirect: no evidence against the page
    CHALLENGE = "challenge"  # says 200, and shows a captcha, a login wall or an error instead of the page

    @property
    def is_present(self) -> bool:
        """Whether the verdict is evidence that the page exists under its own URL."""
        return self in (Verdict.FETCHED, Verdict.UNCHANGED)

    @property
    def is_unknown(self) -> bool:
        """Whether the verdict says nothing about the page: it keeps answering from its last version."""
        return self in _UNKNOWN


_UNKNOWN = frozenset(
    {
        Verdict.ERROR,
        Verdict.LIMIT,
        Verdict.TOO_DEEP,
        Verdict.MOVED_FOR_NOW,
        Verdict.CHALLENGE,
        Verdict.PRIVATE_ADDRESS,  # a name server that lies, or a captive portal
    }
)
