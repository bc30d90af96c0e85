"""Amounts by day as a picture that Dagster's pages can show: bars, and lines over them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 560, 150, 60, 22, 18
_COLOURS = ("#4f5bd5", "#b8860b", "#c0392b")


def day_image(title: str, days: Sequence[date], amounts: Mapping[str, Sequence[float | None]]) -> str:
    """Return markdown that shows up to three series by day, on one scale from 0."""
    svg = day_svg(days, amounts)
    return f"![{title}](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"


def day_svg(days: Sequence[date], amounts: Mapping[str, Sequence[float | None]]) -> str:
    """Draw the first series as bars and the others as lines. Days without turns have no place of their own."""
    floor, right = _HEIGHT - _BOTTOM, _WIDTH - 12
    peak = max((value for series in amounts.values() for value in series if value is not None), default=0) or 1
    step = (right - _LEFT) / max(len(days), 1)
    drawn, legend = [], []
    for place, (name, series) in enumerate(amounts.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        points = [
            (_LEFT + step * (at + 0.5), floor - (floor - _TOP) * value / peak)
            for at, value in enumerate(series)
            if value is not None
        ]
        drawn.append(_bars(points, step, floor, colour) if place == 0 else _line(points, colour))
        legend.append(f'<text x="{_LEFT + 6 + place * 130}" y="{_TOP - 6}" fill="{colour}">{escape(name)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" '
        f'font-size="11" fill="#555"><rect width="100%" height="100%" fill="#fff"/>{"".join(drawn)}'
        f'<path d="M{_LEFT} {_TOP}V{floor}H{right}" fill="none" stroke="#999"/>'
        f'<text x="{_LEFT - 5}" y="{_TOP + 4}" text-anchor="end">{peak:.4g}</text>'
        f'<text x="{_LEFT - 5}" y="{floor}" text-anchor="end">0</text>{"".join(legend)}'
        f'<text x="{_LEFT}" y="{_HEIGHT - 6}">{days[0]:%F}</text>'
        f'<text x="{right}" y="{_HEIGHT - 6}" text-anchor="end">{days[-1]:%F}</text></svg>'
    )


def _bars(points: Sequence[tuple[float, float]], step: float, floor: int, colour: str) -> str:
    width = max(step * 0.7, 1)
    return "".join(
        f'<rect x="{x - width / 2:.1f}" y="{y:.1f}" width="{width:.1f}" height="{floor - y:.1f}" fill="{colour}" '
        'fill-opacity="0.45"/>'
        for x, y in points
    )


def _line(points: Sequence[tuple[float, float]], colour: str) -> str:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points)
    return f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'
