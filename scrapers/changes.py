"""A source's pages before a crawl against after it."""

from __future__ import annotations

from data_contracts.crawl_changes import CrawlChanges
from data_contracts.verdict import Verdict
from scrapers.history import History
from scrapers.ledger import Ledger


def changes_of(history: History, ledger: Ledger) -> CrawlChanges:
    """Compare; pages that the inbox brought are left out, as the crawl has no say in them."""
    was = {url for url, page in history.known.items() if page.is_present}
    now = {url: decision.version for url, decision in ledger.decisions() if decision.verdict.is_present}
    kept = [url for url in was if url in now]
    same = sum(now[url] == history.known[url].version for url in kept)
    return CrawlChanges(
        fetched=sum(decision.body_bytes > 0 and _is_page(decision.verdict) for _, decision in ledger.decisions()),
        unchanged=same,
        changed=len(kept) - same,
        new=sum(url not in history.known for url in now),
        restored=sum(url in history.known and url not in was for url in now),
        gone=sum(ledger.speaks_against(url) for url in was),
        unknown=sum(ledger.is_unknown(url) for url in was),
        bytes_saved=sum(history.known[url].body_bytes for url in ledger.not_modified() if url in history.known),
    )


def _is_page(verdict: Verdict) -> bool:
    return verdict.is_present or verdict in (Verdict.DUPLICATE_OF, Verdict.NOINDEX, Verdict.LANGUAGE)
