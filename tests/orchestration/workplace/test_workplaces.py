"""One suite over all places where shares of a stage are done: this machine, Lambda, tasks of ECS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets.stages.embedding import embed_chunks
from assets.stages.extraction import extract_documents
from assets.stages.report import StageReport
from assets.stages.splitting import split_documents
from assets.stages.workplace import Workforce
from data_contracts.chunk import CHUNKS
from data_contracts.document import DOCUMENTS
from data_contracts.embedding import EMBEDDINGS
from data_contracts.quarantine import QUARANTINE
from lake import Lake
from retrieval.embedder import Embedder
from retrieval.local_store import LocalStore
from tests.assets.conftest import CrawledSource
from tests.orchestration.workplace.conftest import PAGES, Site, Step

pytestmark = pytest.mark.slow

PLACES = ("local", "lambda", "ecs")
WHEN = ("extracted_at", "embedded_at", "vector")


def rows(lake: Lake, table: Any) -> list[dict[str, Any]]:
    """What the table says, without when it was said."""
    frame = lake.scan(table).collect()
    found: list[dict[str, Any]] = (
        frame.drop([name for name in WHEN if name in frame.columns]).sort(list(table.key)).to_arrow().to_pylist()
    )
    return found


def vectors(lake: Lake) -> np.ndarray[Any, Any]:
    return np.array(lake.scan(EMBEDDINGS).sort("text_hash").collect()["vector"].to_list())


def stages(crawled: CrawledSource, crew: Workforce | None) -> list[Callable[[], StageReport]]:
    source, lake, embedder, chunking = crawled.source, crawled.lake, crawled.embedder, crawled.chunking
    tell = crawled.told.append
    return [
        lambda: extract_documents(source, lake, on_progress=tell, crew=crew),
        lambda: split_documents(source, lake, embedder, chunking, on_progress=tell, crew=crew),
        lambda: embed_chunks(source, lake, embedder, chunking, on_progress=tell, crew=crew),
    ]


def own(found: list[dict[str, Any]], source: str) -> list[dict[str, Any]]:
    return [{**row, "source": ""} for row in found if row["source"] == source]


@pytest.mark.parametrize("place", PLACES)
def test_the_same_lake_comes_out_wherever_the_work_is_done(
    site: Site, step: Step, crawled: CrawledSource, embedder: Embedder, tmp_path: Path, place: str
) -> None:
    alone = CrawledSource(Lake(str(tmp_path / "alone")), LocalStore(tmp_path / "alone-index"), embedder)
    alone.source = crawled.source
    alone.crawl(PAGES)
    expected = [work() for work in stages(alone, None)]
    crew = site.crew(place, workers=2 if place == "local" else None)
    for at, (work, report) in enumerate(zip(stages(crawled, crew), expected, strict=True)):
        done: list[StageReport] = []
        result = step(lambda _: done.append(work()))  # noqa: B023 - it is run at once
        assert result.success
        assert (done[0].done, done[0].skipped, done[0].added) == (report.done, report.skipped, report.added)
        assert done[0].counts == report.counts
        [event] = result.get_asset_materialization_events()
        metadata = event.materialization.metadata
        if place != "local":
            assert metadata["workers at"].value == f"{place} (2 started)"
            assert "console.aws.amazon.com" in str(metadata["workers"].value)
        assert len(site.fargate.processes) == (2 * (at + 1) if place == "ecs" else 0)
    for table in (DOCUMENTS, CHUNKS, EMBEDDINGS, QUARANTINE):
        made = own(rows(crawled.lake, table), crawled.source.name)
        assert made == own(rows(alone.lake, table), crawled.source.name), table.name
    assert stages(crawled, None)[2]().done == 0
