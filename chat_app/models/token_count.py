"""How many tokens a text has, where no provider says: every model cuts otherwise, so these are estimates."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from retrieval.embedder import Embedder

_FEWEST_CHARACTERS = 3
"""Of one token in prose and code, on average: English has four to five."""
_USUAL_CHARACTERS = 4


def most_tokens(text: str) -> int:
    """An estimate from above, at once."""
    return len(text) // _FEWEST_CHARACTERS + 1


async def counted_tokens(texts: Sequence[str], embedder: Embedder | None) -> int:
    """The tokens of the texts together, counted by the embedding model's tokenizer where there is one."""
    text = "".join(texts)
    if embedder is None:
        return len(text) // _USUAL_CHARACTERS + 1
    return len(await asyncio.to_thread(embedder.token_offsets, text))
