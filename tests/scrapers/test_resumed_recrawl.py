"""A recrawl that was killed goes on, and comes out as if nothing had happened."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS
from lake.lake import Lake
from scrapers.crawl import crawl_command, crawl_environment, crawl_job

pytestmark = pytest.mark.slow

_PAGES = 240
_COMPARED = ["url", "verdict", "reason", "page_version_id", "target_url", "discovered_from", "depth", "etag"]


def _grow(site: Any) -> None:
    """A tree of pages, each with two below it."""
    for number in range(_PAGES):
        below = tuple(f"/{child}" for child in (2 * number + 1, 2 * number + 2) if child < _PAGES)
        site.pages[f"/{number}"] = site.page(f"Page {number}", ("Text", f"About {number}. " * 9), links=below)
    site.pages["/"] = site.page("Home", ("All", "All pages. " * 9), links=("/0",))


def _change(site: Any) -> None:
    """Edit, remove, move and break pages, and cut a branch off."""
    for number in range(5, _PAGES, 17):
        site.pages[f"/{number}"] = site.page(f"Page {number}", ("Text", "Edited. " * 9), links=(f"/{number + 1}",))
    for number in range(130, _PAGES, 23):
        del site.pages[f"/{number}"]
    for number in range(131, _PAGES, 23):
        site.move(f"/{number}", f"/moved-{number}")
    for number in range(132, _PAGES, 23):
        site.behaviour[f"/{number}"] = site.how(status=500)
    site.pages["/1"] = site.page("Page 1", ("Text", "Its branch is cut off. " * 9))


def _kill_after_first_rows(told: Any, before: int) -> None:
    """Start a crawl, and kill it when it has written something."""
    environment = {**os.environ, **crawl_environment(told.source, told.lake, os.environ)}
    with subprocess.Popen(crawl_command(), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        child.stdin.write(json.dumps(crawl_job(told.source, told.lake)).encode() + b"\n")
        child.stdin.flush()
        deadline = time.monotonic() + 60
        while _rows(told.lake) == before and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        child.send_signal(signal.SIGKILL)


def _rows(lake: Lake) -> int:
    return int(lake.scan(CRAWL_LEDGER).select(pl.len()).collect().item())


def _last_ledger(lake: Lake) -> list[dict[str, Any]]:
    last = lake.scan(CRAWLS).sort("finished_at").collect()["crawl_id"][-1]
    return lake.scan(CRAWL_LEDGER).filter(pl.col("crawl_id") == last).select(_COMPARED).sort("url").collect().to_dicts()


def test_a_killed_recrawl_equals_an_undisturbed_one(recrawl: Any, tmp_path: Path) -> None:
    told = recrawl({})
    _grow(told.site)
    told.crawl()
    before = _rows(told.lake)
    undisturbed = told.lake
    told.lake = Lake(str(shutil.copytree(undisturbed.url, tmp_path / "killed")))
    _change(told.site)
    told.site.weather = lambda path: told.site.how(delay=0.2)
    _kill_after_first_rows(told, before)
    left = _rows(told.lake) - before
    assert 0 < left < _PAGES
    told.site.weather = lambda path: None
    resumed = told.crawl()
    assert resumed.report.resumed
    asked = told.site.asked.total()
    pages = told.pages()
    told.lake, killed = undisturbed, told.lake
    whole = told.crawl()
    assert _last_ledger(killed) == _last_ledger(undisturbed)
    assert resumed.report.changes == whole.report.changes
    assert whole.report.changes.gone > 0
    assert whole.report.changes.unknown > 0
    assert pages == told.pages()
    assert asked < told.site.asked.total() - left / 2
