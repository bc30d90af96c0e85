"""A site that goes bad is stopped by its checks, and what was published goes on answering."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.error import BuildFailed
from orchestration.materialize import build_source, open_instance
from orchestration.settings import PipelineSettings
from scrapers.source_file import write_source
from tests.conftest import TOPICS

pytestmark = pytest.mark.slow


@pytest.fixture
def settings(tmp_path: Path, prepared_models: Path) -> PipelineSettings:
    return PipelineSettings(home=tmp_path / "home", sources=tmp_path / "sources", models=prepared_models)


def _examples(settings: PipelineSettings) -> str:
    """What the check shows in Dagster."""
    key = dg.AssetCheckKey(dg.AssetKey("markdown"), "pages_have_text")
    with open_instance(settings) as instance:
        [record] = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    assert record.event is not None
    return str(record.event.get_dagster_event().asset_check_evaluation_data.metadata["examples"].value)


def test_pages_that_lose_their_text_stop_the_source_and_say_where_and_what_to_do(
    settings: Any, small_site: Any
) -> None:
    write_source(settings.sources, small_site.source("small"))
    build_source(settings, "small", on_progress=lambda progress: None)
    live = settings.store().live("small").release_id
    good = dict(small_site.pages)
    for topic in TOPICS:
        small_site.pages[f"/{topic}.html"] = small_site.page(
            f"All about {topic}", ("Soon", "This page is being written.")
        )
    with pytest.raises(BuildFailed) as caught:
        build_source(settings, "small", on_progress=lambda progress: None)
    message = str(caught.value)
    assert "markdown: not so: pages have text. 86% (6 pages), the limit is 50% (quality.max_little_text)" in message
    assert "raise the limit in the source's file" in message
    assert f"{small_site.url}/bread.html" in message
    assert settings.store().live("small").release_id == live
    assert _examples(settings).startswith("| page | evidence |")
    small_site.pages.update(good)
    build_source(settings, "small", on_progress=lambda progress: None)
    assert settings.store().live("small").release_id == live
