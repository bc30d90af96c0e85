"""What is asked of a known page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from data_contracts.identity import text_hash
from scrapers.known_page import KnownPage

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def _page(name: str, *, days: float = 0, links: tuple[str, ...] | None = (), etag: str | None = '"1"') -> KnownPage:
    return KnownPage(
        version=text_hash(name),
        body_hash=text_hash(name),
        body_bytes=1,
        etag=etag,
        last_modified=None,
        links=links,
        read_at=NOW - timedelta(days=days),
        depth=0,
        discovered_from=None,
        is_present=True,
        is_sought=True,
    )


def test_a_page_is_asked_for_with_the_etag_that_it_had() -> None:
    assert _page("a").conditions(NOW) == {"If-None-Match": '"1"'}


@pytest.mark.parametrize("page", [_page("a", links=None), _page("a", etag=None), _page("a", days=43)])
def test_a_page_that_must_be_read_is_asked_for_plainly(page: KnownPage) -> None:
    assert page.conditions(NOW) == {}


def test_the_pages_of_a_site_come_due_one_after_the_other() -> None:
    due = [sum(not _page(f"page {n}", days=days).conditions(NOW) for n in range(500)) for days in range(27, 44)]
    assert due[0] == 0
    assert due[-1] == 500
    assert max(later - sooner for sooner, later in pairwise(due)) < 80
