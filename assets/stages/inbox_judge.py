"""A page that somebody else fetched -> a verdict on its URL, by the rules that hold for crawled pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from assets.stages.inbox_reader import FoundPage
from assets.steps.inbox_line import LineRefused
from data_contracts.page_version import page_version_id
from data_contracts.source import Source
from data_contracts.verdict import Verdict
from lake.erased import ErasedUrls
from scrapers.canonical import canonical_url
from scrapers.challenge import challenge_reason
from scrapers.page import PageFacts, read_page
from scrapers.scope import ScopeRules
from scrapers.sniff import html_refusal

_GONE = frozenset({404, 410})
_MOVED = frozenset({301, 308})
_MOVED_FOR_NOW = frozenset({302, 303, 307})


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a page of the inbox says about its URL. `facts` and `version` are there when it is a page to keep, `named`
    is then the other URL of the source that it calls its canonical one."""

    verdict: Verdict
    reason: str
    seen_at: datetime
    status: int
    size: int
    target_url: str | None = None
    version: str | None = None
    facts: PageFacts | None = None
    named: str | None = None


@dataclass(frozen=True, slots=True)
class DroppedAnswer:
    """A dropped page in the terms of an answer that a server gave."""

    url: str
    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str]


class InboxJudge:
    """Decides on pages of one source, each by itself."""

    def __init__(self, source: Source, erased: ErasedUrls) -> None:
        self._source = source
        self._erased = erased
        self._scope = ScopeRules(source)
        self._languages = {language.split("-")[0].lower() for language in source.languages}

    def judge(self, found: FoundPage) -> Ruling:
        """Decide. Raises LineRefused for what cannot be a page: a bad drop is no evidence against one."""
        outside = self._scope.outside(found.url)
        if found.url in self._erased:
            return self._without_page(
                found, Verdict.ERASED, "was erased on request; `lorechat erase` tells how it returns"
            )
        if outside is not None:
            return self._without_page(found, *outside)
        if not found.page.is_answered:
            return self._unanswered(found)
        return self._read(found, found.page.body or b"")

    def _unanswered(self, found: FoundPage) -> Ruling:
        status = found.page.status
        location = found.page.headers.get("location", "")
        target = canonical_url(urljoin(found.url, location), rules=self._source.urls) if location else None
        if status in _GONE:
            return self._without_page(found, Verdict.GONE, f"status {status}")
        if status in _MOVED and target not in (None, found.url):
            return self._without_page(found, Verdict.REDIRECTED, f"status {status} leads to {target}", target)
        if status in _MOVED_FOR_NOW | _MOVED:
            return self._without_page(found, Verdict.MOVED_FOR_NOW, f"status {status}", target)
        return self._without_page(found, Verdict.ERROR, f"status {status}")

    def _read(self, found: FoundPage, body: bytes) -> Ruling:
        page = found.page
        refusal = html_refusal(body, page.content_type)
        if refusal is not None:
            raise LineRefused("not_html", f"{refusal}; give the page's HTML")
        facts = read_page(
            body,
            url=found.url,
            content_type=page.content_type,
            robots_header=page.headers.get("x-robots-tag", ""),
            language_header=page.headers.get("content-language", ""),
            rules=self._source.urls,
        )
        wall = challenge_reason(facts.face)
        if wall is not None:
            return self._without_page(found, Verdict.CHALLENGE, f"the answer {wall}")
        if facts.refresh is not None and facts.refresh != found.url:
            reason = f"the page refreshes to {facts.refresh}"
            return self._without_page(found, Verdict.REDIRECTED, reason, facts.refresh)
        if self._languages and facts.language is not None and facts.language not in self._languages:
            return self._without_page(found, Verdict.LANGUAGE, f"declares language {facts.language}")
        if facts.noindex:
            return self._without_page(found, Verdict.NOINDEX, "asks not to be indexed")
        return Ruling(
            Verdict.FETCHED,
            f"from {found.place}",
            found.seen_at,
            page.status,
            len(body),
            version=page_version_id(self._source.name, found.url, body),
            facts=facts,
            named=self._named(found.url, facts.canonical),
        )

    def _named(self, url: str, canonical: str | None) -> str | None:
        elsewhere = canonical is not None and canonical != url and self._scope.outside(canonical) is None
        return canonical if elsewhere else None

    def _without_page(self, found: FoundPage, verdict: Verdict, reason: str, target: str | None = None) -> Ruling:
        size = len(found.page.body or b"")
        reason = f"{reason}, from {found.place}"
        return Ruling(verdict, reason, found.seen_at, found.page.status, size, target_url=target)


def as_answer(found: FoundPage) -> DroppedAnswer:
    """Put a dropped page into the terms of an answer."""
    page = found.page
    return DroppedAnswer(found.url, page.status, page.body or b"", page.content_type, page.headers)
