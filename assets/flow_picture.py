"""A source's pages on their way, as a picture: how many are in which state between the stages.

A flow diagram (after Sankey): bars and bands are as high as their count of pages, on one scale. Colours are those of
Okabe and Ito, which people of every colour vision tell apart; each bar is labelled as well.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lake.flow_count import FlowCounts

_WIDTH, _TOP, _FLOOR = 760, 46, 12
_BAR, _FULL = 12, 190  # a bar's width; the height of all URLs together
_LINE = 17  # a label's height, so that thin bars keep theirs apart
_GAP = 8
_COLUMNS = (10, 128, 262, 366, 498, 630)
_HEADINGS = ("URLs in scope", "newest crawl", "pages", "documents", "chunks", "live release")

_BLUE, _SKY, _GREEN = "#0072B2", "#56B4E9", "#009E73"
_ORANGE, _RED, _PURPLE, _GREY = "#E69F00", "#D55E00", "#CC79A7", "#8A8F98"


@dataclass(frozen=True, slots=True)
class _Bar:
    """A state with its pages; `goes_on` says that its pages reach the next column's bars."""

    label: str
    count: int
    colour: str
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class _Placed:
    bar: _Bar
    column: int
    y: float
    height: float


def flow_image(counts: FlowCounts) -> str:
    """Return markdown that shows the picture."""
    return f"![pages of {counts.source} by state](data:image/svg+xml;base64,{_base64(flow_svg(counts))})"


def _base64(svg: str) -> str:
    return b64encode(svg.encode()).decode()


def flow_svg(counts: FlowCounts) -> str:
    """Draw the counts as an SVG, 760 units wide; it is readable down to 560 pixels."""
    scale = _FULL / max(counts.seen, 1)
    columns = [_placed(bars, place, scale) for place, bars in enumerate(_columns(counts))]
    height = max((last.y + max(last.height, _LINE) for column in columns for last in column[-1:]), default=_TOP)
    notes = list(_notes(counts))
    whole = height + _FLOOR + _LINE * len(notes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {whole:.0f}" width="{_WIDTH}" '
        f'height="{whole:.0f}" role="img" aria-label="{escape(_summary(counts), quote=True)}" '
        f'font-family="system-ui, sans-serif" font-size="13.5" fill="#1c2333">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(_headings())}'
        f"{''.join(_bands(columns, scale))}{''.join(_bars(columns))}{''.join(_noted(notes, height))}</svg>"
    )


def _columns(counts: FlowCounts) -> list[list[_Bar]]:
    """The states of each column, those that go on first; states without a page are left out."""
    columns = [
        [_Bar("", counts.seen, _BLUE, True)],
        [
            _Bar("fetched", counts.fetched, _BLUE, True),
            _Bar("unchanged", counts.unchanged, _SKY, True),
            _Bar("not seen, kept", counts.kept, _ORANGE, True),
            _Bar("other names", counts.aliases, _PURPLE),
            _Bar("refused", counts.refused, _RED),
            _Bar("gone", counts.gone, _GREY),
            _Bar("unreachable", counts.unreachable, _ORANGE),
        ],
        [_Bar("", counts.pages, _BLUE, True)],
        [
            _Bar("", counts.cleaned, _BLUE, True),
            _Bar("quarantined", counts.quarantined, _RED),
            _Bar("waiting", counts.uncleaned, _ORANGE),
        ],
        [_Bar("", counts.cut, _BLUE, True), _Bar("no chunks", counts.uncut, _ORANGE)],
        [_Bar("answering", counts.live, _GREEN), _Bar("unpublished", counts.unpublished, _ORANGE)],
    ]
    return [[bar for bar in column if bar.count] for column in columns]


def _placed(bars: Sequence[_Bar], column: int, scale: float) -> list[_Placed]:
    found, y = [], float(_TOP)
    for place, bar in enumerate(bars):
        height = max(bar.count * scale, 1.5)
        found.append(_Placed(bar, column, y, height))
        goes_on = bar.goes_on and any(other.goes_on for other in bars[place + 1 :])
        y += max(height, _LINE) + (0 if goes_on else _GAP)
    return found


def _bands(columns: Sequence[Sequence[_Placed]], scale: float) -> Iterator[str]:
    """The bands between a column's bars that go on and all bars of the next, in order."""
    for sources, targets in pairwise(columns):
        left = [(placed, placed.y, placed.bar.count) for placed in sources if placed.bar.goes_on]
        is_alone = len(left) == 1
        for target in targets:
            wanted, y = target.bar.count, target.y
            while wanted and left:
                placed, start, rest = left[0]
                count = min(wanted, rest)
                colour = target.bar.colour if is_alone else placed.bar.colour
                yield _band(placed.column, start, y, count * scale, colour)
                wanted, y = wanted - count, y + count * scale
                left[0] = (placed, start + count * scale, rest - count)
                if left[0][2] == 0:
                    left.pop(0)


def _band(column: int, start: float, end: float, height: float, colour: str) -> str:
    left, right = _COLUMNS[column] + _BAR, _COLUMNS[column + 1]
    middle, height = (left + right) / 2, max(height, 1)
    return (
        f'<path d="M{left} {start:.1f}C{middle:.0f} {start:.1f} {middle:.0f} {end:.1f} {right} {end:.1f}v{height:.1f}'
        f"C{middle:.0f} {end + height:.1f} {middle:.0f} {start + height:.1f} {left} {start + height:.1f}z"
        f'" fill="{colour}" opacity="0.22"/>'
    )


def _bars(columns: Sequence[Sequence[_Placed]]) -> Iterator[str]:
    for placed in (one for column in columns for one in column):
        x, bar = _COLUMNS[placed.column], placed.bar
        middle = placed.y + max(placed.height, _LINE) / 2 + 4.5 if placed.height > _LINE else placed.y + 12
        yield f'<rect x="{x}" y="{placed.y:.1f}" width="{_BAR}" height="{placed.height:.1f}" fill="{bar.colour}"/>'
        yield (
            f'<text x="{x + _BAR + 5}" y="{middle:.1f}"><tspan font-weight="700">{bar.count:,}</tspan> '
            f"{escape(bar.label)}</text>"
        )


def _headings() -> Iterator[str]:
    for x, heading in zip(_COLUMNS, _HEADINGS, strict=True):
        yield f'<text x="{x}" y="26" fill="#5a6070">{heading}</text>'


def _notes(counts: FlowCounts) -> Iterator[str]:
    if not counts.seen:
        yield "No crawl has seen a URL in scope yet"
    if counts.stale:
        yield f"{counts.stale:,} pages in the live release are not among the newest ones: build the source again"
    if counts.outside:
        yield f"{counts.outside:,} more URLs were seen and are out of scope"


def _noted(notes: Sequence[str], height: float) -> Iterator[str]:
    for place, note in enumerate(notes):
        yield f'<text x="10" y="{height + 14 + _LINE * place:.0f}" fill="#5a6070">{escape(note)}</text>'


def _summary(counts: FlowCounts) -> str:
    states = [f"{bar.count:,} {bar.label or heading}" for bar, heading in _states(counts)]
    return f"Pages of {counts.source}: {', '.join(states)}"


def _states(counts: FlowCounts) -> Iterator[tuple[_Bar, str]]:
    for heading, bars in zip(_HEADINGS, _columns(counts), strict=True):
        for bar in bars:
            yield bar, heading
