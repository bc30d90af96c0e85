"""What recurs on the pages of a source: learned from its live documents, kept as lessons, applied to each document.

A lesson is learned before documents are cut and kept once all of them are, so that the live view goes over to the
new cuts at once, and a killed cut learns the same lesson again.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from assets.stages.chosen import Chosen
from assets.steps.boilerplate import Recurring, cut_version, left_out, recurring_blocks
from data_contracts.boilerplate import BOILERPLATE, lesson_id
from data_contracts.document import DOCUMENTS
from data_contracts.source import Source
from lake import AsOf, Lake

_LONGEST_TEXT = 2_000  # characters of a block that a lesson shows
_RANGES = pl.List(pl.List(pl.Int64))


@dataclass(frozen=True, slots=True)
class LearnedBlock:
    """A block of a lesson; the fields are those of `data_contracts.boilerplate.BoilerplateLesson.blocks`."""

    hash: int
    kind: str
    text: str
    url: str
    pages: int
    share: float
    place: str
    stays: bool


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a source's boilerplate is. Number 0 says that nothing was ever learned; `is_new` that it is not kept yet."""

    number: int = 0
    documents: int = 0
    blocks: tuple[LearnedBlock, ...] = ()
    learned_at: datetime | None = None
    is_new: bool = False

    @property
    def hashes(self) -> frozenset[int]:
        """The names of the blocks that are left out."""
        return frozenset(block.hash for block in self.blocks if not block.stays)


def last_lesson(lake: Lake, source: str, *, as_of: AsOf | None = None) -> Lesson:
    """Return the lesson that counts."""
    rows = lake.scan(BOILERPLATE, source=source, as_of=as_of).sort("number").tail(1).collect().to_dicts()
    if not rows:
        return Lesson()
    [row] = rows
    blocks = tuple(LearnedBlock(**block) for block in row["blocks"])
    return Lesson(row["number"], row["documents"], blocks, row["learned_at"])


def learn(lake: Lake, source: Source, documents: pl.LazyFrame) -> Lesson:
    """Return the lesson of the live documents: the last one while it names the same blocks, else a new one."""
    last = last_lesson(lake, source.name)
    known = frozenset(block.hash for block in last.blocks)
    before = {block.hash: (block.text, block.url) for block in last.blocks if block.text}  # erased examples are not
    rows = _with_blocks(lake, source.name, documents).sort("url").collect(engine="streaming")
    found = recurring_blocks(rows, source.boilerplate, known)
    shown = before | _shown(lake, source.name, rows, {block.hash for block in found} - set(before))
    blocks = tuple(_learned(block, *shown[block.hash], source.boilerplate.keep) for block in found)
    if _essence(blocks) == _essence(last.blocks):
        return last
    return Lesson(last.number + 1, rows.height, blocks, datetime.now(UTC), is_new=True)


def _learned(block: Recurring, text: str, url: str, keep: tuple[str, ...]) -> LearnedBlock:
    stays = any(re.search(pattern, text) for pattern in keep)
    return LearnedBlock(block.hash, block.kind, text, url, block.pages, block.share, block.place, stays)


def _essence(blocks: tuple[LearnedBlock, ...]) -> set[tuple[int, bool, bool]]:
    """What makes two lessons the same: how common each block is may change, and on which page it is shown."""
    return {(block.hash, block.stays, bool(block.text)) for block in blocks}


def keep_lesson(lake: Lake, source: str, lesson: Lesson) -> None:
    """Let a new lesson count from now on."""
    row = {
        "lesson_id": lesson_id(source, lesson.number),
        "number": lesson.number,
        "learned_at": lesson.learned_at,
        "documents": lesson.documents,
        "blocks": [asdict(block) for block in lesson.blocks],
    }
    schema = BOILERPLATE.schema.create_empty().drop("source").schema
    lake.append(BOILERPLATE, pl.DataFrame([row], schema=schema), source=source)


def document_cuts(
    lake: Lake,
    source: str,
    documents: pl.LazyFrame,
    boilerplate: AbstractSet[int],
    chunker_version: str,
    *,
    as_of: AsOf | None = None,
    chosen: Chosen | None = None,
) -> pl.DataFrame:
    """Return page_version_id, extractor_version, url, markdown_hash of the documents with how each is cut: its own
    chunker_version, the ranges that its chunks leave out (`left_out`), and whether anything stays (`has_text`).
    `chosen` pages are those of the documents, where they are few."""
    if not boilerplate:
        whole = {"chunker_version": pl.lit(chunker_version), "left_out": pl.lit([], _RANGES), "has_text": pl.lit(True)}
        return documents.with_columns(**whole).collect()
    rows = _with_blocks(lake, source, documents, as_of, chosen).collect(engine="streaming")
    cuts = pl.DataFrame(
        [_cut(blocks or (), boilerplate, chunker_version) for blocks in rows["blocks"].to_list()],
        schema={"chunker_version": pl.String, "left_out": _RANGES, "has_text": pl.Boolean},
        orient="row",
    )
    return pl.concat([rows.drop("blocks"), cuts], how="horizontal")


def _cut(blocks: Any, boilerplate: AbstractSet[int], chunker_version: str) -> tuple[str, list[list[int]], bool]:
    if not any(block["hash"] in boilerplate for block in blocks):
        return chunker_version, [], True
    ranges = left_out(blocks, boilerplate)
    gone = {start for start, _ in ranges}
    has_text = any(block["start"] not in gone and block["kind"] != "rule" for block in blocks)
    return cut_version(chunker_version, ranges), [list(span) for span in ranges], has_text


def _with_blocks(
    lake: Lake, source: str, documents: pl.LazyFrame, as_of: AsOf | None = None, chosen: Chosen | None = None
) -> pl.LazyFrame:
    keys = ["page_version_id", "extractor_version"]
    blocks = lake.scan(DOCUMENTS, source=source, as_of=as_of).select(*keys, "blocks")
    return documents.join(blocks if chosen is None else chosen.of(blocks), on=keys)


def _shown(lake: Lake, source: str, documents: pl.DataFrame, wanted: set[int]) -> dict[int, tuple[str, str]]:
    """What each block says, and on which page: the first that holds it."""
    places = _places(documents, wanted)
    pages = pl.Series("page_version_id", sorted({page for page, _, _ in places.values()}), pl.String)
    rows = lake.scan(DOCUMENTS, source=source).filter(
        pl.col("extractor_version").is_in(documents["extractor_version"].unique().implode()),
        pl.col("page_version_id").is_in(pages.implode()),
    )
    texts = {
        page: (url, text) for page, url, text in rows.select("page_version_id", "url", "markdown").collect().rows()
    }
    return {
        name: (texts[page][1][start:end][:_LONGEST_TEXT], texts[page][0]) for name, (page, start, end) in places.items()
    }


def _places(documents: pl.DataFrame, wanted: set[int]) -> dict[int, tuple[str, int, int]]:
    """The page version and the range of each wanted block."""
    found: dict[int, tuple[str, int, int]] = {}
    for page, blocks in documents.select("page_version_id", "blocks").iter_rows():
        if len(found) == len(wanted):
            break
        for block in blocks or ():
            if block["hash"] in wanted:
                found.setdefault(block["hash"], (page, block["start"], block["end"]))
    return found
