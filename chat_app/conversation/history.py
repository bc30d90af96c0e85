"""How much of the earlier turns a model is shown: the newest that fit, counted in tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from chat_app.prompt import conversation
from chat_app.question import Exchange

Offsets = Callable[[str], Sequence[tuple[int, int]]]
"""A text's tokens as (start, end) characters, such as `Embedder.token_offsets`. The embedding model's tokens are
smaller than those of a language model, so a bound in them is kept by every one."""

_CUT = " […]"
_SHARE_OF_AN_ANSWER = 0.5


def bounded(history: Sequence[Exchange], offsets: Offsets, tokens: int) -> list[Exchange]:
    """Return the newest turns that fit into `tokens`, oldest first.

    No answer takes more than half: a long one is cut at its end. Turns before the first that does not fit are left out,
    since a conversation with holes misleads.
    """
    kept: list[Exchange] = []
    left = tokens
    for exchange in reversed(history):
        shown = replace(exchange, answer=_cut(exchange.answer, offsets, round(tokens * _SHARE_OF_AN_ANSWER)))
        left -= len(offsets(conversation([shown])))
        if left < 0:
            break
        kept.append(shown)
    return kept[::-1]


def told(history: Sequence[Exchange], offsets: Offsets, tokens: int) -> str:
    """Return the bounded history as the prompt shows it, "" when there is none or nothing fits."""
    return conversation(bounded(history, offsets, tokens))


def _cut(text: str, offsets: Offsets, tokens: int) -> str:
    if len(text) <= tokens:
        return text  # no token is shorter than a character
    found = offsets(text)
    return text if len(found) <= tokens else text[: found[tokens][0]].rstrip() + _CUT
