"""What a person wants to see of an export, in Dagster's own terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from assets.stages.export import ExportReport


def export_metadata(export: ExportReport | None) -> dict[str, dg.MetadataValue[Any]]:
    """What was written below `processed/`; nothing when exports are off."""
    if export is None:
        return {}
    return {
        "documents exported": dg.MetadataValue.int(export.documents),
        "removals exported": dg.MetadataValue.int(export.removed),
        "exported to": dg.MetadataValue.path(export.folder),
    }
