"""The heading path of each place in a document, and the prefix that puts it into a chunk's text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from assets.steps.block import Block, Kind
from assets.steps.token_index import TokenOffsets

SEPARATOR = " > "
_ELLIPSIS = "…"
_LONGEST = 200  # characters of a heading that a path keeps
_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)")
_MARKS = re.compile(r"\\([!-/:-@\[-`{-~])|`+|(?<!\w)[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}(?!\w)|[ \t]*[¶#§]+\s*$")


class Heading(NamedTuple):
    """A heading of a path; `start` is -1 for the page's title."""

    level: int
    text: str
    start: int
    end: int


Path = tuple[Heading, ...]


def plain_text(markup: str) -> str:
    """Return a heading's words: links by their text, without emphasis, code marks, escapes and permalink signs."""
    text = " ".join(_MARKS.sub(r"\1", _LINK.sub(r"\1", markup)).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + _ELLIPSIS


class Outline:
    """Path after each heading of a document. The title leads where it is not the first-level heading itself.

    Offsets count from `origin`; `root` is the path in force there.
    """

    def __init__(self, title: str, blocks: Iterable[Block], origin: int = 0) -> None:
        text = plain_text(title)
        self._title: Path = (Heading(0, text, -1, -1),) if text else ()
        self._paths: dict[int, Path] = {}
        self.root: Path = self._title
        path: Path = self.root
        for block in blocks:
            if block.kind is Kind.HEADING:
                path = self._after(path, block, origin)
                self._paths[block.start - origin] = path
                if block.start < origin:
                    self.root = path

    def _after(self, path: Path, block: Block, origin: int) -> Path:
        heading = Heading(block.level, plain_text(block.text), block.start - origin, block.end - origin)
        if not heading.text:
            return path
        above = tuple(held for held in path if held.level < heading.level)
        if heading.level == 1 and self._title and heading.text.casefold() == self._title[0].text.casefold():
            return (heading,)
        return (*(above or self._title), heading)

    def path_at(self, heading_start: int) -> Path:
        """Return the path that the heading at this offset opens."""
        return self._paths[heading_start]


class Prefixes:
    """Writes paths as prefixes of at most `limit` tokens, each path once."""

    def __init__(self, token_offsets: TokenOffsets, limit: int) -> None:
        self._token_offsets = token_offsets
        self._limit = limit
        self._known: dict[tuple[str, ...], tuple[str, int]] = {}

    def of(self, path: tuple[str, ...]) -> tuple[str, int]:
        """Return the prefix (with the blank line; empty for no path) and its tokens.

        A path that is too long loses its middle, then its beginning, then the end of its last heading.
        """
        if path not in self._known:
            self._known[path] = self._write(path)
        return self._known[path]

    def _write(self, path: tuple[str, ...]) -> tuple[str, int]:
        if not path:
            return "", 0
        for shown in (path, (path[0], _ELLIPSIS, *path[-2:]), (path[0], _ELLIPSIS, path[-1]), (path[-1],)):
            line = SEPARATOR.join(shown)
            if len(shown) <= len(path) and (tokens := len(self._token_offsets(line))) <= self._limit:
                return f"{line}\n\n", tokens
        return self._clipped(path[-1])

    def _clipped(self, text: str) -> tuple[str, int]:
        offsets = self._token_offsets(text)
        for kept in range(min(self._limit - 1, len(offsets)), 0, -1):
            line = text[: offsets[kept - 1][1]].rstrip() + _ELLIPSIS
            if (tokens := len(self._token_offsets(line))) <= self._limit:
                return f"{line}\n\n", tokens
        return "", 0
