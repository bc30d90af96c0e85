"""From an answer to a decision: is it a page, whose, new or known, and where does it lead."""

from __future__ import annotations

from hashlib import sha256

from data_contracts.page_version import page_version_id
from data_contracts.source import Source
from data_contracts.verdict import Verdict
from scrapers.canonical import canonical_url
from scrapers.false_page import FalsePages
from scrapers.fetch import Answer, Failure
from scrapers.frontier import Frontier
from scrapers.history import Decided, History
from scrapers.ledger import Ledger
from scrapers.page import PageFacts, read_page, robots_words
from scrapers.sniff import binary_kind, html_refusal
from scrapers.store import CrawlStore
from scrapers.version_row import version_row
from scrapers.visit import Visit
from scrapers.waiting_room import WaitingRoom

_GONE = frozenset({404, 410})
_LASTING = frozenset({301, 308})


class Judge:
    """Decides on URLs in the order in which they are handed in; so a crawl's result does not hang on timing."""

    def __init__(
        self,
        source: Source,
        history: History,
        ledger: Ledger,
        frontier: Frontier,
        store: CrawlStore,
        false_pages: FalsePages,
    ) -> None:
        self._source = source
        self._history = history
        self._ledger = ledger
        self._frontier = frontier
        self._store = store
        self._false_pages = false_pages
        self._starts = frozenset(canonical_url(url, rules=source.urls) for url in source.start_urls)
        self._by_body: dict[str, tuple[str, str]] = {}  # body hash -> URL and version of the first page with it
        self._waiting = WaitingRoom()
        self.body_bytes = 0
        self.pages_fetched = 0

    def recall(self, visit: Visit, decided: Decided) -> None:
        """Repeat a decision that was made before the crawl was cut off."""
        if decided.verdict.is_present and decided.body_hash is not None and decided.version is not None:
            self._false_pages.saw_page(visit.url)
            self._by_body.setdefault(decided.body_hash, (visit.url, decided.version))
        self._decide(
            visit,
            decided.verdict,
            decided.reason,
            page_version_id=decided.version,
            target_url=decided.target_url,
            body_bytes=decided.body_bytes,
        )
        if decided.verdict in (Verdict.REDIRECTED, Verdict.MOVED_FOR_NOW) and decided.target_url is not None:
            self._frontier.redirect(visit, decided.target_url)
        self._frontier.follow(visit, decided.links or ())

    def fail(self, visit: Visit, failure: Failure) -> None:
        """Record that a URL brought nothing to read."""
        self._decide(visit, failure.verdict, failure.reason, status=failure.status)

    def judge(self, visit: Visit, answer: Answer) -> None:
        """Decide on an answer, store the page if it is one, and add its links to the frontier."""
        self.body_bytes += len(answer.body)
        location = answer.location()
        if answer.status == 304:
            self._not_modified(visit, answer)
        elif location is not None:
            target = canonical_url(location, rules=self._source.urls)
            reason = f"status {answer.status} leads to {target or location}"
            self._redirect(visit, answer, target, reason, lasts=answer.status in _LASTING)
        elif answer.status in _GONE:
            self._missing(visit, answer)
        elif not 200 <= answer.status < 300:
            self._answered(visit, answer, Verdict.ERROR, f"status {answer.status}")
        elif visit.url in self._history.known and not answer.body.strip():
            self._answered(visit, answer, Verdict.ERROR, "an empty answer, where a page was before")
        elif (refusal := _not_a_page(answer)) is not None:
            self._answered(visit, answer, Verdict.NOT_HTML, refusal)
        else:
            self._read(visit, answer)

    # -- answers without a page ------------------------------------------------------------------------------------

    def _not_modified(self, visit: Visit, answer: Answer) -> None:
        known = self._history.known.get(visit.url)
        if known is None or known.links is None or not visit.is_conditional:
            return self._answered(visit, answer, Verdict.ERROR, "status 304 to a request without a condition")
        told = robots_words(answer.headers.get("x-robots-tag", ""))
        if told & {"noindex", "none"}:
            return self._answered(visit, answer, Verdict.NOINDEX, "asks not to be indexed")
        self._false_pages.saw_page(visit.url)
        first, version = self._by_body.setdefault(known.body_hash, (visit.url, known.version))
        about = {"page_version_id": version, "etag": known.etag, "last_modified": known.last_modified}
        if first != visit.url:
            about["target_url"] = first
            self._answered(visit, answer, Verdict.DUPLICATE_OF, f"the same bytes as {first}", **about)
        else:
            self._answered(visit, answer, Verdict.UNCHANGED, "the server says that nothing has changed", **about)
        return self._frontier.follow(visit, () if "nofollow" in told else known.links)

    def _missing(self, visit: Visit, answer: Answer) -> None:
        """410 is a word; 404 may be a slip, so a page that was there is asked for again when all else is done."""
        known = self._history.known.get(visit.url)
        if answer.status == 404 and known is not None and known.is_present and not visit.is_second_look:
            visit.is_second_look = True
            return self._frontier.put_off(visit)
        twice = ", asked twice" if visit.is_second_look and answer.status == 404 else ""
        return self._answered(visit, answer, Verdict.GONE, f"status {answer.status}{twice}")

    def _redirect(self, visit: Visit, answer: Answer, target: str | None, reason: str, *, lasts: bool) -> None:
        if target is None:
            return self._answered(visit, answer, Verdict.ERROR, f"{reason}, which is no web address")
        if target == visit.url:
            return self._answered(visit, answer, Verdict.ERROR, "redirects to itself")
        self._frontier.redirect(visit, target)
        if visit.url not in self._history.known:
            return self._answered(visit, answer, Verdict.REDIRECTED, reason, target_url=target)
        if not lasts:
            return self._answered(visit, answer, Verdict.MOVED_FOR_NOW, f"{reason} for now", target_url=target)
        return self._moved(visit, answer, target, reason)

    def _moved(self, visit: Visit, answer: Answer, target: str, reason: str) -> None:
        """A page that was there has moved for good: it is gone here when it could be seen where it is now."""
        final = self._ledger.destination(target)
        verdict = self._ledger.verdict(final)
        if self._waiting.is_circle(final, visit.url):
            self._answered(visit, answer, Verdict.ERROR, f"{reason}, in a circle")
        elif verdict is None:
            self._waiting.enter(visit, final, lambda waiter, _: self._moved(waiter, answer, target, reason))
        elif verdict.is_unknown:
            reason = f"{reason}, where nothing could be seen ({verdict.value})"
            self._answered(visit, answer, Verdict.MOVED_FOR_NOW, reason, target_url=target)
        else:
            self._answered(visit, answer, Verdict.REDIRECTED, reason, target_url=target)

    # -- pages -----------------------------------------------------------------------------------------------------

    def _read(self, visit: Visit, answer: Answer) -> None:
        facts = read_page(
            answer.body,
            url=answer.url,
            content_type=answer.content_type,
            robots_header=answer.headers.get("x-robots-tag", ""),
            language_header=answer.headers.get("content-language", ""),
            rules=self._source.urls,
        )
        false_page = self._false_pages.verdict(visit.url, facts.face, is_start=visit.url in self._starts)
        if false_page is not None:
            return self._answered(visit, answer, *false_page)
        if facts.refresh is not None and facts.refresh != visit.url:
            reason = f"the page refreshes to {facts.refresh}"
            return self._redirect(visit, answer, facts.refresh, reason, lasts=True)
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

    def _keep(self, visit: Visit, answer: Answer, facts: PageFacts) -> None:
        version = page_version_id(self._source.name, visit.url, answer.body)
        first, found = self._by_body.setdefault(sha256(answer.body).hexdigest(), (visit.url, version))
        if first != visit.url:
            reason = f"the same bytes as {first}"
            return self._answered(visit, answer, Verdict.DUPLICATE_OF, reason, page_version_id=found, target_url=first)
        # A page that stands for another only for want of that one is read each time: that one may have come.
        told = {} if visit.own_name else answer.headers
        about = {"page_version_id": version, "etag": told.get("etag"), "last_modified": told.get("last-modified")}
        crawl_id = self._history.crawl_id
        if self._history.versions.get(version, crawl_id) != crawl_id:
            return self._answered(visit, answer, Verdict.UNCHANGED, "the same bytes as the stored version", **about)
        name = self._source.name
        self._store.add_version(
            version_row(answer, facts, source=name, url=visit.url, version=version, crawl_id=crawl_id)
        )
        return self._answered(visit, answer, Verdict.FETCHED, "fetched", **about)

    def _is_named_elsewhere(self, visit: Visit, answer: Answer, facts: PageFacts) -> bool:
        """Whether the page names another URL as its canonical one, and that URL is a page or may still become one."""
        if facts.canonical is None or visit.own_name:
            return False
        self._frontier.redirect(visit, facts.canonical)
        target = self._ledger.resolve(facts.canonical)
        if self._waiting.is_circle(target, visit.url):
            return False
        verdict = self._ledger.verdict(target)
        if verdict is Verdict.ERASED:
            self._answered(visit, answer, verdict, "is another address of a page that was erased")
            return True
        if verdict is None:
            self._waiting.enter(visit, target, self._settle)
            return True
        if verdict.is_present:
            reason = f"names {target} as its canonical URL"
            self._answered(visit, answer, Verdict.DUPLICATE_OF, reason, target_url=target)
        return verdict.is_present

    def _settle(self, waiter: Visit, target: str) -> None:
        """A page waited to hear whether the URL that it names as canonical exists: it does, or it stands for itself."""
        final = self._ledger.resolve(target)
        verdict = self._ledger.verdict(final)
        if final != waiter.url and verdict is not None and verdict.is_present:
            self._decide(waiter, Verdict.DUPLICATE_OF, f"names {target} as its canonical URL", target_url=final)
        else:
            waiter.own_name = True
            self._frontier.again(waiter)

    # -- deciding --------------------------------------------------------------------------------------------------

    def _answered(self, visit: Visit, answer: Answer, verdict: Verdict, reason: str, **about: str | None) -> None:
        size = len(answer.body)
        self._decide(visit, verdict, reason, status=answer.status, body_bytes=size, seconds=answer.seconds, **about)

    def _decide(self, visit: Visit, verdict: Verdict, reason: str, **about: object) -> None:
        self._ledger.decide(visit, verdict, reason, **about)  # type: ignore[arg-type]  # columns by name
        self._waiting.leave(visit.url)


def _not_a_page(answer: Answer) -> str | None:
    if answer.truncated:
        return f"the bytes are {binary_kind(answer.body) or 'no HTML'} (download stopped)"
    return html_refusal(answer.body, answer.content_type)
