"""What a person wants to see of a materialization, in Dagster's own terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import dagster as dg

from assets.batch_plot import batch_image
from assets.plot import curve_image

if TYPE_CHECKING:
    from assets.stages.report import StageReport
    from data_contracts.table import Table
    from lake import Lake

_PREVIEW_CHARACTERS = 90


def stage_metadata(report: StageReport, rows: int) -> dict[str, dg.MetadataValue[Any]]:
    """Counts, cost and curve of a stage; `rows` is what counts for the source now."""
    metadata: dict[str, dg.MetadataValue[Any]] = {
        "dagster/row_count": dg.MetadataValue.int(rows),
        "rows added": dg.MetadataValue.int(report.added),
        "rows skipped": dg.MetadataValue.int(report.skipped),
        "rows quarantined": dg.MetadataValue.int(report.quarantined),
        f"{report.unit} worked on": dg.MetadataValue.int(report.done),
        "seconds": dg.MetadataValue.float(round(report.seconds, 3)),
        f"{report.unit} per second": dg.MetadataValue.float(round(report.rate, 2)),
        "bytes read": dg.MetadataValue.int(report.bytes),
    }
    metadata |= {f"{name} now": dg.MetadataValue.int(count) for name, count in report.counts.items()}
    if len(report.curve) > 1:
        metadata["throughput"] = dg.MetadataValue.md(curve_image(report.curve, report.unit))
    return metadata


def batch_metadata(report: StageReport, unit: str) -> dict[str, dg.MetadataValue[Any]]:
    """The batch size that a stage found, in `unit`, and how it came to it; nothing when it had no batch."""
    if report.best_batch is None or not report.batches:
        return {}
    return {
        f"batch, {unit}": dg.MetadataValue.int(report.best_batch),
        "batch sizes": dg.MetadataValue.md(batch_image(report.batches, unit)),
    }


def table_metadata(lake: Lake, table: Table) -> dict[str, dg.MetadataValue[Any]]:
    """A lake table's place, version and columns."""
    version = lake.version(table)
    metadata: dict[str, dg.MetadataValue[Any]] = {
        "lake table": dg.MetadataValue.path(f"{lake.url}/{table.name}"),
        "dagster/column_schema": dg.MetadataValue.table_schema(_columns(table)),
    }
    if version is not None:
        metadata["lake table version"] = dg.MetadataValue.int(version)
    return metadata


def _columns(table: Table) -> dg.TableSchema:
    key = set(table.key)
    types = table.schema.create_empty().schema
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=name,
                type=str(types[name]),
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
                tags={"key": ""} if name in key else {},
            )
            for name, column in table.schema.columns().items()
        ]
    )


def markdown_table(header: Iterable[str], rows: Iterable[Sequence[object]]) -> dg.MarkdownMetadataValue:
    """Return a table that Dagster renders; cells are cut to a line."""
    names = [_cell(name) for name in header]
    lines = [names, ["---"] * len(names), *([_cell(value) for value in row] for row in rows)]
    return dg.MetadataValue.md("\n".join(f"| {' | '.join(line)} |" for line in lines))


class Link(NamedTuple):
    """A table's cell that leads somewhere."""

    text: str
    url: str


def _cell(value: object) -> str:
    if isinstance(value, Link):
        text = _cell(value.text).replace("[", "\\[").replace("]", "\\]")
        return f"[{text}](<{value.url}>)"
    text = " ".join(str(value).split()).replace("|", "\\|").replace("<", "&lt;")
    return text if len(text) <= _PREVIEW_CHARACTERS else f"{text[:_PREVIEW_CHARACTERS]}…"
