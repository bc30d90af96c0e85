from __future__ import annotations

import io

import pytest
from rich.console import Console

from data_contracts.progress import Progress
from orchestration.commands.progress_display import ProgressDisplay, figures

CRAWL = Progress("crawl", 120, 300, "pages", 40.0, {"found": 300, "fetched": 110, "unchanged": 9, "failed": 1})


def test_figures_tell_counts_rate_and_time_left() -> None:
    assert (
        figures(CRAWL) == "120 of 300 pages · 300 found, 110 fetched, 9 unchanged, 1 failed · 40.0 pages/s · 4 s left"
    )


def test_long_waits_are_told_in_minutes() -> None:
    assert figures(Progress("embeddings", 0, 9_000, "texts", 50.0)).endswith("3 min 0 s left")


@pytest.mark.parametrize("is_terminal", [True, False])
def test_every_stage_ends_with_its_last_figures(is_terminal: bool) -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=is_terminal, width=140, highlight=False)
    with ProgressDisplay(console) as display:
        display.say("Reading")
        display.show(CRAWL)
        display.show(Progress("crawl", 300, 300, "pages", 41.0, {"found": 300, "fetched": 290, "failed": 1}))
        display.show(Progress("markdown", 290, 290, "pages", 80.0))
    text = output.getvalue()
    assert "Reading" in text
    assert "290 fetched" in text
    assert "290 pages · 80.0 pages/s" in text
    if not is_terminal:
        assert "\x1b" not in text
