"""HTML tables as pipe tables: a rectangular grid, spans expanded, one header row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from assets.steps.anchor_mark import MARKS

_MOST_COLUMNS = 200
_MOST_CELLS = 200_000
_SECTIONS = ("thead", "tbody", "tfoot")


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell: its text on one line, and how far it reaches."""

    text: str
    is_header: bool
    columns: int = 1
    rows: int = 1


def table_rows(table: LexborNode) -> list[tuple[str, list[LexborNode]]]:
    """Rows of this table, not of tables inside it: (section, cells), the footer last wherever it is written."""
    rows: list[tuple[str, list[LexborNode]]] = []
    for child in table.iter():
        if child.tag in _SECTIONS:
            rows += [(child.tag, _cells(row)) for row in child.iter() if row.tag == "tr"]
        elif child.tag == "tr":
            rows.append(("tbody", _cells(child)))
    rows = [row for row in rows if row[1]]
    return sorted(rows, key=lambda row: row[0] == "tfoot")


def _cells(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in row.iter() if cell.tag in ("td", "th")]


def span(cell: LexborNode, name: str) -> int:
    """A colspan or rowspan; 1 for anything that is not a positive number; rowspan=0 reaches the end."""
    value = (cell.attributes.get(name) or "").strip()
    if not value.isascii() or not value.isdigit():
        return 1
    number = int(value[:6])
    if number == 0:
        return 65_534 if name == "rowspan" else 1
    return number


def is_layout(table: LexborNode, rows: Sequence[tuple[str, list[LexborNode]]]) -> bool:
    """Whether the table only places blocks on the page, so that its cells are read one after the other.

    So: by role, with a single column, or with blocks in its cells that no pipe table can hold.
    """
    if table.attributes.get("role") in ("presentation", "none"):
        return True
    if max((len(cells) for _, cells in rows), default=0) <= 1:
        return True
    if any(inner.mem_id != table.mem_id for inner in table.css("table")):
        return True
    blocks = table.css("td h1, td h2, td h3, td h4, td pre, td ul ul, td dl, td blockquote")
    return any(node.tag != "pre" or "\n" in (node.text() or "").strip() for node in blocks)


def grid(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """Expand spans into a rectangle.

    A cell that spans rows is repeated in each, so that every row says all it means. One that spans columns is repeated
    too, except over the whole width: that is a heading within the table and stands once.
    """
    width = min(_MOST_COLUMNS, max((sum(cell.columns for cell in row) for row in rows), default=0))
    lines: list[list[str]] = []
    hanging: dict[int, tuple[str, int]] = {}
    for row in rows:
        if len(lines) * width > _MOST_CELLS:
            break
        line: list[str] = []
        waiting = iter(row)
        cell = next(waiting, None)
        while len(line) < _MOST_COLUMNS and (cell is not None or any(column >= len(line) for column in hanging)):
            column = len(line)
            if column in hanging:
                text, left = hanging.pop(column)
                line.append(text)
                if left > 1:
                    hanging[column] = (text, left - 1)
            elif cell is None:
                line.append("")
            else:
                reach = min(cell.columns, _MOST_COLUMNS - column)
                whole = reach >= width > 1
                again = "" if whole else MARKS.sub("", cell.text)
                for step in range(reach):
                    hanging.pop(column + step, None)
                    line.append(again if step else cell.text)
                    if cell.rows > 1:
                        hanging[column + step] = ("" if whole and step else MARKS.sub("", cell.text), cell.rows - 1)
                cell = next(waiting, None)
        lines.append(line)
    width = max((len(line) for line in lines), default=0)
    return [line + [""] * (width - len(line)) for line in lines]


def pipe_table(caption: str, sections: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A GitHub-style table. Without header cells the header stays empty: data is never taken for a header."""
    lines = grid(rows)
    header_rows = _header_rows(sections, rows)
    kept = [(number, line) for number, line in enumerate(lines) if any(line)]
    head = [line for number, line in kept if number < header_rows]
    data = [line for number, line in kept if number >= header_rows]
    if not head and not data:
        return caption
    width = len((head or data)[0])
    columns = [column for column in range(width) if any(line[column] for line in head + data)]
    header = [_merged([line[column] for line in head]) for column in columns]
    parts = [_row(header), "|" + " --- |" * len(columns)]
    parts += [_row([line[column] for column in columns]) for line in data]
    return (f"{caption}\n\n" if caption else "") + "\n".join(parts)


def _header_rows(sections: Sequence[str], rows: Sequence[Sequence[Cell]]) -> int:
    declared = sum(1 for section in sections if section == "thead")
    if declared:
        return declared
    if rows and len(rows) > 1 and all(cell.is_header for cell in rows[0]):
        return 1
    return 0


def _merged(texts: Sequence[str]) -> str:
    return " ".join(dict.fromkeys(text for text in texts if text))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
