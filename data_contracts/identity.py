"""Content addresses: every row is named by the hash of what it was made from."""

from __future__ import annotations

import hashlib


def content_id(*parts: str | bytes) -> str:
    """Return the sha256 (64 hex digits) of the parts in order.

    Each part is preceded by its length, so ("ab", "c") and ("a", "bc") differ.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def text_hash(text: str) -> str:
    """Return the sha256 (64 hex digits) of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()
