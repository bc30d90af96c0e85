"""A throughput curve as a picture that Dagster's pages can show: an SVG inside an image link."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assets.stages.report import CurvePoint

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 560, 150, 46, 22, 16


def curve_image(points: Sequence[CurvePoint], unit: str) -> str:
    """Return markdown that shows `unit`s per second over seconds."""
    svg = curve_svg(points, unit)
    return f"![{unit} per second](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"


def curve_svg(points: Sequence[CurvePoint], unit: str) -> str:
    """Draw the curve with its area, its peak and its end on the axes."""
    last, peak = max(point.seconds for point in points), max(point.rate for point in points) or 1.0
    places = [
        (_LEFT + (_WIDTH - _LEFT - 10) * point.seconds / last, _HEIGHT - _BOTTOM - _plot_height() * point.rate / peak)
        for point in points
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    floor = _HEIGHT - _BOTTOM
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" '
        f'font-size="11" fill="#555"><rect width="100%" height="100%" fill="#fff"/>'
        f'<polygon points="{places[0][0]:.1f},{floor} {line} {places[-1][0]:.1f},{floor}" fill="#cfd8ff"/>'
        f'<polyline points="{line}" fill="none" stroke="#4f5bd5" stroke-width="2"/>'
        f'<path d="M{_LEFT} {_TOP}V{floor}H{_WIDTH - 10}" fill="none" stroke="#999"/>'
        f'<text x="{_LEFT - 5}" y="{_TOP + 4}" text-anchor="end">{peak:.0f}</text>'
        f'<text x="{_LEFT - 5}" y="{floor}" text-anchor="end">0</text>'
        f'<text x="{_WIDTH - 10}" y="{_HEIGHT - 6}" text-anchor="end">{last:.0f} s</text>'
        f'<text x="{_LEFT + 6}" y="{_TOP + 2}">{escape(unit)} per second</text></svg>'
    )


def _plot_height() -> int:
    return _HEIGHT - _BOTTOM - _TOP
