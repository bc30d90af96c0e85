"""From an answer to a decision: is it a page, whose, new or known, and where does it lead."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from hashlib import sha256

from data_contracts.page_version import page_version_id
from data_contracts.source import Source
from data_contracts.verdict import Verdict
from scrapers.canonical import canonical_url
from scrapers.fetch import Answer, Failure
from scrapers.frontier import Frontier
from scrapers.history import Decided, History
from scrapers.ledger import Ledger
from scrapers.page import PageFacts, read_page
from scrapers.sniff import binary_kind, html_refusal
from scrapers.store import CrawlStore, Row
from scrapers.visit import Visit

_GONE = frozenset({404, 410})


class Judge:
    """Decides on URLs in the order in which they are handed in; so a crawl's result does not hang on timing."""

    def __init__(self, source: Source, history: History, ledger: Ledger, frontier: Frontier, store: CrawlStore) -> None:
        self._source = source
        self._history = history
        self._ledger = ledger
        self._frontier = frontier
        self._store = store
        self._starts = frozenset(canonical_url(url, rules=source.urls) for url in source.start_urls)
        self._by_body: dict[str, str] = {}
        self._waiting: defaultdict[str, list[Visit]] = defaultdict(list)
        self._waits_for: dict[str, str] = {}
        self.body_bytes = 0
        self.pages_fetched = 0

    def recall(self, visit: Visit, decided: Decided) -> None:
        """Repeat a decision that was made before the crawl was cut off."""
        if decided.verdict.is_present and decided.body_hash is not None:
            self._by_body.setdefault(decided.body_hash, visit.url)
        self._decide(visit, decided.verdict, "", target_url=decided.target_url)
        if decided.verdict is Verdict.REDIRECTED and decided.target_url is not None:
            self._frontier.redirect(visit, decided.target_url)
        self._frontier.follow(visit, decided.links or ())

    def fail(self, visit: Visit, failure: Failure) -> None:
        """Record that a URL brought nothing to read."""
        self._decide(visit, failure.verdict, failure.reason, status=failure.status)

    def judge(self, visit: Visit, answer: Answer) -> None:
        """Decide on an answer, store the page if it is one, and add its links to the frontier."""
        self.body_bytes += len(answer.body)
        location = answer.location()
        if location is not None:
            target = canonical_url(location, rules=self._source.urls)
            self._redirect(visit, answer, target, f"status {answer.status} leads to {target or location}")
        elif answer.status in _GONE:
            self._answered(visit, answer, Verdict.GONE, f"status {answer.status}")
        elif not 200 <= answer.status < 300:
            self._answered(visit, answer, Verdict.ERROR, f"status {answer.status}")
        else:
            refusal = _not_a_page(answer)
            if refusal is not None:
                self._answered(visit, answer, Verdict.NOT_HTML, refusal)
            else:
                self._read(visit, answer)

    def _read(self, visit: Visit, answer: Answer) -> None:
        facts = read_page(
            answer.body,
            url=answer.url,
            content_type=answer.content_type,
            robots_header=answer.headers.get("x-robots-tag", ""),
            language_header=answer.headers.get("content-language", ""),
            rules=self._source.urls,
        )
        if facts.refresh is not None and facts.refresh != visit.url:
            return self._redirect(visit, answer, facts.refresh, f"the page refreshes to {facts.refresh}")
        self.pages_fetched += 1
        wanted = {language.split("-")[0].lower() for language in self._source.languages}
        if wanted and facts.language is not None and facts.language not in wanted:
            self._answered(visit, answer, Verdict.LANGUAGE, f"declares language {facts.language}")
            return self._frontier.follow(visit, facts.links if visit.url in self._starts else ())
        if facts.noindex:
            self._answered(visit, answer, Verdict.NOINDEX, "asks not to be indexed")
        elif not self._is_named_elsewhere(visit, answer, facts):
            self._keep(visit, answer, facts)
        return self._frontier.follow(visit, facts.links)

    def _redirect(self, visit: Visit, answer: Answer, target: str | None, reason: str) -> None:
        if target is None:
            return self._answered(visit, answer, Verdict.ERROR, f"{reason}, which is no web address")
        if target == visit.url:
            return self._answered(visit, answer, Verdict.ERROR, "redirects to itself")
        self._frontier.redirect(visit, target)
        return self._answered(visit, answer, Verdict.REDIRECTED, reason, target_url=target)

    def _keep(self, visit: Visit, answer: Answer, facts: PageFacts) -> None:
        version = page_version_id(self._source.name, visit.url, answer.body)
        row = self._version_row(visit, answer, facts, version)
        first = self._by_body.setdefault(row["body_hash"], visit.url)
        if first != visit.url:
            version = page_version_id(self._source.name, first, answer.body)
            reason = f"the same bytes as {first}"
            return self._answered(
                visit, answer, Verdict.DUPLICATE_OF, reason, page_version_id=version, target_url=first
            )
        if self._history.versions.get(version, self._history.crawl_id) != self._history.crawl_id:
            reason = "the same bytes as the stored version"
            return self._answered(visit, answer, Verdict.UNCHANGED, reason, page_version_id=version)
        self._store.add_version(row)
        return self._answered(visit, answer, Verdict.FETCHED, "fetched", page_version_id=version)

    def _is_named_elsewhere(self, visit: Visit, answer: Answer, facts: PageFacts) -> bool:
        """Whether the page names another URL as its canonical one, and that URL is a page or may still become one."""
        if facts.canonical is None or visit.own_name:
            return False
        self._frontier.redirect(visit, facts.canonical)
        target = self._ledger.resolve(facts.canonical)
        if target == visit.url or self._waits_in_circle(target, visit.url):
            return False
        verdict = self._ledger.verdict(target)
        if verdict is None:
            self._waits_for[visit.url] = target
            self._waiting[target].append(visit)
            return True
        if verdict.is_present:
            reason = f"names {target} as its canonical URL"
            self._answered(visit, answer, Verdict.DUPLICATE_OF, reason, target_url=target)
        return verdict.is_present

    def _waits_in_circle(self, target: str, url: str) -> bool:
        while target in self._waits_for:
            target = self._waits_for[target]
            if target == url:
                return True
        return False

    def _answered(self, visit: Visit, answer: Answer, verdict: Verdict, reason: str, **about: str | None) -> None:
        size = len(answer.body)
        self._decide(visit, verdict, reason, status=answer.status, body_bytes=size, seconds=answer.seconds, **about)

    def _decide(self, visit: Visit, verdict: Verdict, reason: str, **about: object) -> None:
        self._ledger.decide(visit, verdict, reason, **about)  # type: ignore[arg-type]
        for waiter in self._waiting.pop(visit.url, ()):
            self._settle(waiter, visit.url)

    def _settle(self, waiter: Visit, target: str) -> None:
        """A page waited to hear whether the URL that it names as canonical exists: it does, or it stands for itself."""
        self._waits_for.pop(waiter.url, None)
        final = self._ledger.resolve(target)
        verdict = self._ledger.verdict(final)
        if final != waiter.url and verdict is not None and verdict.is_present:
            self._decide(waiter, Verdict.DUPLICATE_OF, f"names {target} as its canonical URL", target_url=final)
        else:
            waiter.own_name = True
            self._frontier.again(waiter)

    def _version_row(self, visit: Visit, answer: Answer, facts: PageFacts, version: str) -> Row:
        headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
        return {
            "source": self._source.name,
            "page_version_id": version,
            "url": visit.url,
            "fetched_url": answer.url,
            "crawl_id": self._history.crawl_id,
            "fetched_at": datetime.now(UTC),
            "status": answer.status,
            "content_type": answer.content_type,
            "charset": facts.charset,
            "etag": headers.get("etag"),
            "last_modified": headers.get("last-modified"),
            "headers": json.dumps(headers, ensure_ascii=False),
            "body": answer.body,
            "body_hash": sha256(answer.body).hexdigest(),
            "body_bytes": len(answer.body),
            "outlinks": list(facts.links),
        }


def _not_a_page(answer: Answer) -> str | None:
    if answer.truncated:
        return f"the bytes are {binary_kind(answer.body) or 'no HTML'} (download stopped)"
    return html_refusal(answer.body, answer.content_type)
