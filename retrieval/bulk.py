"""Many token rows through an engine: batches of like length, side by side on all threads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from retrieval.embedder import Vectors
from retrieval.engine import Engine, Ids
from retrieval.token_budget import token_budget_batches

PAD_TO = 8
"""Lengths are padded to multiples of this. OpenVINO keeps something per shape: with every length a shape of its own
it grew by 15 MB in 100 batches without end, with multiples of 8 it stops, at the same speed (measured)."""


def embed_rows(
    engine: Engine, rows: Sequence[Sequence[int]], out: Vectors, *, budget: int, pool: ThreadPoolExecutor
) -> None:
    """Fill `out`, shape (len(rows), dimension), with the rows' vectors, in calls of at most `budget` padded tokens."""

    def embed(batch: list[int]) -> None:
        out[batch] = engine.run(*padded([rows[position] for position in batch]))

    lengths = [_padded_length(len(row)) for row in rows]
    futures = [pool.submit(embed, batch) for batch in token_budget_batches(lengths, budget)]
    try:
        for future in futures:
            future.result()
    except BaseException:  # Ctrl-C too: do not work off the rest
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def padded(rows: Sequence[Sequence[int]]) -> tuple[Ids, Ids]:
    """Return ids and mask, shape (len(rows), length); 0 is [PAD] in BERT's vocabulary."""
    ids = np.zeros((len(rows), _padded_length(max(map(len, rows)))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = row
        mask[index, : len(row)] = 1
    return ids, mask


def _padded_length(tokens: int) -> int:
    return -(-tokens // PAD_TO) * PAD_TO
