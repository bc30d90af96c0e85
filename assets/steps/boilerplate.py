"""Boilerplate of a site: blocks that stand on so many of its pages that they say nothing about any of them.

Learned by document frequency: a block is boilerplate when enough pages hold it. Pages that are written to one pattern
repeat useful words too (`Synopsis`, `Example:`, `Returns`), so code is never boilerplate, a heading only where nothing
is left under it, and a short block only where it stands among other recurring ones at the top or the bottom of pages.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import polars as pl

from data_contracts.identity import content_id
from data_contracts.source import Boilerplate

Range = tuple[int, int]

_NEVER = ("fence", "code", "rule")
_FEWEST_LETTERS = 25  # a block with fewer is a label; inside a page it stays
_EDGE_SHARE = 0.5  # of its pages on which a short block stands at an edge
_STAY = 0.75  # of what makes a block boilerplate keeps it that


class Recurring(NamedTuple):
    """A block that is left out: its hash and kind, on how many pages it stands (`share` of all), and where on most of
    them: `top`, `bottom` or `inside`."""

    hash: int
    kind: str
    letters: int
    pages: int
    share: float
    place: str


def recurring_blocks(documents: pl.DataFrame, rules: Boilerplate, known: AbstractSet[int]) -> list[Recurring]:
    """Return a site's boilerplate, commonest first; `documents` has a row per page with its `blocks`.

    Blocks in `known` (what was boilerplate before) stay until they are a quarter rarer than what makes a block
    boilerplate, so that one near the limit does not come and go with each crawl.
    """
    if not rules.drop or documents.height < 2:
        return []
    blocks = _of_all_pages(documents)
    counted = _counted(blocks, documents.height)
    common = counted.filter(_is_common(rules, documents.height, known))
    if common.is_empty():
        return []
    placed = common.join(_places(blocks, common["hash"]), on="hash", how="left", maintain_order="left")
    is_heading = pl.col("kind").str.starts_with("heading")
    at_edge = pl.max_horizontal("top_run", "bottom_run") >= _EDGE_SHARE * pl.col("pages")
    is_told = is_heading | (pl.col("letters") >= _FEWEST_LETTERS) | at_edge | pl.col("hash").is_in(list(known))
    found = placed.filter(is_told & ~pl.col("kind").is_in(_NEVER)).sort("pages", "hash", descending=[True, False])
    bare = _headings_left_out(documents, frozenset(found["hash"]), frozenset(found.filter(is_heading)["hash"]))
    kept = found.filter(~is_heading | pl.col("hash").is_in(list(bare)))
    return [_recurring(row) for row in kept.iter_rows(named=True)]


def _of_all_pages(documents: pl.DataFrame) -> pl.DataFrame:
    pages = documents.select(page=pl.int_range(pl.len()), block="blocks").drop_nulls("block")
    return pages.explode("block").drop_nulls("block").unnest("block")


def _counted(blocks: pl.DataFrame, documents: int) -> pl.DataFrame:
    counted = blocks.group_by("hash").agg(
        pl.col("kind").first(), pl.col("letters").first(), pages=pl.col("page").n_unique()
    )
    return counted.with_columns(share=pl.col("pages") / documents)


def _is_common(rules: Boilerplate, documents: int, known: AbstractSet[int]) -> pl.Expr:
    least = max(rules.min_pages, math.ceil(rules.min_share * documents))
    stays = max(2, math.ceil(_STAY * least))
    return (pl.col("pages") >= least) | (pl.col("hash").is_in(list(known)) & (pl.col("pages") >= stays))


def _headings_left_out(
    documents: pl.DataFrame, found: AbstractSet[int], headings: AbstractSet[int]
) -> AbstractSet[int]:
    """Those of the headings that some page has nothing left under."""
    bare: set[int] = set()
    for blocks in documents["blocks"].drop_nulls() if headings and found != headings else ():
        starts = {start for start, _ in left_out(blocks, found)}
        bare.update(block["hash"] for block in blocks if block["start"] in starts)
    return bare & headings


def _places(blocks: pl.DataFrame, common: pl.Series) -> pl.DataFrame:
    """On how many pages each common block stands among the common blocks at the page's top, and at its bottom, and on
    how many of them not alone (`top_run`, `bottom_run`).

    Headings and rules do not end such a run: a page's menu often follows its title. One common block alone may be what
    pages of one kind begin with ("New in version 3.1").
    """
    is_common = pl.col("hash").is_in(common.implode())
    passes = is_common | pl.col("kind").str.contains("heading|rule")
    edges = {
        "top": passes.cum_min().over("page"),
        "bottom": passes.cum_min(reverse=True).over("page"),
    }
    runs = blocks.select("page", "hash", common=is_common, **edges).filter("common")
    in_runs = {f"{name}_run": pl.col(name) & (pl.col(name).sum().over("page") > 1) for name in edges}
    found = runs.with_columns(**in_runs).group_by("hash")
    return found.agg(pl.col("page").filter(pl.col(name)).n_unique().alias(name) for name in (*edges, *in_runs))


def _recurring(row: Mapping[str, Any]) -> Recurring:
    top, bottom = row["top"] or 0, row["bottom"] or 0
    place = "inside" if max(top, bottom) < _EDGE_SHARE * row["pages"] else "top" if top >= bottom else "bottom"
    return Recurring(row["hash"], row["kind"], row["letters"], row["pages"], row["share"], place)


def left_out(blocks: Sequence[Mapping[str, Any]], boilerplate: AbstractSet[int]) -> list[Range]:
    """Return the ranges of a document's markdown that its chunks leave out, one per block, in order.

    A heading that recurs goes when nothing is left under it.
    """
    dropped: list[Range] = []
    has_text = [False] * 7  # by level: whether anything stays between here and the next heading of that level or above
    for block in reversed(blocks):
        kind, level = block["kind"], _level(block["kind"])
        if block["hash"] in boilerplate and not (level and has_text[level]):
            dropped.append((block["start"], block["end"]))
        elif kind != "rule":
            has_text[: level or 7] = [True] * (level or 7)
        if level:
            has_text[level:] = [False] * (7 - level)
    return dropped[::-1]


def _level(kind: str) -> int:
    return int(kind[-1]) if kind.startswith("heading") else 0


def cut_version(chunker_version: str, ranges: Sequence[Range]) -> str:
    """Name the cutter of a document: the chunker, and what it leaves out of it."""
    return f"{chunker_version}-{content_id(repr(list(ranges)))[:12]}" if ranges else chunker_version
