"""The runs of a document's blocks between those that its chunks leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from assets.steps.block import Block, Kind


class TextRun(NamedTuple):
    """Characters of the markdown from `start` on, with their `blocks`, whose offsets count from `start`.

    `outline` holds all blocks of the document that are not left out, with offsets of the whole markdown.
    """

    start: int
    text: str
    blocks: list[Block]
    outline: list[Block]


def text_runs(markdown: str, blocks: list[Block], leave_out: Sequence[tuple[int, int]]) -> Iterator[TextRun]:
    """Yield the runs in order; a document without ranges to leave out is one run.

    Headings at the end of a run lead what stays of their section: they are not written before the gap, but stand in
    the path of the next run.
    """
    if not leave_out:
        yield TextRun(0, markdown, blocks, blocks)
        return
    runs = _between(blocks, leave_out)
    outline = [block for run in runs for block in run]
    for number, run in enumerate(runs):
        following = runs[number + 1] if number + 1 < len(runs) else []
        kept = _without_open_headings(run, following)
        if any(block.kind is not Kind.RULE for block in kept):
            start, end = kept[0].start, kept[-1].end
            yield TextRun(start, markdown[start:end], [_moved(block, start) for block in kept], outline)


def _between(blocks: list[Block], leave_out: Sequence[tuple[int, int]]) -> list[list[Block]]:
    """The blocks that stay, in one list for each stretch without a gap."""
    gone = {start for start, _ in leave_out}
    runs: list[list[Block]] = [[]]
    for block in blocks:
        if block.start not in gone:
            runs[-1].append(block)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _without_open_headings(run: list[Block], following: list[Block]) -> list[Block]:
    """The run without the headings at its end whose section goes on in the next run."""
    level = next((block.level if block.kind is Kind.HEADING else 7 for block in following), 0)
    end = len(run)
    while end and run[end - 1].kind is Kind.HEADING and run[end - 1].level < level:
        end -= 1
    return run[:end]


def _moved(block: Block, origin: int) -> Block:
    return replace(block, start=block.start - origin, end=block.end - origin, head_end=block.head_end - origin)
