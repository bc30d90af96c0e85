"""The row of `page_versions` that an answer becomes, whoever got the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol

from scrapers.page import PageFacts
from scrapers.store import Row


class Answered(Protocol):
    """What there is to know of an answer: the URL that gave it, and what it said. Header names are in lower case."""

    @property
    def url(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content_type(self) -> str: ...


def version_row(
    answer: Answered,
    facts: PageFacts,
    *,
    source: str,
    url: str,
    version: str,
    crawl_id: str,
    fetched_at: datetime | None = None,
) -> Row:
    """Return the row; cookies are left out of its headers. `fetched_at` is now when it is not given."""
    headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
    return {
        "source": source,
        "page_version_id": version,
        "url": url,
        "fetched_url": answer.url,
        "crawl_id": crawl_id,
        "fetched_at": fetched_at or datetime.now(UTC),
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
