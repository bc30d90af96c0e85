"""Upkeep runs by itself from the start, and deletes copies of old releases that nobody asks for."""

from __future__ import annotations

import os
import time
from pathlib import Path

import dagster as dg

from orchestration.definitions import defs
from orchestration.settings import PipelineSettings
from orchestration.upkeep import maintain


def test_the_nightly_schedule_is_on_from_the_start() -> None:
    schedule = defs.resolve_schedule_def("maintain_daily")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "maintain"


def test_releases_of_the_past_that_nobody_asked_for_in_a_week_are_deleted(tmp_path: Path) -> None:
    settings = PipelineSettings(home=tmp_path, sources=tmp_path / "sources")
    for name, days in (("old", 8), ("young", 1)):
        manifest = settings.past_folder / "docs" / name / "manifest.json"
        manifest.parent.mkdir(parents=True)
        manifest.write_text("{}")
        then = time.time() - days * 86_400
        os.utime(manifest, (then, then))
    assert maintain(settings, dry_run=True, tell=lambda line: None).past == 1
    assert maintain(settings, dry_run=False, tell=lambda line: None).past == 1
    assert [path.name for path in (settings.past_folder / "docs").iterdir()] == ["young"]
