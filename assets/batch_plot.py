"""How a stage sized its batches, as a picture that Dagster's pages can show: the size as a line, throughput as dots."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.tuning import BatchPoint

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _BOTTOM, _TOP = 560, 180, 52, 52, 22, 30
_COLOURS = {"taken": "#1a9850", "tried": "#f0a030", "rejected": "#4f5bd5", "throttled": "#d73027", "memory": "#d73027"}
_PLAIN = "#9aa3e8"
_MOST_POINTS = 300


def batch_image(points: Sequence[BatchPoint], unit: str) -> str:
    """Return markdown that shows batch sizes, in `unit`, and what they did, batch by batch."""
    svg = batch_svg(points[-_MOST_POINTS:], unit)
    return f"![batch size and throughput](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"


def batch_svg(points: Sequence[BatchPoint], unit: str) -> str:
    """Draw sizes on the left axis and rates on the right one; a refused batch is a red dot on the floor."""
    largest, fastest = max(point.size for point in points), max(point.rate for point in points) or 1.0
    floor = _HEIGHT - _BOTTOM
    sizes = " ".join(f"{_x(at, points):.1f},{_y(point.size / largest):.1f}" for at, point in enumerate(points))
    dots = "".join(
        f'<circle cx="{_x(at, points):.1f}" cy="{_y(point.rate / fastest):.1f}" r="2.5" '
        f'fill="{_COLOURS.get(point.outcome, _PLAIN)}"><title>{point.size} {escape(unit)}: {point.rate:.0f} per '
        f"second, {point.outcome}</title></circle>"
        for at, point in enumerate(points)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" '
        f'font-size="11" fill="#555"><rect width="100%" height="100%" fill="#fff"/>'
        f'<polyline points="{sizes}" fill="none" stroke="#444" stroke-width="1.5"/>{dots}'
        f'<path d="M{_LEFT} {_TOP}V{floor}H{_WIDTH - _RIGHT}V{_TOP}" fill="none" stroke="#999"/>'
        f'<text x="{_LEFT - 5}" y="{_TOP + 4}" text-anchor="end">{largest}</text>'
        f'<text x="{_LEFT - 5}" y="{floor}" text-anchor="end">0</text>'
        f'<text x="{_WIDTH - _RIGHT + 5}" y="{_TOP + 4}">{fastest:.0f}</text>'
        f'<text x="{_LEFT}" y="{_TOP - 12}">line: {escape(unit)} a batch</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="{_TOP - 12}" text-anchor="end">dots: units per second</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 6}" text-anchor="end">{len(points)} batches</text></svg>'
    )


def _x(at: int, points: Sequence[BatchPoint]) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * at / max(1, len(points) - 1)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * share
