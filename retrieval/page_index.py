"""Pages of a release: which passages make one up, in order, and the words that they hold together.

Each passage's page and name are kept as 64-bit hashes by place, 16 bytes a passage, so that passages can be grouped,
and put in one order whatever order they were written in, without being read. The words of whole pages are an index of
their own, one entry per page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from data_contracts.passage import Passage
from retrieval.dense_index import Places
from retrieval.embedder import Vectors
from retrieval.lexical_index import LexicalIndex, LexicalWriter
from retrieval.passage_file import PassageFile
from retrieval.vector_store import ChunkPlace

Keys = npt.NDArray[np.uint64]

_KEYS = "pages.u64"
_WORDS = "page_words"
_PAGE_POOL = 2_000


def key_of(text: str) -> int:
    """Return 64 bits that stand for a URL or a chunk id."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


class PageKeyWriter:
    """Appends the keys of passages; a passage's place is the number of passages before it."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / _KEYS).open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, passages: Sequence[Passage]) -> None:
        """Write the keys of passages' pages and chunks."""
        places = (ChunkPlace(passage.chunk_id, passage.url) for passage in passages)
        self._file.write(_keys(places).astype("<u8").tobytes())


def write_page_words(folder: Path, passages: PassageFile) -> None:
    """Index the words of whole pages, in the order of their keys, holding one page at a time."""
    pages = PageIndex(folder, passages)
    with LexicalWriter(folder / _WORDS) as words:
        for page in range(len(pages)):
            run = pages.passages(page)
            headings = dict.fromkeys(chain.from_iterable(passage.heading_path for passage in run))
            words.add(title=run[0].title, heading=" ".join(headings), body="\n".join(one.body for one in run))


class PageIndex:
    """The pages of a release, numbered by the order of their keys. Safe under threads.

    A release that was built before pages were indexed has no words of pages, and its keys are made when it is opened.
    """

    def __init__(self, folder: Path, passages: PassageFile) -> None:
        path = folder / _KEYS
        keys = np.fromfile(path, dtype="<u8").reshape(-1, 2) if path.exists() else _keys(passages.places())
        if len(keys) != len(passages):
            raise ValueError(f"{_KEYS} has {len(keys)} keys for {len(passages)} passages")
        self._passages = passages
        self._pages, self._page_of = np.unique(keys[:, 0], return_inverse=True)
        self._by_page = np.argsort(self._page_of, kind="stable")
        self._starts = np.searchsorted(self._page_of[self._by_page], np.arange(len(self._pages) + 1))
        self._chunks: Keys = keys[:, 1].copy()
        words = folder / _WORDS
        self._words = LexicalIndex(words) if words.exists() else None

    def __len__(self) -> int:
        return len(self._pages)

    def of(self, places: Places) -> Places:
        """Return the number of each place's page."""
        pages: Places = self._page_of[places].astype(np.int64)
        return pages

    def chunk_keys(self, places: Places) -> Keys:
        """Return what orders passages of equal score: a hash of their names."""
        return self._chunks[places]

    def passages(self, page: int) -> list[Passage]:
        """Return a page's passages, in the order in which they stand on it."""
        places = self._by_page[self._starts[page] : self._starts[page + 1]]
        return sorted((self._passages[int(place)] for place in places), key=lambda one: (one.start, one.chunk_id))

    def page(self, url: str) -> list[Passage]:
        """Return the passages of a page, in order; none for a page that is not here."""
        key = np.uint64(key_of(url))
        page = int(np.searchsorted(self._pages, key))
        if page == len(self._pages) or self._pages[page] != key:
            return []
        return [found for found in self.passages(page) if found.url == url]

    def word_scores(self, text: str, pages: Places) -> Vectors:
        """Return the BM25 score of each of these pages' words taken together, NaN where they share none or where
        `_PAGE_POOL` others share more."""
        scores = np.full(len(self), np.nan, dtype=np.float32)
        if self._words is not None:
            found, values = self._words.search(text, min(len(self), _PAGE_POOL))
            scores[found] = values
        return scores[pages]


def _keys(places: Iterable[ChunkPlace]) -> Keys:
    flat = chain.from_iterable((key_of(place.url), key_of(place.chunk_id)) for place in places)
    return np.fromiter(flat, dtype=np.uint64).reshape(-1, 2)
