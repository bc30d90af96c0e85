"""The end of a crawl: its closing row, which makes its evidence count or holds it, and what there is to complain of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from data_contracts.crawl_changes import CrawlChanges
from data_contracts.crawl_ledger import REMOVALS_APPLIED, REMOVALS_HELD
from data_contracts.source import Source
from scrapers.changes import changes_of
from scrapers.error import CrawlFailed, RemovalsHeld, ScraperError
from scrapers.history import History
from scrapers.ledger import Ledger
from scrapers.outcome import outcome_of
from scrapers.removal import losses_of
from scrapers.revision import code_version
from scrapers.wishes import Wishes


@dataclass(frozen=True, slots=True)
class End:
    """`row` belongs into `crawls`, and with it the crawl is over; `failure` is raised after that."""

    outcome: str
    changes: CrawlChanges
    row: dict[str, Any]
    failure: ScraperError | None


def end_of_crawl(source: Source, history: History, ledger: Ledger, wishes: Wishes) -> End:
    """Judge a crawl as a whole."""
    losses, changes = losses_of(history, ledger), changes_of(history, ledger)
    outcome = outcome_of(source, ledger)
    failure: ScraperError | None = CrawlFailed(outcome) if ledger.present == 0 else None
    held = losses.are_too_many(source) and not wishes.accept_removals
    if held:
        outcome = losses.message(source) if failure is None else f"{outcome}\n{losses.message(source)}"
        failure = RemovalsHeld(outcome)
    row = {
        "source": source.name,
        "crawl_id": history.crawl_id,
        "started_at": history.started_at,
        "finished_at": datetime.now(UTC),
        "outcome": outcome,
        "counts": json.dumps({verdict.value: count for verdict, count in sorted(ledger.counts.items())}),
        "settings_hash": source.settings_hash(),
        "removals": REMOVALS_HELD if held else REMOVALS_APPLIED,
        "changes": changes.to_json(),
        "run_id": wishes.run_id,
        "code_version": code_version(),
    }
    return End(outcome, changes, row, failure)
