"""Which profile suits a question, when the person chose none."""

from __future__ import annotations

import re

from chat_app.question import Question

_LONG_WORDS = 40
_THOROUGH = re.compile(
    r"\b(?:compare|comparison|difference|versus|vs|why|explain|step by step|trade-?offs?|pros and cons|in detail|"
    r"vergleiche?|unterschied|warum|erkläre?)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"```|\bTraceback\b|[{};]\s*$", re.MULTILINE)


def routed(question: Question) -> str:
    """Return "best" for what takes thought, that is long, in several parts, with code, or asking for reasons or
    comparisons; else "fast". The same question always goes the same way."""
    text = question.sought
    takes_thought = (
        len(text.split()) > _LONG_WORDS or text.count("?") > 1 or _CODE.search(text) or _THOROUGH.search(text)
    )
    return "best" if takes_thought else "fast"
