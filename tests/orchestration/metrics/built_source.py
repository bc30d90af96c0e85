"""A source that was built by the real flow, on an instance of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orchestration.materialize import build_source
from orchestration.settings import PipelineSettings
from scrapers.source_file import write_source

STAGE = "dev"

_GOLDEN = """
- question: What is the usual mistake in sailing?
  url: /sailing.html
  quote: The usual mistake in sailing is haste.
"""


def build(site: Any, folder: Path, models: Path, **source: Any) -> PipelineSettings:
    """Build the source `small` of a site about topics, which has a golden question; return the settings of its home, in
    which metrics are written."""
    settings = PipelineSettings(
        home=folder / "home", sources=folder / "sources", models=models, metrics="emf", metrics_stage=STAGE
    )
    write_source(settings.sources, site.source("small", **source))
    (settings.sources / "small.questions.yaml").write_text(_GOLDEN)
    build_source(settings, "small", on_progress=lambda progress: None)
    return settings
