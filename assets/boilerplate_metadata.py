"""What is left out of a source's chunks, for a person to review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.metadata import markdown_table

if TYPE_CHECKING:
    from assets.stages.boilerplate import Lesson

_ROWS = 30


def boilerplate_metadata(lesson: Lesson) -> dict[str, dg.MetadataValue[Any]]:
    """Return a table of the blocks that recur, commonest first; empty where nothing does."""
    if not lesson.blocks:
        return {}
    rows = [
        (block.text, block.pages, f"{block.share:.0%}", block.place, "stays" if block.stays else "left out", block.url)
        for block in lesson.blocks[:_ROWS]
    ]
    return {"boilerplate": markdown_table(("text", "pages", "share", "where", "in chunks", "seen on"), rows)}
