"""What became of a source's pages, as a bar that Dagster's pages can show: an SVG inside an image link."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data_contracts.crawl_changes import CrawlChanges

_COLOURS = {
    "unchanged": "#c3c9d4",
    "changed": "#4f5bd5",
    "new": "#2e9e6b",
    "restored": "#8fd3b4",
    "unknown": "#e0a63a",
    "gone": "#cf4a4a",
}
_WIDTH, _BAR, _LEFT, _LINE = 560, 26, 8, 16


def change_image(changes: CrawlChanges) -> str:
    """Return markdown that shows how many pages are unchanged, changed, new, restored, unknown and gone."""
    return f"![what became of the pages](data:image/svg+xml;base64,{b64encode(change_svg(changes).encode()).decode()})"


def change_svg(changes: CrawlChanges) -> str:
    """Draw one bar of all pages, and below it each kind that there is with its number."""
    counts = {name: getattr(changes, name) for name in _COLOURS if getattr(changes, name)}
    whole = sum(counts.values()) or 1
    parts, labels, at = [], [], float(_LEFT)
    for place, (name, count) in enumerate(counts.items()):
        wide = (_WIDTH - 2 * _LEFT) * count / whole
        parts.append(f'<rect x="{at:.1f}" y="8" width="{wide:.1f}" height="{_BAR}" fill="{_COLOURS[name]}"/>')
        x, y = _LEFT + 184 * (place % 3), 8 + _BAR + _LINE * (1 + place // 3)
        labels.append(
            f'<rect x="{x}" y="{y - 8}" width="9" height="9" fill="{_COLOURS[name]}"/>'
            f'<text x="{x + 14}" y="{y}">{count:,} {name}</text>'
        )
        at += wide
    height = 20 + _BAR + _LINE * ((len(counts) + 2) // 3)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" font-family="sans-serif" '
        f'font-size="11" fill="#555"><rect width="100%" height="100%" fill="#fff"/>{"".join(parts + labels)}</svg>'
    )
