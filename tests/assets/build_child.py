"""Builds a source in a process that a test may kill: `python build_child.py HOME SOURCES MODELS NAME`."""

from __future__ import annotations

import sys
from pathlib import Path

from orchestration.materialize import build_source
from orchestration.settings import PipelineSettings

if __name__ == "__main__":
    home, sources, models, name = sys.argv[1:]
    settings = PipelineSettings(home=Path(home), sources=Path(sources), models=Path(models))
    build_source(settings, name, on_progress=lambda progress: print(progress, flush=True))
