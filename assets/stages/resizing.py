"""Rows of a stream in batches of another size."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl


def resized(frames: Iterator[pl.DataFrame], size: Callable[[], int]) -> Iterator[pl.DataFrame]:
    """Yield the frames' rows, in order, `size()` at a time; it is asked before each batch. The last may be smaller."""
    waiting: list[pl.DataFrame] = []
    rows, wanted = 0, size()
    for frame in frames:
        waiting.append(frame)
        rows += frame.height
        while rows >= wanted:
            whole = pl.concat(waiting)
            yield whole.head(wanted)
            waiting, rows = [whole.slice(wanted)], rows - wanted
            wanted = size()
    if rows:
        yield pl.concat(waiting)
