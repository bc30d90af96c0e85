"""What a person wants to see of a reading of the inbox, in Dagster's own terms."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.metadata import markdown_table

if TYPE_CHECKING:
    from assets.stages.inbox import InboxReport


def inbox_metadata(inbox: InboxReport | None) -> dict[str, dg.MetadataValue[Any]]:
    """Counts of what was dropped and read; nothing when nothing new lay there."""
    if inbox is None:
        return {}
    changes = {name: pages for name, pages in asdict(inbox.changes).items() if pages}
    return {
        "inbox files": dg.MetadataValue.int(inbox.files),
        "inbox pages": dg.MetadataValue.int(inbox.pages),
        "inbox lines rejected": dg.MetadataValue.int(inbox.rejected),
        "inbox files still being written": dg.MetadataValue.int(inbox.unsettled),
        "inbox changes": markdown_table(("change", "pages"), changes.items()),
    }
