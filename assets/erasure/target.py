"""What is to be erased of a source: the page's names, the rows that it led to, and words that only it said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from assets.erasure.wording import Wording
from data_contracts.chat_turn import CHAT_TURNS
from data_contracts.chunk import CHUNKS
from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.document import DOCUMENTS
from data_contracts.erasure import WHOLE_SOURCE
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.table import Table
from lake import Lake, current_aliases
from lake.erased import erased_urls

_MOST_SENTENCES = 24
_SHORTEST = 24  # characters; shorter sentences are said by many
_LONGEST = 200
_MARKUP = re.compile(r"[*_`\[\]|#>]|^\s*[-+]\s|^\s*\d+[.)]\s")


@dataclass(frozen=True, slots=True)
class Target:
    """`urls` are the page's canonical address, those of its aliases and those it was fetched from; of a whole source,
    all that it has. `aliases` are those of them that nobody named. `text_hashes` name texts that no other page has,
    `turns` answers that cite the page, name it or say what only it says."""

    source: str
    is_whole: bool
    urls: frozenset[str]
    aliases: frozenset[str]
    page_versions: frozenset[str]
    chunks: frozenset[str]
    text_hashes: frozenset[str]
    turns: frozenset[str]
    wording: Wording

    @property
    def kept_out(self) -> frozenset[str]:
        """What is written down to stay out."""
        return frozenset({WHOLE_SOURCE}) if self.is_whole else self.urls

    @property
    def is_known(self) -> bool:
        """Whether the lake holds anything under these names."""
        return bool(self.page_versions or self.chunks)


def find_target(lake: Lake, source: str, urls: Iterable[str]) -> Target:
    """Return what pages of a source are, with the other addresses that show the same content: their aliases and, where
    an alias was named, the page itself."""
    named = frozenset(urls)
    aliases = current_aliases(lake, source).collect()
    pages = named | frozenset(aliases.filter(pl.col("alias").is_in(list(named)))["url"].drop_nulls())
    every = pages | frozenset(aliases.filter(pl.col("url").is_in(list(pages)))["alias"])
    return _target(lake, source, every, every - named, is_whole=False)


def find_whole_source(lake: Lake, source: str) -> Target:
    """Return all that there is of a source."""
    seen = [_distinct(lake, table, source, "url") for table in (PAGE_VERSIONS, DOCUMENTS, CHUNKS)]
    return _target(lake, source, frozenset().union(*seen), frozenset(), is_whole=True)


def known_in(lake: Lake, urls: Sequence[str]) -> list[str]:
    """Return the sources in which an address occurs as a page's."""
    found: set[str] = set()
    for table in (CRAWL_LEDGER, PAGE_VERSIONS, DOCUMENTS, CHUNKS):
        rows = lake.scan(table).filter(pl.col("url").is_in(list(urls))).select("source").unique()
        found.update(rows.collect()["source"])
    return sorted(found)


def returned_urls(lake: Lake, source: str) -> list[str]:
    """Return the addresses that are to stay out and occur as a page's nevertheless."""
    erased = erased_urls(lake, source)
    seen: set[str] = set()
    for table in (CRAWL_LEDGER, PAGE_VERSIONS, DOCUMENTS, CHUNKS) if erased else ():
        seen |= _distinct(lake, table, source, "url")
    return sorted(url for url in seen if url in erased)


def _target(lake: Lake, source: str, urls: frozenset[str], aliases: frozenset[str], *, is_whole: bool) -> Target:
    ours = pl.col("url").is_in(list(urls))
    versions = lake.scan(PAGE_VERSIONS, source=source).filter(ours).select("page_version_id", "fetched_url").collect()
    chunks = lake.scan(CHUNKS, source=source).filter(ours).select("chunk_id", "text_hash").collect()
    others = lake.scan(CHUNKS, source=source).filter(~ours).select("text_hash").unique().collect()
    texts = frozenset(chunks["text_hash"]) - frozenset(others["text_hash"])
    wording = Wording(urls | frozenset(versions["fetched_url"]), _own_sentences(lake, source, urls))
    return Target(
        source=source,
        is_whole=is_whole,
        urls=urls,
        aliases=aliases,
        page_versions=frozenset(versions["page_version_id"]),
        chunks=frozenset(chunks["chunk_id"]),
        text_hashes=texts,
        turns=frozenset(_turns(lake, source, wording, is_whole=is_whole)),
        wording=wording,
    )


def _turns(lake: Lake, source: str, wording: Wording, *, is_whole: bool) -> Iterator[str]:
    turns = lake.scan(CHAT_TURNS).filter(pl.col("source").str.split(",").list.contains(source))
    names = [name for name, kind in turns.collect_schema().items() if kind == pl.String]
    for row in turns.select(names).collect().iter_rows(named=True):
        if is_whole or any(wording.tells(text) for text in row.values() if text):
            yield row["turn_id"]


def _distinct(lake: Lake, table: Table, source: str, column: str) -> set[str]:
    return set(lake.scan(table, source=source).select(column).unique().collect()[column])


def _own_sentences(lake: Lake, source: str, urls: frozenset[str]) -> list[str]:
    """Sentences of the pages that no other page of the lake says, spread over what they say."""
    ours = (pl.col("source") == source) & pl.col("url").is_in(list(urls))
    documents = lake.scan(DOCUMENTS).select("source", "url", "markdown")
    texts = documents.filter(ours).select("markdown").collect()["markdown"]
    said = list(dict.fromkeys(sentence for text in texts for sentence in _sentences(text)))
    some = said[:: max(1, len(said) // (2 * _MOST_SENTENCES))]
    if not some:
        return []
    shared = (
        documents.filter(~ours).select(pl.col("markdown").str.extract_many(some, overlapping=True)).explode("markdown")
    )
    others = set(shared.drop_nulls().unique().collect(engine="streaming")["markdown"])
    return [sentence for sentence in some if sentence not in others][:_MOST_SENTENCES]


def _sentences(markdown: str) -> Iterator[str]:
    """Sentences and headings as plain words, without what markdown adds."""
    for line in markdown.splitlines():
        for sentence in re.split(r"(?<=[.!?])\s+", line):
            words = sentence.strip(" #*_>-")
            if _SHORTEST <= len(words) <= _LONGEST and not _MARKUP.search(words):
                yield words
