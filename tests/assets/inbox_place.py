"""A lake's place with an inbox, for the tests of what is dropped into it."""

from __future__ import annotations

import json
import time
from typing import Any

from assets.stages.inbox import InboxReport, ingest_inbox
from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.quarantine import QUARANTINE
from data_contracts.source import Source
from lake import Lake, ObjectFolder, current_pages

HOST = "https://docs.example.test"


def html(text: str, head: str = "") -> str:
    return f"<!doctype html><html lang=en><head><title>{text}</title>{head}</head><body><p>{text}</p></body></html>"


def lines(*rows: dict[str, Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


class Inbox:
    """A lake's place with files below `inbox/docs/`, and what was read of them."""

    def __init__(self, url: str, options: dict[str, str] | None = None) -> None:
        self.lake = Lake(url, options)
        self.objects = ObjectFolder(url, options)
        self.source = Source(name="docs", start_urls=(f"{HOST}/guide/",))

    def drop(self, key: str, data: bytes | str) -> None:
        self.objects.write(f"inbox/docs/{key}", data.encode() if isinstance(data, str) else data)

    def read(self, settle_seconds: float = 0, accept_removals: bool = False) -> InboxReport:
        report = ingest_inbox(
            self.source,
            self.lake,
            self.objects,
            on_progress=lambda _: None,
            settle_seconds=settle_seconds,
            accept_removals=accept_removals,
        )
        return report or InboxReport("docs", (), 0, 0, 0, 0, 0.0)

    def pages(self) -> dict[str, str]:
        """The text of each page that exists, by path."""
        versions = self.lake.scan(PAGE_VERSIONS).select("page_version_id", "body")
        rows = current_pages(self.lake, "docs").join(versions, on="page_version_id").select("url", "body").collect()
        return {url.removeprefix(HOST): body.decode("utf-8", "replace") for url, body in rows.iter_rows()}

    def quarantined(self) -> list[tuple[str, str]]:
        return sorted(self.lake.scan(QUARANTINE).select("rule", "reason").collect().iter_rows())

    def verdicts(self) -> dict[str, str]:
        rows = self.lake.scan(CRAWL_LEDGER).sort("seen_at", "crawl_id").select("url", "verdict").collect()
        return {url.removeprefix(HOST): verdict for url, verdict in rows.iter_rows()}


def rewrite(inbox: Inbox, key: str, data: bytes | str) -> None:
    """Drop a file again, later than the file before: S3 tells times to the second."""
    if inbox.lake.url.startswith("s3://"):
        time.sleep(1.1)
    inbox.drop(key, data)
