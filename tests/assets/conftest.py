"""A lake with a crawled source in it, written as a crawl writes it, and the default embedding model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.stages.embedding import embed_chunks
from assets.stages.evaluation import OpenEmbedder
from assets.stages.extraction import extract_documents
from assets.stages.release import Published, release_index
from assets.stages.report import StageReport
from assets.stages.splitting import split_documents
from assets.steps.chunk import ChunkingSettings
from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS, REMOVALS_APPLIED
from data_contracts.page_version import PAGE_VERSIONS, page_version_id
from data_contracts.progress import Progress
from data_contracts.question import GoldenQuestion
from data_contracts.source import Source
from lake import Lake
from retrieval.embedder import Embedder
from retrieval.local_store import LocalStore
from retrieval.models import load_embedder
from tests.assets.inbox_place import Inbox

HOST = "https://example.test"


@pytest.fixture(scope="session")
def embedder(prepared_models: Path) -> Embedder:
    return load_embedder(cache=prepared_models)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


class CrawledSource:
    """A source whose pages are in the lake, and the stages that follow the crawl, to be run one by one."""

    def __init__(self, lake: Lake, store: LocalStore, embedder: Embedder) -> None:
        self.source = Source(name="example", start_urls=(f"{HOST}/",))
        self.lake = lake
        self.store = store
        self.embedder = embedder
        self.chunking = ChunkingSettings(size=80, overlap=0)
        self.golden: Sequence[GoldenQuestion] = ()
        self.keep = 3
        self.open_embedder: OpenEmbedder | None = None
        self.told: list[Progress] = []
        self._crawls = 0

    def crawl(self, pages: Mapping[str, str | None]) -> None:
        """Store pages by path as a crawl does; None is a page that is gone."""
        self._crawls += 1
        crawl_id = f"crawl-{self._crawls}"
        now = datetime(2026, 1, self._crawls, tzinfo=UTC)
        versions = [self._version(path, html.encode(), crawl_id, now) for path, html in pages.items() if html]
        ledger = [self._entry(path, html, crawl_id, now) for path, html in pages.items()]
        if versions:
            self._append(PAGE_VERSIONS, versions)
        self._append(CRAWL_LEDGER, ledger)
        self._append(CRAWLS, [self._end(crawl_id, now)])

    def extract(self) -> StageReport:
        return extract_documents(self.source, self.lake, on_progress=self.told.append)

    def split(self) -> StageReport:
        return split_documents(self.source, self.lake, self.embedder, self.chunking, on_progress=self.told.append)

    def embed(self) -> StageReport:
        return embed_chunks(self.source, self.lake, self.embedder, self.chunking, on_progress=self.told.append)

    def release(self) -> StageReport:
        return self.publish().report

    def publish(self) -> Published:
        return release_index(
            self.source,
            self.lake,
            self.embedder,
            self.store,
            self.chunking,
            on_progress=self.told.append,
            keep=self.keep,
            golden=self.golden,
            open_embedder=self.open_embedder,
        )

    def build(self) -> list[StageReport]:
        return [self.extract(), self.split(), self.embed(), self.release()]

    def _append(self, table: object, rows: list[dict[str, object]]) -> None:
        frame = pl.DataFrame(rows, schema=table.schema.create_empty().drop("source").schema)
        result = self.lake.append(table, frame, source=self.source.name)
        assert result.quarantined == 0

    def _version(self, path: str, body: bytes, crawl_id: str, now: datetime) -> dict[str, object]:
        url = f"{HOST}{path}"
        return {
            "page_version_id": page_version_id(self.source.name, url, body),
            "url": url,
            "fetched_url": url,
            "crawl_id": crawl_id,
            "fetched_at": now,
            "status": 200,
            "content_type": "text/html",
            "charset": "utf-8",
            "etag": None,
            "last_modified": None,
            "headers": json.dumps({}),
            "body": body,
            "body_hash": sha256(body).hexdigest(),
            "body_bytes": len(body),
            "outlinks": [],
        }

    def _entry(self, path: str, html: str | None, crawl_id: str, now: datetime) -> dict[str, object]:
        url = f"{HOST}{path}"
        return {
            "crawl_id": crawl_id,
            "url": url,
            "verdict": "gone" if html is None else "fetched",
            "reason": "404" if html is None else "new",
            "status": 404 if html is None else 200,
            "page_version_id": None if html is None else page_version_id(self.source.name, url, html.encode()),
            "target_url": None,
            "discovered_from": None,
            "depth": 0,
            "body_bytes": len(html or ""),
            "elapsed_ms": 1,
            "seen_at": now,
        }

    def _end(self, crawl_id: str, now: datetime) -> dict[str, object]:
        return {
            "crawl_id": crawl_id,
            "started_at": now,
            "finished_at": now,
            "outcome": "finished",
            "counts": "{}",
            "settings_hash": self.source.settings_hash(),
            "removals": REMOVALS_APPLIED,
            "changes": None,
            "run_id": None,
            "code_version": None,
        }


@pytest.fixture
def crawled(lake: Lake, tmp_path: Path, embedder: Embedder) -> CrawledSource:
    """A source without any page yet."""
    return CrawledSource(lake, LocalStore(tmp_path / "index"), embedder)


class CountingEmbedder:
    """The real embedder, and how many questions it was asked."""

    def __init__(self, embedder: Any) -> None:
        self._embedder = embedder
        self.questions = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed_query(self, text: str) -> Any:
        self.questions += 1
        return self._embedder.embed_query(text)


@pytest.fixture
def counted(crawled: CrawledSource) -> CrawledSource:
    """A source without any page yet, whose embedder counts questions."""
    crawled.embedder = CountingEmbedder(crawled.embedder)
    return crawled


@pytest.fixture
def folder_inbox(tmp_path: Path) -> Inbox:
    """An inbox in a folder."""
    return Inbox(str(tmp_path / "lake"))


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def inbox(request: pytest.FixtureRequest, tmp_path: Path) -> Inbox:
    """An inbox in a folder, and on a real S3 server."""
    if request.param == "folder":
        return Inbox(str(tmp_path / "lake"))
    return Inbox(f"s3://lake/{tmp_path.name}", request.getfixturevalue("s3_options"))
