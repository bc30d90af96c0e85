"""Pages cleaned on all cores: a bounded number in flight, and a page that breaks harms no other."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait

from assets.steps.clean import CleanedPage, clean_page
from assets.steps.cleaning_error import CleaningError
from data_contracts.source import Selectors


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page version on its way to becoming a document."""

    page_version_id: str
    url: str
    content_type: str
    charset: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of a page: its cleaned form, or the rule that it broke and why."""

    page: RawPage
    result: CleanedPage | None
    rule: str = ""
    reason: str = ""


_Flights = deque[tuple[list[RawPage], "Future[list[Cleaned]]"]]


def clean_pages(batches: Iterable[list[RawPage]], selectors: Selectors, *, workers: int) -> Iterator[list[Cleaned]]:
    """Clean batches of pages in order, in `workers` processes (1: in this one)."""
    if workers == 1:
        yield from (_clean_batch(batch, selectors) for batch in batches)
        return
    flights: _Flights = deque()
    pool = _new_pool(workers)
    try:
        for batch in batches:
            flights.append((batch, pool.submit(_clean_batch, batch, selectors)))
            if len(flights) > 2 * workers:
                pool = yield from _land(flights, pool, selectors, workers)
        while flights:
            pool = yield from _land(flights, pool, selectors, workers)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _land(
    flights: _Flights, pool: ProcessPoolExecutor, selectors: Selectors, workers: int
) -> Generator[list[Cleaned], None, ProcessPoolExecutor]:
    """Yield the oldest batch; when a process died, clean what was in flight again, and go on with a new pool."""
    batch, future = flights.popleft()
    try:
        yield future.result()
        return pool
    except BrokenProcessPool:
        pool.shutdown(wait=True)
    for waiting in [batch, *(waiting for waiting, _ in flights)]:
        yield _clean_apart(waiting, selectors)
    flights.clear()
    return _new_pool(workers)


def _clean_apart(pages: list[RawPage], selectors: Selectors) -> list[Cleaned]:
    """Clean pages in a process of their own; when that dies too, each in its own, to find the one that ends it."""
    with _new_pool(1) as pool:
        try:
            return pool.submit(_clean_batch, pages, selectors).result()
        except BrokenProcessPool:
            if len(pages) > 1:
                return [cleaned for page in pages for cleaned in _clean_apart([page], selectors)]
    reason = f"cleaning {pages[0].url} ended its process (memory, or a crash)"
    return [Cleaned(pages[0], None, "process_died", reason)]


def _clean_batch(pages: list[RawPage], selectors: Selectors) -> list[Cleaned]:
    """Clean pages with the garbage collector off: the parsers' trees hold no cycles worth the pauses."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        return [_clean_one(page, selectors) for page in pages]
    finally:
        if was_on:
            gc.enable()
        gc.collect(1)


def _clean_one(page: RawPage, selectors: Selectors) -> Cleaned:
    try:
        return Cleaned(page, clean_page(page.body, url=page.url, charset=page.charset, selectors=selectors))
    except CleaningError as error:
        return Cleaned(page, None, error.rule, error.reason)
    except Exception as error:  # one page's surprise may not stop the other pages; it is kept with its reason
        return Cleaned(page, None, type(error).__name__, f"cleaning {page.url} failed: {error}")


def _new_pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    """End this process when its parent ends, however that ends: a killed parent cannot tell its workers."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()
