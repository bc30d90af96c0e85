"""Bytes as they come from a file, plain or gzipped -> its lines, in bounded memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

_GZIP = b"\x1f\x8b"
_GZIP_FORMAT = 31  # zlib's name for: 32 KB window, gzip header
_PIECE_BYTES = 1_000_000


class BrokenGzip(ValueError):
    """Gzip data that is damaged, or that ends too early."""


@dataclass(frozen=True, slots=True)
class ByteLine:
    """A line without its line end. `number` counts from 1; `is_ended` says that a line end followed.

    A line longer than the limit `is_cut`: `data` is then its beginning.
    """

    number: int
    data: bytes
    is_ended: bool = True
    is_cut: bool = False


def unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a file in pieces of a megabyte or so, unpacked when they begin as gzip does (its name may say
    what it likes). Raises BrokenGzip after the last bytes that could be read."""
    remaining = iter(pieces)
    head = b""
    for piece in remaining:
        head += piece
        if len(head) >= len(_GZIP):
            break
    whole = chain([head], remaining)
    yield from _gunzipped(whole) if head.startswith(_GZIP) else (piece for piece in whole if piece)


def _gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """All members of a gzip file one after the other; what follows the last one and is no member is padding."""
    member = zlib.decompressobj(_GZIP_FORMAT)
    begun = False
    try:
        for piece in pieces:
            packed = piece
            while packed:
                begun = True
                data = member.decompress(packed, _PIECE_BYTES)
                packed = member.unconsumed_tail
                if data:
                    yield data
                if member.eof:
                    packed, begun = member.unused_data.lstrip(b"\x00"), False
                    member = zlib.decompressobj(_GZIP_FORMAT)
    except zlib.error as error:
        raise BrokenGzip(f"the gzip data is damaged ({error})") from error
    if begun:
        yield from _rest(member)


def _rest(member: zlib._Decompress) -> Iterator[bytes]:
    data = member.flush()
    if data:
        yield data
    if not member.eof:
        raise BrokenGzip("the gzip data ends too early")


def read_lines(pieces: Iterable[bytes], *, limit: int) -> Iterator[ByteLine]:
    r"""Yield lines, ended by \n or \r\n; memory holds one piece and `limit` bytes (at least) of a line."""
    number, line, is_cut = 1, bytearray(), False
    for piece in pieces:
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            line += piece[start : min(end, start + limit + 1)]
            yield _line(number, line, limit, is_ended=True, is_cut=is_cut)
            number, line, is_cut, start = number + 1, bytearray(), False, end + 1
        line += piece[start : start + limit + 1]
        if len(line) > limit:
            is_cut = True
            del line[limit:]
    if line or is_cut:
        yield _line(number, line, limit, is_ended=False, is_cut=is_cut)


def _line(number: int, line: bytearray, limit: int, *, is_ended: bool, is_cut: bool) -> ByteLine:
    if not is_cut and line.endswith(b"\r"):
        del line[-1:]
    return ByteLine(number, bytes(line[:limit]), is_ended, is_cut or len(line) > limit)
