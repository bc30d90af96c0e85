"""A crawl that was killed is continued, and comes out as if nothing had happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS
from data_contracts.page_version import PAGE_VERSIONS
from lake import current_pages
from lake.lake import Lake
from scrapers.crawl import crawl_command, crawl_environment, crawl_job

pytestmark = pytest.mark.slow

_PAGES = 320
_COMPARED = ["url", "verdict", "reason", "status", "page_version_id", "target_url", "discovered_from", "depth"]


class Gate:
    """Lets so many requests through and holds the others until it is opened, however fast the machine is."""

    def __init__(self) -> None:
        self._left = 0
        self._counting = threading.Lock()
        self._open = threading.Event()
        self._open.set()

    def close_after(self, requests: int) -> None:
        self._left = requests
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def enter(self) -> None:
        with self._counting:
            self._left -= 1
            held = self._left < 0
        if held:
            self._open.wait(60)


def _large_site(web: Any, seconds: float, gate: Gate | None = None) -> Any:
    """A slow site with duplicates, canonical links, redirects, pages not indexed and broken links along the way."""

    def page(site: Any, path: str) -> Any:
        time.sleep(seconds)
        if gate is not None:
            gate.enter()
        folder, _, name = path.strip("/").partition("/")
        number = int(name or 0)
        if number % 17 == 5:
            return web.Reply(b"", 302, {"Location": f"/p/{number + 1}"})
        links = [f"/p/{2 * number + 1}", f"/p/{2 * number + 2}", f"/q/{number}", "/missing", "below/1"]
        head = ""
        if number % 13 == 4:
            head = '<meta name="robots" content="noindex">'
        if number % 19 == 7:
            head = f'<link rel="canonical" href="/p/{number - 1}">'
        if folder == "q" and number % 3:
            return web.html(title=f"Quiet {number}")
        wanted = [link for link in links if int(link.rsplit("/", 1)[-1].replace("missing", "0")) < _PAGES]
        return web.html(*wanted, title=f"Page {number}", head=head)

    pages = {f"/{folder}/{number}": page for folder in ("p", "q") for number in range(_PAGES)}
    return web.serve({"/": web.html("/p/0", title="Home"), **pages})


def _start(source: Any, lake: Lake) -> subprocess.Popen[str]:
    environment = {**os.environ, **crawl_environment(source, lake, os.environ)}
    child = subprocess.Popen(crawl_command(), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    child.stdin.write(json.dumps(crawl_job(source, lake)) + "\n")
    child.stdin.flush()
    return child


def _kill_after_next_batch(source: Any, lake: Lake, gate: Gate, number: signal.Signals) -> int:
    """Run a crawl until it has written something more, end it with a signal, and return the rows that it left."""
    before = _rows(lake)
    gate.close_after(120)
    child = _start(source, lake)
    deadline = time.monotonic() + 60
    while _rows(lake) == before and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    child.send_signal(number)
    child.wait(timeout=30)
    gate.open()
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.close()
    child.stdout.close()
    return _rows(lake)


def _rows(lake: Lake) -> int:
    return int(lake.scan(CRAWL_LEDGER).select(pl.len()).collect().item())


def _ledger(lake: Lake) -> pl.DataFrame:
    return lake.scan(CRAWL_LEDGER).select(_COMPARED).sort("url").collect()


@pytest.fixture(scope="module")
def crawled(web: Any) -> Any:
    """The same site crawled undisturbed, and killed twice on the way."""
    gate = Gate()
    site = _large_site(web, 0.02, gate)
    source = web.source(site)
    undisturbed, killed = web.lake(), web.lake()
    web.crawl(site, undisturbed, source)
    left = [_kill_after_next_batch(source, killed, gate, number) for number in (signal.SIGKILL, signal.SIGTERM)]
    site.asked.clear()
    outcome = web.crawl(site, killed, source)
    return undisturbed, killed, outcome, left


def test_a_killed_crawl_leaves_a_part_behind(crawled: Any) -> None:
    undisturbed, _, outcome, left = crawled
    assert 0 < left[0] < left[1] < _ledger(undisturbed).height
    assert outcome.report.resumed


def test_a_resumed_crawl_equals_an_undisturbed_one(crawled: Any, web: Any) -> None:
    undisturbed, killed, _, _ = crawled
    assert _ledger(killed).to_dicts() == _ledger(undisturbed).to_dicts()
    columns = ["page_version_id", "url", "charset", "outlinks", "body_hash"]
    assert web.versions(killed).select(columns).to_dicts() == web.versions(undisturbed).select(columns).to_dicts()


def test_a_resumed_crawl_is_one_crawl(crawled: Any) -> None:
    _, killed, _, _ = crawled
    assert killed.scan(CRAWL_LEDGER).collect()["crawl_id"].n_unique() == 1
    assert killed.scan(CRAWLS).collect().height == 1


def test_a_resumed_crawl_does_not_fetch_again_what_it_has(crawled: Any) -> None:
    _, _, outcome, left = crawled
    assert outcome.report.pages_fetched < len(outcome.rows) - left[1] / 2


def test_a_crawl_killed_before_its_first_ledger_row_is_the_same_crawl(crawled: Any, web: Any) -> None:
    undisturbed, _, outcome, _ = crawled
    killed = web.lake()
    killed.append(PAGE_VERSIONS, web.versions(undisturbed).head(40), source=outcome.source.name)
    web.crawl(outcome.site, killed, outcome.source)
    assert _ledger(killed).to_dicts() == _ledger(undisturbed).to_dicts()
    assert web.versions(killed)["crawl_id"].n_unique() == 1


def test_the_child_stops_when_its_parent_is_gone(web: Any) -> None:
    site = _large_site(web, 0.1)
    source, lake = web.source(site), web.lake()
    child = _start(source, lake)
    while not site.asked:
        time.sleep(0.05)
    assert child.stdin is not None
    child.stdin.close()
    assert child.stdout is not None
    with child.stdout:
        said = child.stdout.read()
    assert child.wait(timeout=30) == 1
    assert "it goes on where it was" in said
    assert lake.scan(CRAWLS).collect().is_empty()


def test_an_unchanged_site_adds_no_page_version(web: Any, tmp_path: Path) -> None:
    site = web.serve({"/": web.html("/a", "/b", title="Home"), "/a": web.html(title="A"), "/b": web.html(title="B")})
    source, lake = web.source(site), web.lake()
    web.crawl(site, lake, source)
    first = web.versions(lake)
    site.pages["/b"] = web.html("/c", title="B, changed")
    site.pages["/c"] = web.Reply(b"broken", 500)
    again = web.crawl(site, lake, source)
    assert again.paths("unchanged") == {"/", "/a"}
    assert again.paths("fetched") == {"/b"}
    assert again.report.pages_added == 1
    assert set(first["page_version_id"]) < set(web.versions(lake)["page_version_id"])
    site.pages["/b"] = web.Reply(b"broken", 500)
    last = web.crawl(site, lake, source)
    assert last.verdict("/b") == "error"
    assert set(current_pages(lake, "test-site").collect()["url"]) == {site.url + path for path in ("/", "/a", "/b")}
