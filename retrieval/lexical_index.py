"""Words of a release: a tantivy index scored with BM25 over title, headings, body and raw identifiers.

Prose is lower-cased and stemmed (English, which leaves other languages' words nearly as they are). Identifiers (flags
like `--no-verify`, `function_names`, dotted names, error codes) are kept whole in a field of their own as well, so
that asking for one finds it and not only its parts. A question is cut into terms by the same analysers and never
parsed as a query language.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import tantivy

from data_contracts.passage import Passage
from retrieval.dense_index import Places
from retrieval.embedder import Vectors

FIELD_BOOSTS = {"body": 1.0, "heading": 0.25, "title": 0.25, "identifier": 1.0}
"""Chosen on SciFact's training questions (nDCG@10 .693; .685 with headings and titles at twice that) and held against
masked FAQs of five documentation sites (hit@10 .960; .940)."""

_IDENTIFIER = r"--?[\p{L}\p{N}][\p{L}\p{N}_\-]*|[\p{L}\p{N}_]+(?:(?:[.\-/@]|::?)[\p{L}\p{N}_]+)+|\w*_\w+|[A-Z]+[0-9]+"
_LONGEST_TERM = 80
_MOST_TERMS = 200
_HEAP_BYTES = 64_000_000


def prose_analyser() -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(_LONGEST_TERM),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()


def identifier_analyser() -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(_IDENTIFIER))
    return builder.filter(tantivy.Filter.remove_long(_LONGEST_TERM)).filter(tantivy.Filter.lowercase()).build()


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for field in FIELD_BOOSTS:
        name = "identifier" if field == "identifier" else "prose"
        builder = builder.add_text_field(field, tokenizer_name=name, index_option="freq")
    return builder.add_unsigned_field("place", fast=True).build()


def _registered(index: tantivy.Index) -> tantivy.Index:
    index.register_tokenizer("prose", prose_analyser())
    index.register_tokenizer("identifier", identifier_analyser())
    return index


class LexicalWriter:
    """Indexes passages in order; a passage's place is the number of passages before it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._writer = _registered(tantivy.Index(_schema(), path=str(folder))).writer(_HEAP_BYTES, num_threads=1)
        self._place = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._writer.commit()
        else:
            self._writer.rollback()
        self._writer.wait_merging_threads()

    def append(self, passages: Iterable[Passage]) -> None:
        """Index passages."""
        for passage in passages:
            self.add(title=passage.title, heading=" ".join(passage.heading_path), body=passage.body)

    def add(self, *, title: str, heading: str, body: str) -> None:
        """Index one text with what stands over it."""
        document = tantivy.Document(body=body, heading=heading, title=title, identifier=f"{heading}\n{body}")
        document.add_unsigned("place", self._place)
        self._writer.add_document(document)
        self._place += 1


class LexicalIndex:
    """The words of a release, opened by mapping its files. Safe under threads.

    Errors: ValueError or OSError when the folder is not what a LexicalWriter closed.
    """

    def __init__(self, folder: Path) -> None:
        self._index = _registered(tantivy.Index.open(str(folder)))
        self._searcher = self._index.searcher()
        self._analysers = {"prose": prose_analyser(), "identifier": identifier_analyser()}

    def __len__(self) -> int:
        return self._searcher.num_docs

    def search(self, text: str, limit: int) -> tuple[Places, Vectors]:
        """Return the places and BM25 scores of the passages that share most with the text, best first.

        Of passages with one score either all or none are among them, so that what is found does not depend on the
        order in which passages were written.
        """
        query = self._query(text)
        if query is None or limit < 1:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        return self._whole_ties(query, limit)

    def holding(self, name: str, limit: int = 1_000) -> Places:
        """Return the places of passages that hold an identifier as a whole token, best first; of a plain word, those
        that hold it in any inflection."""
        names = self._analysers["identifier"].analyze(name)
        field, terms = ("identifier", names) if names else ("body", self._analysers["prose"].analyze(name))
        if not terms:
            return np.empty(0, dtype=np.int64)
        clauses = [(tantivy.Occur.Must, self._term(field, term)) for term in dict.fromkeys(terms)]
        return self._whole_ties(tantivy.Query.boolean_query(clauses), limit)[0]

    def _whole_ties(self, query: tantivy.Query, limit: int) -> tuple[Places, Vectors]:
        hits = self._searcher.search(query, limit=limit, count=False).hits
        while len(hits) == limit and limit < len(self):
            last = hits[-1][0]
            above = [hit for hit in hits if hit[0] > last]
            if above:
                hits = above
                break
            limit = min(4 * limit, len(self))
            hits = self._searcher.search(query, limit=limit, count=False).hits
        places = self._searcher.fast_field_values("place", [address for _, address in hits])
        return np.array(places, dtype=np.int64), np.array([score for score, _ in hits], dtype=np.float32)

    def _term(self, field: str, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._index.schema, field, term, "freq")

    def _query(self, text: str) -> tantivy.Query | None:
        words = list(dict.fromkeys(self._analysers["prose"].analyze(text)))[:_MOST_TERMS]
        names = list(dict.fromkeys(self._analysers["identifier"].analyze(text)))[:_MOST_TERMS]
        clauses = [
            tantivy.Query.boost_query(self._term(field, term), boost)
            for field, boost in FIELD_BOOSTS.items()
            for term in (names if field == "identifier" else words)
        ]
        if not clauses:
            return None
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, clause) for clause in clauses])
