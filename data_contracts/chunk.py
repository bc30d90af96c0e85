"""`chunks`: passages of a page's markdown."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from data_contracts.identity import content_id
from data_contracts.table import Table, sha256_column


class Chunk(dy.Schema):
    """One row per passage of a page's markdown.

    `start` and `end` are character offsets into the markdown. `text` is what is embedded and searched: the heading
    path and a blank line (`prefix_chars` characters), then the body. The prefix leaves out headings that the body
    itself begins with, and the middle of a path that is too long for it. The body is the markdown between the offsets,
    except that a split fence is opened and closed again and a split table repeats its header. `tokens` counts `text`
    in the embedding model's tokens without specials. `anchor` is the nearest HTML id at or before `start`.
    """

    source = dy.String(nullable=False)
    chunk_id = sha256_column(primary_key=True)
    url = dy.String(nullable=False)
    markdown_hash = sha256_column()
    chunker_version = dy.String(nullable=False)
    position = dy.Int32(nullable=False, min=0)
    start = dy.Int64(nullable=False, min=0)
    end = dy.Int64(nullable=False, min=1)
    heading_path = dy.List(dy.String(nullable=False), nullable=False)
    anchor = dy.String(nullable=True)
    text = dy.String(nullable=False, min_length=1)
    prefix_chars = dy.Int32(nullable=False, min=0)
    text_hash = sha256_column()
    tokens = dy.Int32(nullable=False, min=1)

    @dy.rule()
    def end_is_after_start(cls) -> pl.Expr:
        return pl.col("end") > pl.col("start")


CHUNKS = Table("chunks", Chunk)


def chunk_id(url: str, markdown_hash: str, chunker_version: str, position: int) -> str:
    """Name a chunk by its page, the markdown it was cut from, the cutter and its place."""
    return content_id(url, markdown_hash, chunker_version, str(position))
