"""What stands around a passage on its page: the markdown before and after it, cut so that it stays readable."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from data_contracts.document import DOCUMENTS
from data_contracts.passage import Passage
from lake import Lake, LakeError

_BEFORE = 240
"""Characters in front of the passage: enough to see where it stands, and it is still in sight when the panel opens."""
_AFTER = 900
_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t]*\n")
_ROW = re.compile(r"[ \t]*\|")


@dataclass(frozen=True, slots=True)
class PageContext:
    """Markdown in front of a passage and behind it, "" where the page begins or ends; each stands for itself: its
    fences are closed and its tables have their head. `is_cut_before`, `is_cut_after`: the page says more."""

    before: str
    after: str
    is_cut_before: bool = False
    is_cut_after: bool = False


def page_context(lake: Lake, passage: Passage) -> PageContext | None:
    """Return what the lake holds around a passage; None when it holds that version of the page no more, or cannot be
    read now."""
    try:
        rows = lake.scan(DOCUMENTS, source=passage.source).filter(
            (pl.col("page_version_id") == passage.page_version_id) & (pl.col("markdown_hash") == passage.markdown_hash)
        )
        found = rows.select("markdown").head(1).collect()["markdown"].to_list()
    except (LakeError, pl.exceptions.PolarsError):
        return None
    return context_in(found[0], passage.start, passage.end) if found else None


def context_in(markdown: str, start: int, end: int) -> PageContext | None:
    """Return what stands around characters `start` to `end`; None when the markdown has no such place."""
    if not 0 <= start < end <= len(markdown):
        return None
    first, last = _first(markdown, start), _last(markdown, end)
    return PageContext(
        _whole(markdown, first, start),
        _whole(markdown, end, last),
        is_cut_before=first > 0,
        is_cut_after=last < len(markdown),
    )


def _first(markdown: str, start: int) -> int:
    """Where the text in front of a passage begins: with a block, at the most a bound away."""
    earliest = max(0, start - _BEFORE)
    if earliest == 0:
        return 0
    block = _BLANK.search(markdown, earliest, start)
    line = markdown.find("\n", earliest, start)
    return block.end() if block else (line + 1 if line >= 0 else start)


def _last(markdown: str, end: int) -> int:
    latest = min(len(markdown), end + _AFTER)
    if latest == len(markdown):
        return latest
    blocks = list(_BLANK.finditer(markdown, end, latest))
    line = markdown.rfind("\n", end, latest)
    return blocks[-1].start() if blocks else max(line, end)


def _whole(markdown: str, start: int, end: int) -> str:
    """A stretch of markdown with the fence that it was cut from opened and closed again, and its table's head."""
    text = markdown[start:end].strip("\n")
    if not text.strip():
        return ""
    opened = _open_fence(markdown[:start])
    if opened:
        text = f"{opened}\n{text}"
    elif _ROW.match(text):
        text = _table_head(markdown, start) + text
    left_open = _open_fence(text)
    return f"{text}\n{left_open}" if left_open else text


def _open_fence(text: str) -> str:
    """The fence that a text leaves open, "" for none."""
    fence = ""
    for found in _FENCE.finditer(text):
        if not fence:
            fence = found[1]
        elif found[1].startswith(fence):
            fence = ""
    return fence


def _table_head(markdown: str, at: int) -> str:
    """The first two rows of the table that a place lies in, unless it is their own."""
    lines: list[str] = []
    while at > 0:
        begin = markdown.rfind("\n", 0, at - 1) + 1
        line = markdown[begin:at]
        if not _ROW.match(line):
            break
        lines.append(line)
        at = begin
    return "".join(reversed(lines[-2:])) if len(lines) >= 2 else ""
