"""What the last turn was about, in a few words."""

from __future__ import annotations

import re

from chat_app.query_term import stem, terms
from chat_app.question import Exchange

_WORD = re.compile(r"\w+(?:[-_.]\w+)*")
_MOST_WORDS = 10
_MOST_OF_A_HEADING = 5
_ENOUGH = 2


def topic(exchange: Exchange, *, beside: str = "") -> str:
    """Return the words that say what an earlier turn was about, without those that `beside` has already.

    They are the terms of its question as it was searched for. Where these are too few to find anything by, such as in
    "what is swarming?", the heading of the best cited passage joins them.
    """
    words = topic_words(exchange.standalone or exchange.question, beside=beside)
    if len(words) < _ENOUGH and exchange.passages:
        best = exchange.passages[0]
        heading = best.heading_path[-1] if best.heading_path else best.title
        known = beside + " " + " ".join(words)
        words += topic_words(heading, beside=known)[:_MOST_OF_A_HEADING]
    return " ".join(words)


def topic_words(text: str, *, beside: str = "") -> list[str]:
    """Return the first words of a text that say what it is about, each once, as they are written."""
    wanted = terms(text) - terms(beside)
    words = {stem(word.lower()): word for word in reversed(_WORD.findall(text)) if stem(word.lower()) in wanted}
    return list(reversed(words.values()))[:_MOST_WORDS]
