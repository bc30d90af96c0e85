"""What commands print: tables and sentences for people, one JSON object a line for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import typer


def print_json(row: Mapping[str, Any]) -> None:
    """Print one JSON object on one line; instants as ISO 8601."""
    typer.echo(json.dumps(row, ensure_ascii=False, default=_as_json))


def _as_json(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    """Print rows under column names; the columns named in `right` hold numbers.

    A terminal gets columns that fit it; a pipe gets whole lines, whatever their length.
    """
    texts = [[_as_text(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
        for line in (columns, *texts):
            cells = zip(columns, line, widths, strict=True)
            padded = (cell.rjust(width) if name in right else cell.ljust(width) for name, cell, width in cells)
            typer.echo("  ".join(padded).rstrip())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for text in texts:
        table.add_row(*text)
    Console().print(table, markup=False)


def _as_text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return str(value)
