"""BM25 as sparse vectors: the document's part in the row, the term's rarity at the question.

BM25's score is a sum over shared terms of IDF times a saturated term frequency (Robertson and Zaragoza, "The
Probabilistic Relevance Framework", 2009). The second factor depends on the passage alone once the average length is a
constant, so it is the row's weight; the first is what Upstash computes when asked with the weighting strategy IDF. The
terms and the weights of title, headings, body and identifiers are those of the local lexical index.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import lru_cache

from upstash_vector.types import SparseVector

from data_contracts.passage import Passage
from retrieval.lexical_index import FIELD_BOOSTS
from retrieval.upstash.term import identifier_terms, prose_terms

MOST_TERMS = 1000
"""Upstash refuses rows with more dimensions."""

_K1, _B = 1.2, 0.75
_PASSAGE = {"body": 130.0, "heading": 8.0, "title": 5.0, "identifier": 8.0}
_PAGE = {"body": 900.0, "heading": 30.0, "title": 5.0, "identifier": 60.0}
"""Terms of a passage, and of a page, of documentation. Constants: with a release's own averages each release would
change every row."""

Weights = list[tuple[int, float]]
"""Dimensions with their weights, the heaviest first."""
_NOTHING = 0
_FAINT = 1e-6


def passage_weights(passage: Passage) -> SparseVector:
    """Return a passage's weights; one that holds no word has a single dimension that no question asks for."""
    fields = {"body": passage.body, "heading": " ".join(passage.heading_path), "title": passage.title}
    heaviest = _weights(fields, passage.text, _PASSAGE)[:MOST_TERMS]
    return SparseVector([place for place, _ in heaviest], [weight for _, weight in heaviest])


def page_weights(*, title: str, heading: str, body: str) -> Weights:
    """Return the weights of a whole page, of which a row may hold the first `MOST_TERMS` only."""
    return _weights({"body": body, "heading": heading, "title": title}, f"{heading}\n{body}", _PAGE)


def question_weights(text: str) -> SparseVector | None:
    """Return a question's weights, 1 for each distinct term; None when it has no term."""
    places = [_place("prose", term) for term in prose_terms(text)]
    places += [_place("identifier", term) for term in identifier_terms(text)]
    distinct = list(dict.fromkeys(places))[:MOST_TERMS]
    return SparseVector(distinct, [1.0] * len(distinct)) if distinct else None


def _weights(fields: Mapping[str, str], named: str, average: Mapping[str, float]) -> Weights:
    weights: defaultdict[int, float] = defaultdict(float)
    for name, text in fields.items():
        _add(weights, "prose", name, prose_terms(text), average)
    _add(weights, "identifier", "identifier", identifier_terms(named), average)
    heaviest = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0])) or [(_NOTHING, _FAINT)]
    return [(place, round(weight, 5)) for place, weight in heaviest]


def _add(
    weights: defaultdict[int, float], kind: str, field: str, terms: list[str], average: Mapping[str, float]
) -> None:
    relative = len(terms) / average[field]
    for term, count in Counter(terms).items():
        saturated = count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * relative))
        weights[_place(kind, term)] += FIELD_BOOSTS[field] * saturated


@lru_cache(maxsize=100_000)
def _place(kind: str, term: str) -> int:
    """A term's dimension: a signed 32-bit hash, never that of nothing."""
    digest = hashlib.blake2b(f"{kind}:{term}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big", signed=True) or 1
