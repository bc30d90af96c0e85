"""Searching files byte by byte: the part of the proof that trusts no format and no catalogue."""

from __future__ import annotations

from collections.abc import Callable

from assets.erasure.finding import Finding
from assets.erasure.wording import Wording
from lake import ObjectFolder

_OVERLAP = 4_096  # bytes; longer than any address or sentence that is looked for


def search_bytes(
    folder: ObjectFolder, wording: Wording, place: str, *, is_others: Callable[[str], bool], prefix: str = ""
) -> Finding:
    """Count addresses and sentences in the bytes of all files of a folder. `is_others` says for a file's key whether
    it holds other pages that name the address, so that a hit there is a mention."""
    left = mentions = 0
    for file in folder.files(prefix):
        hits = _hits(folder, file.key, wording)
        if hits and is_others(file.key):
            mentions += hits
        else:
            left += hits
    return Finding(place, "occurrences", left, 0, mentions)


def _hits(folder: ObjectFolder, key: str, wording: Wording) -> int:
    hits, tail = 0, b""
    try:
        for piece in folder.stream(key):
            data = tail + piece
            hits += wording.hits(data) - wording.hits(tail)
            tail = data[-_OVERLAP:]
    except FileNotFoundError:
        return 0  # deleted since it was listed
    return hits
