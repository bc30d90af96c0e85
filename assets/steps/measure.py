"""Measures of a site's documents, from their columns alone: how much they say, and which say the same.

Frames have a row per document: `url`, `blocks`, `flags`, `language`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
import polars as pl

_TELLING_LETTERS = 15  # a shorter block is a label and makes no two pages the same
_ALIKE = 0.8  # of the letters
_BANDS, _ROWS = 6, 2  # two documents that share four fifths of their blocks meet in one band in 99 of 100 cases
_SEED = 20_111

Blocks = Sequence[Mapping[str, Any]]


def letters() -> pl.Expr:
    """How many letters and digits a document shows."""
    return pl.col("blocks").list.eval(pl.element().struct.field("letters")).list.sum().fill_null(0).alias("letters")


def repeats(documents: pl.DataFrame, boilerplate: AbstractSet[int]) -> dict[str, tuple[str, float]]:
    """Return the documents that say what another one says: url -> that one's url, and how much they share (0 to 1).

    Compared are blocks, weighted by their letters, without the site's boilerplate; the first by URL stands for the
    others. Candidates meet by MinHash (Broder 1997) and are then compared exactly.
    """
    names: list[str] = []
    contents: list[dict[int, int]] = []
    for url, blocks in documents.sort("url").select("url", "blocks").iter_rows():
        content = _content(blocks or (), boilerplate)
        if content:
            names.append(url)
            contents.append(content)
    found: dict[str, tuple[str, float]] = {}
    first: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, (content, signature) in enumerate(zip(contents, _signatures(contents), strict=True)):
        bands = [(band, *signature[band * _ROWS : (band + 1) * _ROWS]) for band in range(_BANDS)]
        met = sorted({other for band in bands for other in first[band]})
        like = next(((other, share) for other in met if (share := _shared(content, contents[other])) >= _ALIKE), None)
        if like is not None:
            found[names[number]] = (names[like[0]], like[1])
            continue
        for band in bands:
            first[band].append(number)
    return found


def _content(blocks: Blocks, boilerplate: AbstractSet[int]) -> dict[int, int]:
    return {
        block["hash"]: block["letters"]
        for block in blocks
        if block["letters"] >= _TELLING_LETTERS and block["hash"] not in boilerplate
    }


def _signatures(contents: list[dict[int, int]]) -> list[tuple[int, ...]]:
    """The least of each content's hashes under a few random permutations of all hashes."""
    numbers = np.random.default_rng(_SEED).integers(1, 2**63 - 1, size=(2, _BANDS * _ROWS), dtype=np.uint64)
    multipliers, addends = numbers[0] | np.uint64(1), numbers[1]
    signatures = []
    for content in contents:
        hashes = np.fromiter(content, dtype=np.int64, count=len(content)).astype(np.uint64)
        with np.errstate(over="ignore"):
            signatures.append(tuple((hashes[:, None] * multipliers + addends).min(axis=0).tolist()))
    return signatures


def _shared(one: dict[int, int], other: dict[int, int]) -> float:
    same = sum(one[name] for name in one.keys() & other.keys())
    return same / max(1, sum(one.values()) + sum(other.values()) - same)


def boilerplate_letters(blocks: Blocks, ranges: Sequence[Sequence[int]]) -> tuple[int, int]:
    """Return a document's letters in the ranges that are left out, and all of its letters."""
    gone = {start for start, _ in ranges}
    return (
        sum(block["letters"] for block in blocks if block["start"] in gone),
        sum(block["letters"] for block in blocks),
    )
