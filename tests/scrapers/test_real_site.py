"""Real documentation sites, crawled to exactly the pages that a crawl must reach."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from data_contracts.source import Source
from lake import current_pages

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).resolve().parents[2]
_DATA = Path(os.environ.get("LORECHAT_BENCH_DATA", _ROOT.parent / "shared" / "data")) / "sites"
_SITES: dict[str, Any] = json.loads((_DATA / "sites.json").read_text()) if (_DATA / "sites.json").exists() else {}


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()


def _unpacked(name: str) -> Path:
    """The folder of a site's Debian package, unpacked once per checkout; skips where packages cannot be had."""
    facts = _SITES[name]
    target = _ROOT / ".lorechat" / "test-sites" / name
    if not (target / facts["root"]).exists():
        if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
            pytest.skip("Debian packages can only be unpacked on Debian")
        target.mkdir(parents=True, exist_ok=True)
        package = facts["package"]
        got = subprocess.run(["apt-get", "download", "-q", package], cwd=target, capture_output=True, timeout=120)
        if got.returncode:
            pytest.skip(f"the package {package} cannot be downloaded here")
        for archive in target.glob("*.deb"):
            subprocess.run(["dpkg", "-x", archive.name, "."], cwd=target, check=True, timeout=60)
    return target / str(facts["root"])


@pytest.fixture
def site() -> Iterator[Callable[[str], str]]:
    servers: list[ThreadingHTTPServer] = []

    def start(name: str) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(_unpacked(name))))
        server.daemon_threads = True
        servers.append(server)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.skipif(not _SITES, reason="the measuring data is not beside this checkout")
@pytest.mark.parametrize("name", sorted(_SITES))
def test_a_crawl_reaches_exactly_the_pages_of_a_real_site(name: str, site: Any, web: Any) -> None:
    url, facts, lake = site(name), _SITES[name], web.lake()
    starts = [url + path for path in (facts["start"], *facts["extra_starts"])]
    source = Source(name=name, start_urls=tuple(starts), allow_private_hosts=True)
    outcome = web.crawl(_At(url), lake, source)
    wanted = set((_DATA / f"reachable_{name}.txt").read_text().split())
    aliases = {path for path, row in outcome.rows.items() if row["verdict"] == "duplicate_of"}
    reached = {page.removeprefix(url) for page in current_pages(lake, name).collect()["url"]}
    assert reached - wanted == set()
    assert wanted - reached - aliases == set()
    assert {outcome.rows[alias]["target_url"] for alias in aliases} <= {url + path for path in reached}
    assert len(outcome.paths("gone")) <= facts["broken_internal_targets"]
    assert not outcome.paths("error", "limit", "too_deep")


class _At:
    """A site that is only an address."""

    def __init__(self, url: str) -> None:
        self.url = url
