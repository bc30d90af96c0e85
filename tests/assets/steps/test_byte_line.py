"""Lines out of pieces of bytes: the same whatever the pieces, and never more in memory than the limit."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.steps.byte_line import BrokenGzip, ByteLine, read_lines, unpacked


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def lines(data: bytes, *, size: int = 3, limit: int = 100) -> list[ByteLine]:
    return list(read_lines(unpacked(pieces(data, size)), limit=limit))


@given(
    st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b""))), st.integers(1, 9)
)
def test_lines_come_out_as_they_went_in(written: list[bytes], size: int) -> None:
    data = b"#\n" + b"".join(line + b"\r\n" for line in written)  # never gzip's first bytes
    assert [line.data for line in lines(data, size=size)] == [b"#", *written]
    assert [line.number for line in lines(data, size=size)] == list(range(1, len(written) + 2))


@given(st.binary(max_size=300), st.integers(1, 50), st.integers(1, 40))
def test_gzip_and_plain_give_the_same_lines(data: bytes, size: int, limit: int) -> None:
    packed = gzip.compress(data[: len(data) // 2]) + gzip.compress(data[len(data) // 2 :])  # two members
    plain = list(read_lines(iter([data]), limit=limit))
    assert list(read_lines(unpacked(pieces(packed, size)), limit=limit)) == plain


def test_the_last_line_says_that_it_was_not_ended() -> None:
    assert lines(b"a\nb") == [ByteLine(1, b"a"), ByteLine(2, b"b", is_ended=False)]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_line_that_is_too_long_is_cut_and_the_next_one_is_whole(size: int) -> None:
    found = lines(b"x" * 350 + b"\nnext\n", size=size, limit=50)
    assert found == [ByteLine(1, b"x" * 50, is_cut=True), ByteLine(2, b"next")]


def test_a_line_as_long_as_the_limit_is_whole() -> None:
    assert lines(b"x" * 50 + b"\n", limit=50) == [ByteLine(1, b"x" * 50)]


def test_what_gzip_could_still_give_is_given_before_the_error() -> None:
    packed = gzip.compress(b"".join(b"line %d\n" % number for number in range(5000)))
    found = []
    with pytest.raises(BrokenGzip, match="too early"):
        found.extend(unpacked(pieces(packed[:-20], 100)))
    assert b"".join(found).startswith(b"line 0\nline 1\n")


def test_damaged_gzip_is_said_to_be_damaged() -> None:
    packed = bytearray(gzip.compress(bytes(range(256)) * 100))
    packed[40:60] = b"\xff" * 20
    with pytest.raises(BrokenGzip, match="damaged"):
        list(unpacked([bytes(packed)]))


def test_padding_after_gzip_is_no_damage() -> None:
    assert b"".join(unpacked([gzip.compress(b"a") + b"\x00" * 10])) == b"a"
