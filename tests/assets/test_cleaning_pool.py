"""Pages cleaned in several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator

import pytest

from assets.stages.cleaning_pool import RawPage, clean_pages
from data_contracts.source import Selectors

pytestmark = pytest.mark.slow


def pages(count: int) -> list[list[RawPage]]:
    bodies = [f"<main><h1>Page {number}</h1><p>{'Words of it. ' * 40}</p></main>".encode() for number in range(count)]
    raw = [RawPage(str(at), f"https://example.test/{at}", "text/html", "utf-8", body) for at, body in enumerate(bodies)]
    return [raw[start : start + 4] for start in range(0, count, 4)]


def test_several_processes_give_the_same_documents_in_the_same_order() -> None:
    alone = [cleaned for batch in clean_pages(pages(24), Selectors(), workers=1) for cleaned in batch]
    together = [cleaned for batch in clean_pages(pages(24), Selectors(), workers=2) for cleaned in batch]
    assert together == alone
    assert [cleaned.page.page_version_id for cleaned in alone] == [str(at) for at in range(24)]


def test_a_process_that_is_killed_costs_no_page() -> None:
    def killing() -> Iterator[list[RawPage]]:
        for number, batch in enumerate(pages(40)):
            if number == 6:
                multiprocessing.active_children()[0].kill()
            yield batch

    cleaned = [one for batch in clean_pages(killing(), Selectors(), workers=2) for one in batch]
    assert [one.page.page_version_id for one in cleaned] == [str(at) for at in range(40)]
    assert all(one.result is not None for one in cleaned)


def test_what_is_in_flight_is_bounded() -> None:
    taken = 0

    def counting() -> Iterator[list[RawPage]]:
        nonlocal taken
        for batch in pages(80):
            taken += 1
            yield batch

    results = clean_pages(counting(), Selectors(), workers=2)
    next(results)
    assert taken <= 6
    results.close()
