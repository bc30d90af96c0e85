"""The terms of a text, cut as the local lexical index cuts them."""

from __future__ import annotations

from functools import cache

import tantivy

from retrieval import lexical_index


@cache
def _analyser(kind: str) -> tantivy.TextAnalyzer:
    return lexical_index.prose_analyser() if kind == "prose" else lexical_index.identifier_analyser()


def prose_terms(text: str) -> list[str]:
    """Return the words of a text, folded and stemmed, as often as they occur."""
    return list(_analyser("prose").analyze(text))


def identifier_terms(text: str) -> list[str]:
    """Return flags, dotted names, error codes and the like of a text, whole, as often as they occur."""
    return list(_analyser("identifier").analyze(text))
