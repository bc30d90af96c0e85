"""The flow as a Dagster job in this process, over a small real site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from data_contracts.progress import Progress
from data_contracts.source import Source
from orchestration.error import BuildFailed
from orchestration.materialize import build_source, open_instance
from orchestration.settings import PipelineSettings
from scrapers.error import SourceError
from scrapers.source_file import write_source

pytestmark = pytest.mark.slow

ASSETS = ("raw_html", "markdown", "chunks", "embeddings", "vector_index")


@pytest.fixture
def settings(tmp_path: Path, prepared_models: Path) -> PipelineSettings:
    return PipelineSettings(home=tmp_path / "home", sources=tmp_path / "sources", models=prepared_models)


def latest(settings: PipelineSettings, asset: str) -> Any:
    with open_instance(settings) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None
    return event.asset_materialization


def data_versions(settings: PipelineSettings) -> dict[str, str]:
    return {asset: latest(settings, asset).tags["dagster/data_version"] for asset in ASSETS}


def test_a_site_becomes_an_index_and_only_changes_are_worked_on_again(settings: Any, small_site: Any) -> None:
    write_source(settings.sources, small_site.source("small"))
    told: list[Progress] = []
    build_source(settings, "small", on_progress=told.append)
    assert {progress.stage for progress in told} >= {"crawl", "markdown", "chunks", "embeddings", "vector_index"}
    assert settings.store().live("small").pages == 7
    first = data_versions(settings)

    build_source(settings, "small", on_progress=told.append)
    assert data_versions(settings) == first
    assert latest(settings, "embeddings").metadata["rows added"].value == 0

    small_site.pages["/bread.html"] = small_site.pages["/bread.html"].replace("haste", "too little water")
    build_source(settings, "small", on_progress=told.append)
    assert not set(data_versions(settings).values()) & set(first.values())
    assert latest(settings, "markdown").metadata["rows added"].value == 1
    assert latest(settings, "embeddings").metadata["rows added"].value == 1


def test_a_materialization_shows_counts_schema_and_a_preview(settings: Any, small_site: Any) -> None:
    write_source(settings.sources, small_site.source("small"))
    build_source(settings, "small", assets=["raw_html", "markdown"], on_progress=lambda progress: None)
    metadata = latest(settings, "markdown").metadata
    assert metadata["dagster/row_count"].value == 7
    assert "markdown_hash" in {column.name for column in metadata["dagster/column_schema"].value.columns}
    assert "All about" in metadata["newest documents"].value
    assert metadata["lake table version"].value >= 0
    verdicts = latest(settings, "raw_html").metadata["verdicts"].value
    assert "| fetched | 7 |" in verdicts


def test_a_site_that_does_not_answer_fails_with_the_reason_and_what_to_do(settings: Any) -> None:
    source = Source.model_validate(
        {
            "name": "dead",
            "start_urls": ["http://127.0.0.1:9/"],
            "allow_private_hosts": True,
            "politeness": {"retries": 0},
        }
    )
    write_source(settings.sources, source)
    with pytest.raises(BuildFailed, match=r"dead was not built. raw_html: .*"):
        build_source(settings, "dead", on_progress=lambda progress: None)


def test_a_stage_whose_upstream_never_ran_names_it(settings: Any, small_site: Any) -> None:
    write_source(settings.sources, small_site.source("small"))
    with pytest.raises(BuildFailed, match="materialize raw_html first"):
        build_source(settings, "small", assets=["markdown"], on_progress=lambda progress: None)


def test_an_unknown_source_names_its_missing_file(settings: Any) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.yaml"):
        build_source(settings, "nowhere", on_progress=lambda progress: None)
