"""How many tokens a text has, where no provider says: every model cuts otherwise, so these are estimates."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from retrieval.embedder import Embedder

_FEWEST_CHARACTERS = 3
"""Of one token in prose and code, on average: English has four to five."""
_USUAL_CHARACTERS = 4
_FRAME_TOKENS = 64
"""What a provider puts around a system message and a question, and more."""


def most_tokens(text: str) -> int:
    """An estimate from above, at once."""
    return len(text) // _FEWEST_CHARACTERS + 1


def token_ceiling(*texts: str) -> int:
    """What a request cannot exceed whatever its text is, for budgets: a token is at least one byte of UTF-8."""
    return sum(len(text.encode()) for text in texts) + _FRAME_TOKENS


async def counted_tokens(texts: Sequence[str], embedder: Embedder | None) -> int:
    """The tokens of the texts together, counted by the embedding model's tokenizer where there is one."""
    text = "".join(texts)
    if embedder is None:
        return len(text) // _USUAL_CHARACTERS + 1
    return len(await asyncio.to_thread(embedder.token_offsets, text))
