"""Endless sites (calendars, sessions in paths, relative links that pile up), recognised by their URLs."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

_LONGEST_URL = 2_000  # characters; servers and browsers give up at about as many
_MOST_REPEATS = 3  # of one path segment in a row of the path's own making: /a/b/a/b/a/b
_NUMBERS = re.compile(r"\d+")
_VALUES = re.compile(r"=[^&]*")


def trap_reason(url: str, chain: int, longest_chain: int) -> str | None:
    """Return why following a URL may never end, None when nothing is odd.

    `chain` counts the links in a row that led here through URLs of the same shape, as `url_shape` sees it.
    """
    if len(url) > _LONGEST_URL:
        return f"the URL is longer than {_LONGEST_URL:,} characters: it looks like a trap"
    if _repeats(urlsplit(url).path):
        return f"a part of the path occurs more than {_MOST_REPEATS} times: it looks like a trap"
    if chain > longest_chain:
        return (
            f"{chain} links in a row led through URLs that differ only in numbers or parameters ({url_shape(url)}): "
            "it looks endless, like a calendar; raise limits.chain if it is not"
        )
    return None


@lru_cache(maxsize=100_000)
def url_shape(url: str) -> str:
    """Return a URL with each number as 0 and the values of its parameters left out."""
    path, _, query = url.partition("?")
    shape = _NUMBERS.sub("0", urlsplit(path).path)
    return f"{shape}?{_VALUES.sub('=', query)}" if query else shape


def _repeats(path: str) -> bool:
    segments = [segment for segment in path.split("/") if segment]
    if len(segments) <= _MOST_REPEATS:
        return False
    return any(segments.count(segment) > _MOST_REPEATS for segment in set(segments))
