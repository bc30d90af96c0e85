"""Pages cleaned one after the other, so that a page that breaks harms no other."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait

from assets.stages.false_page import FALSE_PAGE, wall_in_place_of_page
from assets.steps.clean import CleanedPage, clean_page
from assets.steps.cleaning_error import NO_CONTENT, CleaningError
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


def clean_pages(
    batches: Iterable[list[RawPage]], selectors: Selectors, *, apart: bool = False
) -> Iterator[list[Cleaned]]:
    """Clean batches of pages in order; `apart`: in another process, so that a page that ends it is found and named.

    That costs a start and the copying of the pages; it is for work that has ended a process before.
    """
    if not apart:
        yield from (_clean_batch(batch, selectors) for batch in batches)
        return
    pool = _new_pool()
    try:
        for batch in batches:
            try:
                yield pool.submit(_clean_batch, batch, selectors).result()
            except BrokenProcessPool:
                yield [_clean_alone(page, selectors) for page in batch]
                pool = _new_pool()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _clean_alone(page: RawPage, selectors: Selectors) -> Cleaned:
    """Clean a page in a process of its own; when that dies, the page is to blame."""
    with _new_pool() as pool:
        try:
            return pool.submit(_clean_batch, [page], selectors).result()[0]
        except BrokenProcessPool:
            reason = f"cleaning {page.url} ended its process (memory, or a crash)"
            return Cleaned(page, None, "process_died", reason)


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
        cleaned = clean_page(page.body, url=page.url, charset=page.charset, selectors=selectors)
        wall = wall_in_place_of_page(page.body, page.charset, cleaned.markdown)
        return Cleaned(page, cleaned) if wall is None else Cleaned(page, None, FALSE_PAGE, wall)
    except CleaningError as error:
        wall = wall_in_place_of_page(page.body, page.charset, "") if error.rule == NO_CONTENT else None
        return Cleaned(page, None, error.rule, error.reason) if wall is None else Cleaned(page, None, FALSE_PAGE, wall)
    except Exception as error:  # one page's surprise may not stop the other pages; it is kept with its reason
        return Cleaned(page, None, type(error).__name__, f"cleaning {page.url} failed: {error}")


def _new_pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    """End this process when its parent ends, however that ends: a killed parent cannot tell its workers."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()
