"""A build that is killed in every stage, against one that is left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterEventType

from data_contracts.chunk import CHUNKS
from data_contracts.document import DOCUMENTS
from data_contracts.embedding import EMBEDDINGS
from data_contracts.index_release import INDEX_RELEASES
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.quarantine import QUARANTINE
from orchestration.materialize import build_source, open_instance
from orchestration.settings import PipelineSettings
from scrapers.source_file import write_source

TABLES = (PAGE_VERSIONS, DOCUMENTS, CHUNKS, EMBEDDINGS, INDEX_RELEASES, QUARANTINE)
STAGES = ("raw_html", "markdown", "chunks", "embeddings", "vector_index")
WHEN = ("crawl_id", "fetched_at", "extracted_at", "embedded_at", "built_at", "headers", "versions", "vector")


def rows(settings: PipelineSettings, table: Any) -> list[dict[str, object]]:
    """What the table says, without when it was said."""
    frame = settings.lake().scan(table).collect()
    return frame.drop([name for name in WHEN if name in frame.columns]).sort(list(table.key)).to_dicts()


def kill_in(stage: str, settings: PipelineSettings, name: str) -> None:
    """Build in another process and kill it, with all it started, a moment after a stage began (or let it end)."""
    script = Path(__file__).with_name("build_child.py")
    places = [str(settings.home), str(settings.sources), str(settings.models_folder), name]
    child = subprocess.Popen([sys.executable, str(script), *places], stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 60
    with open_instance(settings) as instance:
        seen = len(instance.get_runs())
        while child.poll() is None and not _has_begun(instance, stage, seen) and time.monotonic() < deadline:
            time.sleep(0.05)
    time.sleep(0.3)
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _has_begun(instance: Any, stage: str, seen: int) -> bool:
    runs = instance.get_runs()
    if len(runs) <= seen:
        return False
    records = instance.get_records_for_run(runs[0].run_id, of_type=DagsterEventType.STEP_START).records
    return any(record.event_log_entry.step_key == stage for record in records)


@pytest.mark.slow
def test_a_build_killed_in_each_stage_ends_with_the_same_tables(
    tmp_path: Path, prepared_models: Path, small_site: Any
) -> None:
    def settings(folder: str) -> PipelineSettings:
        home = tmp_path / folder
        return PipelineSettings(home=home, sources=tmp_path / "sources", models=prepared_models)

    write_source(tmp_path / "sources", small_site.source("small"))
    for stage in STAGES:
        kill_in(stage, settings("killed"), "small")
    for folder in ("killed", "undisturbed"):
        build_source(settings(folder), "small", on_progress=lambda progress: None)
    for table in TABLES:
        assert rows(settings("killed"), table) == rows(settings("undisturbed"), table), table.name
        keys = settings("killed").lake().scan(table).select(table.key).collect()
        assert keys.is_duplicated().sum() == 0
    assert settings("killed").store().live("small") is not None
