"""Where rows of tables give a page away: by its address, by a hash of it, in a text, or in another page's content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from assets.erasure.target import Target
from data_contracts.batch_curve import BATCH_CURVES
from data_contracts.boilerplate import BOILERPLATE
from data_contracts.chat_turn import CHAT_TURNS, FEEDBACK
from data_contracts.chunk import CHUNKS
from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS
from data_contracts.document import DOCUMENTS
from data_contracts.embedding import EMBEDDINGS
from data_contracts.export import EXPORTS
from data_contracts.golden_candidate import GOLDEN_CANDIDATES, GOLDEN_DECISIONS
from data_contracts.inbox_file import INBOX_FILES
from data_contracts.index_release import INDEX_RELEASES
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.quarantine import QUARANTINE
from data_contracts.release_event import RELEASE_EVENTS
from data_contracts.table import Table

OWN, MENTIONS = "own", "mentions"


@dataclass(frozen=True, slots=True)
class TableTraces:
    """`names` are columns of addresses, `hashes` map a column to the target's set that it may be in, `texts` are
    columns in which an address or a sentence makes the row the page's own, `content` those that are another page's.
    Rows that are the page's own only by columns in `blanks` stay, with that text, or null, in its place."""

    table: Table
    names: tuple[str, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    blanks: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that must be read."""
        return tuple(dict.fromkeys((*self.names, *self.hashes, *self.texts, *self.content)))

    def judged(self, rows: pl.DataFrame, target: Target) -> pl.DataFrame:
        """Return `rows` of the target's source with the columns `own` and `mentions`."""
        if target.is_whole:
            return rows.with_columns(pl.lit(True).alias(OWN), pl.lit(False).alias(MENTIONS))
        there = set(rows.columns)
        own = [pl.col(name).is_in(list(target.urls)).fill_null(False) for name in self.names if name in there]
        own += [
            pl.col(name).is_in(list(getattr(target, wanted))).fill_null(False)
            for name, wanted in self.hashes.items()
            if name in there
        ]
        told = [pl.lit(_telling(rows[name], target)) for name in self.texts if name in there]
        mentioned = [pl.lit(_mentioning(rows[name], target)) for name in self.content if name in there]
        nothing = pl.lit(pl.Series([False] * rows.height, dtype=pl.Boolean))
        judged = rows.with_columns(pl.any_horizontal(nothing, *own, *told).alias(OWN))
        return judged.with_columns((pl.any_horizontal(nothing, *mentioned) & ~pl.col(OWN)).alias(MENTIONS))


_ERASED = "named a page that was erased"

TRACES = (
    TableTraces(
        CRAWL_LEDGER,
        names=("url", "target_url", "discovered_from"),
        texts=("reason",),
        blanks={"target_url": None, "discovered_from": None, "reason": _ERASED},
    ),
    TableTraces(CRAWLS, texts=("outcome",), blanks={"outcome": _ERASED}),
    TableTraces(QUARANTINE, texts=("row", "reason"), content=("row",)),
    TableTraces(INBOX_FILES),
    TableTraces(GOLDEN_CANDIDATES, names=("url",), texts=("question", "quote")),
    TableTraces(GOLDEN_DECISIONS, names=("url",), texts=("question", "quote")),
    TableTraces(FEEDBACK, hashes={"turn_id": "turns"}, texts=("comment",)),
    TableTraces(CHAT_TURNS, hashes={"turn_id": "turns"}),
    TableTraces(INDEX_RELEASES, texts=("evaluation",), blanks={"evaluation": None}),
    TableTraces(RELEASE_EVENTS, texts=("reason", "evaluation"), blanks={"reason": _ERASED, "evaluation": None}),
    TableTraces(BATCH_CURVES),
    TableTraces(EXPORTS, names=("url",)),
    TableTraces(BOILERPLATE, texts=("blocks",)),
    TableTraces(EMBEDDINGS, hashes={"text_hash": "text_hashes"}),
    TableTraces(CHUNKS, names=("url",), content=("text",)),
    TableTraces(PAGE_VERSIONS, names=("url",), content=("outlinks", "headers")),
    TableTraces(DOCUMENTS, names=("url",), content=("markdown", "source_link", "source_text")),
)
"""Every table but `erasures`, in the order in which rows go: what tells which rows are the page's goes last, so that an
erasure that was cut off finds the rest."""


def _telling(texts: pl.Series, target: Target) -> pl.Series:
    """Which texts give the page away; equal texts are looked at once. A row that was put aside as JSON and has another
    page's address is that page's."""
    if texts.dtype == pl.List:
        told = [target.wording.tells(json.dumps(value, ensure_ascii=False)) for value in texts.to_list()]
        return pl.Series(told, dtype=pl.Boolean)
    telling = [
        text for text in texts.drop_nulls().unique() if target.wording.tells(text) and not _is_of_another(text, target)
    ]
    return texts.is_in(telling).fill_null(False)


def _is_of_another(text: str, target: Target) -> bool:
    if not text.startswith("{"):
        return False
    try:
        url = json.loads(text).get("url")
    except ValueError:
        return False
    return isinstance(url, str) and url not in target.urls


def _mentioning(content: pl.Series, target: Target) -> pl.Series:
    """Which contents name the page's address."""
    if content.dtype == pl.List:
        return content.list.eval(pl.element().is_in(list(target.urls))).list.any().fill_null(False)
    likely = content.str.contains_any(list(target.wording.urls)).fill_null(False)
    telling = [text for text in content.filter(likely) if target.wording.names(text)]
    return content.is_in(telling).fill_null(False)
