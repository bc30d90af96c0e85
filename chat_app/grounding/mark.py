"""How an answer shows what was not found: words behind the sentence, which every reader and every door passes on."""

from __future__ import annotations

import re

from chat_app.grounding.support import SentenceSupport, Support

NOT_FOUND = "*(⚠ not found in the cited passage)*"
NOT_CITED = "*(⚠ no passage cited)*"
_MARKS = re.compile(rf" ?(?:{re.escape(NOT_FOUND)}|{re.escape(NOT_CITED)})")
_LOW = "**Check this before you rely on it:** "


def marked(text: str, support: Support) -> str:
    """Return the answer with a mark behind each unsupported sentence and, when support is low, a closing line."""
    for sentence in reversed(support.unsupported):
        end = _place(text, sentence)
        text = f"{text[:end].rstrip()} {_mark(sentence)}{' ' if sentence.is_row else ''}{text[end:]}"
    return f"{text}\n\n{low_line(support)}" if support.is_low else text


def closing(support: Support) -> str:
    """Return what is said behind a text that was shown before it could be checked, "" when all is supported."""
    if not support.unsupported:
        return ""
    return f"\n\n{low_line(support)}"


def low_line(support: Support) -> str:
    """Return in words how much of an answer is not supported."""
    count, whole = len(support.unsupported), len(support.sentences)
    if whole == 1:
        return f"{_LOW}this statement was not found in the pages."
    were = "was" if count == 1 else "were"
    return f"{_LOW}{count} of {whole} statements {were} not found in the pages that they cite."


def without_marks(text: str) -> str:
    """Return a marked text as it was written."""
    return re.sub(rf"\n\n{re.escape(_LOW)}[^\n]*$", "", _MARKS.sub("", text))


def _mark(sentence: SentenceSupport) -> str:
    return NOT_CITED if sentence.reason.startswith("no passage") else NOT_FOUND


def _place(text: str, sentence: SentenceSupport) -> int:
    """Behind the sentence; in a table's row inside the last cell."""
    if sentence.is_row:
        return text.rfind("|", sentence.start, sentence.end)
    return sentence.end
