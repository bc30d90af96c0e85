"""The asset `raw_html`: it shows what a crawl changed, and stops when too much would vanish."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.change_picture import change_image, change_svg
from assets.raw_html import raw_html
from data_contracts.crawl_changes import CrawlChanges
from data_contracts.crawl_ledger import CRAWLS
from lake import Lake, current_pages
from orchestration.materialize import open_instance
from orchestration.resources import make_flow
from orchestration.settings import PipelineSettings
from scrapers.source_file import write_source


def test_the_picture_shows_each_kind_of_page_that_there_is() -> None:
    svg = change_svg(CrawlChanges(unchanged=997, changed=2, gone=1))
    assert [word in svg for word in ("997 unchanged", "2 changed", "1 gone", "new")] == [True, True, True, False]
    encoded = change_image(CrawlChanges()).split("base64,")[1].removesuffix(")")
    assert b64decode(encoded).startswith(b"<svg")


class Asset:
    """`raw_html` of one source, run as Dagster runs it."""

    def __init__(self, settings: PipelineSettings, site: Any) -> None:
        self.settings, self.site = settings, site
        self.lake: Lake = settings.lake()
        write_source(settings.sources, site.source("small", removal={"always_allowed": 1}))

    def run(self, **config: object) -> tuple[Any, str]:
        """Return the materialization, or None, and the words of the failure."""
        with open_instance(self.settings) as instance:
            instance.add_dynamic_partitions("source", ["small"])
            result = dg.materialize(
                [raw_html],
                resources={"flow": make_flow(self.settings)},
                instance=instance,
                partition_key="small",
                run_config={"ops": {"raw_html": {"config": config}}},
                raise_on_error=False,
            )
            self.run_id = result.run_id
            if result.success:
                return result.asset_materializations_for_node("raw_html")[0], ""
            (failure,) = result.get_step_failure_events()
            return None, str(failure.event_specific_data.error_display_string)  # type: ignore[union-attr]  # it failed

    def pages(self) -> int:
        return current_pages(self.lake, "small").collect().height


@pytest.mark.slow
def test_a_vanishing_site_fails_the_asset_until_a_person_accepts_it(
    tmp_path: Path, prepared_models: Path, small_site: Any
) -> None:
    settings = PipelineSettings(home=tmp_path / "home", sources=tmp_path / "sources", models=prepared_models)
    asset = Asset(settings, small_site)
    event, _ = asset.run()
    assert "| new | 7 |" in event.metadata["changes"].value
    assert "data:image/svg+xml" in event.metadata["what became of the pages"].value
    row = asset.lake.scan(CRAWLS).collect().to_dicts()[-1]
    assert row["run_id"] == asset.run_id
    for path in ("/bread.html", "/sailing.html", "/glaciers.html"):
        del small_site.pages[path]
    event, words = asset.run()
    assert event is None
    assert "3 of 7 pages of 'small' would vanish (43%" in words
    assert asset.pages() == 7
    event, _ = asset.run(accept_removals=True)
    assert "| gone | 3 |" in event.metadata["changes"].value
    assert asset.pages() == 4
