"""Reads an inbox in a process that a test may kill: `python inbox_child.py PLACE SOURCE_JSON`."""

from __future__ import annotations

import sys

from assets.stages.inbox import ingest_inbox
from data_contracts.source import Source
from lake import Lake, ObjectFolder

if __name__ == "__main__":
    place, source = sys.argv[1:]
    ingest_inbox(
        Source.model_validate_json(source),
        Lake(place),
        ObjectFolder(place),
        on_progress=lambda progress: print(progress, flush=True),
        settle_seconds=0,
    )
