"""Chunks: a document's markdown cut into passages that fit the embedding model.

The markdown is tokenised once; blocks are found in one pass and cut into units; units are packed greedily. See
`assets.steps.pack` for where a chunk ends.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from assets.revision import CHUNKER
from assets.steps.block import parse_blocks
from assets.steps.heading import Outline
from assets.steps.pack import Packed, Packer
from assets.steps.text_run import text_runs
from assets.steps.token_index import TokenOffsets
from data_contracts.document import Anchor


@dataclass(frozen=True, slots=True)
class ChunkingSettings:
    """`size` is the most tokens of a chunk's text, its heading path included; `overlap` the most that a chunk repeats
    from the one before it, in whole sentences. Raises ValueError for sizes that leave no room for text.

    The defaults, with a quarter of the size as overlap, fill the default model (256 tokens with its two specials). On
    documentation questions they find page and answer more often than 220/40 does, with a tenth fewer chunks.
    """

    size: int = 254
    overlap: int = 254 // 4

    def __post_init__(self) -> None:
        if self.size < 32:
            raise ValueError(f"chunk size {self.size} leaves no room for text: give at least 32 tokens")
        if not 0 <= self.overlap <= self.size // 2:
            raise ValueError(f"chunk overlap {self.overlap} must lie between 0 and half of the chunk size {self.size}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk before it is a row; the columns of `data_contracts.chunk.Chunk` of the same names say what each is."""

    position: int
    start: int
    end: int
    heading_path: tuple[str, ...]
    anchor: str | None
    text: str
    prefix_chars: int
    tokens: int


def chunker_version(settings: ChunkingSettings, tokenizer_id: str) -> str:
    """Name all that the pieces of a markdown depend on."""
    return f"{CHUNKER}-{settings.size}-{settings.overlap}-{tokenizer_id}"


def split_markdown(
    markdown: str,
    *,
    title: str,
    anchors: Sequence[Anchor],
    token_offsets: TokenOffsets,
    settings: ChunkingSettings,
    leave_out: Sequence[tuple[int, int]] = (),
) -> list[Piece]:
    """Return the chunks of a document in order; none for a text without tokens.

    Every character that a token covers lies in some chunk. `text` is a prefix of `prefix_chars` characters (the
    headings above the chunk, then a blank line), and the body: `markdown[start:end]`, with the opening line before
    and the closing line after it where a fence is cut, and a table's header rows before it where a table is cut. A
    heading that the body begins with stands in `heading_path` and is not repeated in the prefix. `anchors` are sorted
    by offset. `leave_out` names whole blocks by their ranges, sorted: no chunk holds them or goes across them.
    """
    blocks = parse_blocks(markdown)
    offsets = [anchor.offset for anchor in anchors]
    pieces: list[Piece] = []
    for run in text_runs(markdown, blocks, leave_out):
        outline = Outline(title, run.outline, run.start)
        packer = Packer(run.text, run.blocks, outline, token_offsets, settings.size, settings.overlap)
        for packed in packer.pack():
            anchor = _anchor(anchors, offsets, packed, run.start)
            pieces.append(_piece(len(pieces), packed, run.start, anchor))
    return pieces


def _piece(position: int, packed: Packed, origin: int, anchor: str | None) -> Piece:
    return Piece(
        position,
        packed.start + origin,
        packed.end + origin,
        tuple(heading.text for heading in packed.path),
        anchor,
        packed.text,
        packed.prefix_chars,
        packed.tokens,
    )


def _anchor(anchors: Sequence[Anchor], offsets: list[int], packed: Packed, origin: int) -> str | None:
    """The first id of the heading that the chunk begins with, else the nearest at or before its first words."""
    own = packed.path[-1] if packed.path else None
    if own is not None and own.start >= packed.start:
        first = bisect_left(offsets, own.start + origin)
        if first < len(offsets) and offsets[first] <= own.end + origin:
            return anchors[first].id
    nearest = bisect_right(offsets, packed.first_word + origin) - 1
    return anchors[nearest].id if nearest >= 0 else None
