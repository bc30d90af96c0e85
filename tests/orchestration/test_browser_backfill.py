"""A person backfills two of three sources in Dagster's own pages, and sees which runs that made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from orchestration.materialize import open_instance
from orchestration.partitions import add_partitions
from scrapers.source_file import write_source

pytestmark = pytest.mark.slow

NAMES = ["bees", "boats", "clouds"]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1400, "height": 900})
    opened.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    yield opened
    opened.close()


def test_sources_are_backfilled_in_the_browser(dagster: Any, page: Page, small_site: Any) -> None:
    with open_instance(dagster.settings) as instance:
        add_partitions(instance, NAMES)
    for name in NAMES:
        write_source(dagster.settings.sources, small_site.source(name))

    page.goto(f"{dagster.address}/locations/__repository__@lorechat/asset-groups/site")
    page.get_by_role("button", name="Materialize all").click()
    page.get_by_text("Select a partition or create one").click()
    for name in NAMES[:2]:
        page.get_by_text(name, exact=True).first.click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("2 partitions")).to_be_visible()
    page.get_by_role("button", name="Launch backfill").click()
    expect(page.get_by_text("Created backfill")).to_be_visible()
    page.get_by_text("View", exact=True).click()
    page.wait_for_url("**/runs/b/*")

    store = dagster.settings.store()
    dagster.wait("live releases", lambda: all(store.live(name) for name in NAMES[:2]), seconds=300)
    expect(page.get_by_text("100% completed")).to_have_count(5, timeout=120_000)
    backfill = page.url.rsplit("/", 1)[1].partition("?")[0]
    runs = [run for name in NAMES for run in dagster.runs(name)]
    assert [run["tags"]["lorechat/source"] for run in runs if run["status"] == "SUCCESS"] == NAMES[:2]
    assert {run["tags"]["dagster/backfill"] for run in runs} == {backfill}
    assert store.live("clouds") is None
