"""Recall over the evaluations of a source's releases as a picture that Dagster's pages can show."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lake.release_history import ReleaseHistory

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 560, 150, 34, 22, 18
_GOLDEN, _HEADING, _REFUSED = "#b8860b", "#4f5bd5", "#c0392b"


class RecallPoint(NamedTuple):
    """recall@5 of an evaluation on golden and on heading questions, None where nothing was asked."""

    at: datetime
    golden: float | None
    heading: float | None
    passed: bool


def recall_points(history: ReleaseHistory) -> list[RecallPoint]:
    """Read the evaluations that decided about releases, oldest first."""
    from data_contracts.release_evaluation import read_evaluation

    points = []
    for event in history.events:
        found = read_evaluation(event.evaluation)
        if found is not None:
            scores = found.candidate
            points.append(RecallPoint(event.at, scores.golden.recall, scores.heading.recall, found.passed))
    return points


def recall_image(points: Sequence[RecallPoint]) -> str:
    """Return markdown that shows the points."""
    svg = recall_svg(points)
    return f"![recall over releases](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"


def recall_svg(points: Sequence[RecallPoint]) -> str:
    """Draw both recalls from 0 to 1, evaluation by evaluation; a refused release has a red ring."""
    floor, right = _HEIGHT - _BOTTOM, _WIDTH - 12
    xs = [_LEFT + (right - _LEFT) * (at + 0.5) / len(points) for at in range(len(points))]
    lines = [
        _line([(x, point.golden, point.passed) for x, point in zip(xs, points, strict=True)], _GOLDEN),
        _line([(x, point.heading, point.passed) for x, point in zip(xs, points, strict=True)], _HEADING),
    ]
    first, last = points[0].at, points[-1].at
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" '
        f'font-size="11" fill="#555"><rect width="100%" height="100%" fill="#fff"/>'
        f'<path d="M{_LEFT} {_TOP}V{floor}H{right}" fill="none" stroke="#999"/>'
        f'<text x="{_LEFT - 5}" y="{_TOP + 4}" text-anchor="end">1</text>'
        f'<text x="{_LEFT - 5}" y="{floor}" text-anchor="end">0</text>{"".join(lines)}'
        f'<text x="{_LEFT + 6}" y="{_TOP - 6}" fill="{_GOLDEN}">golden recall@5</text>'
        f'<text x="{_LEFT + 110}" y="{_TOP - 6}" fill="{_HEADING}">heading recall@5</text>'
        f'<text x="{_LEFT + 215}" y="{_TOP - 6}" fill="{_REFUSED}">○ refused</text>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 6}">{first:%F}</text>'
        f'<text x="{right}" y="{_HEIGHT - 6}" text-anchor="end">{last:%F}</text></svg>'
    )


def _line(points: Sequence[tuple[float, float | None, bool]], colour: str) -> str:
    height = _HEIGHT - _BOTTOM - _TOP
    places = [(x, _HEIGHT - _BOTTOM - height * value, passed) for x, value, passed in points if value is not None]
    if not places:
        return ""
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
        + ("" if passed else f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="{_REFUSED}"/>')
        for x, y, passed in places
    )
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in places)
    return f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'
