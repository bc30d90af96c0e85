"""What each block of a markdown says, as a hash: what recurs on the pages of a site is found by counting hashes."""

from __future__ import annotations

import re
from hashlib import blake2b

from assets.steps.block import Block, Kind, parse_blocks
from data_contracts.document import DocumentBlock

_TARGET = re.compile(r"\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)")
_MARKS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")


def block_fingerprints(markdown: str) -> tuple[DocumentBlock, ...]:
    """Return the blocks in order.

    Hashed are a block's kind and its words in lower case: a different mark, link target or number does not make a
    different block, so a date or a counter in it hides nothing. Numbers of headings count (`Chapter 2`), and code is
    hashed as it stands.
    """
    return tuple(_fingerprint(markdown, block) for block in parse_blocks(markdown))


def _fingerprint(markdown: str, block: Block) -> DocumentBlock:
    kind = block.kind.name.lower() + (str(block.level) if block.kind is Kind.HEADING else "")
    text = markdown[block.start : block.end]
    words = _MARKS.sub(" ", _TARGET.sub("] ", text)).strip().lower()
    letters = len(words) - words.count(" ")
    if not words or block.kind in (Kind.FENCE, Kind.CODE):
        said = text
    else:
        said = words if block.kind is Kind.HEADING else _DIGITS.sub("0", words)
    digest = blake2b(f"{kind}\n{said}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return DocumentBlock(block.start, block.end, kind, letters, int.from_bytes(digest, "big", signed=True))
