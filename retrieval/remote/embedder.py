"""An embedder behind an API: batches by the provider's limits, several requests at once, and what it cost."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np

from retrieval import minilm
from retrieval.embedder import Vectors
from retrieval.remote.access import RemoteAccess
from retrieval.remote.call import Call, open_call
from retrieval.remote.catalog import RemoteModel, remote_model
from retrieval.remote.spent import Spent
from retrieval.text_tokenizer import TextTokenizer

_BLANK = "-"
"""Sent for a text without a visible character, which providers refuse."""
_BUDGET = 16_000


class RemoteEmbedder:
    """An Embedder of the catalog. Texts are counted and cut by the default model's tokenizer, since providers do not
    ship theirs; questions are asked with the provider's own kind of request where it has one. Safe under threads.

    Errors: ModelUnavailable for what a person must mend, Throttled for what passes.
    """

    engine = "remote"
    tokenizer_id = minilm.TOKENIZER_SHA256[:12]

    def __init__(self, name: str, access: RemoteAccess) -> None:
        self.model_id, self._model = remote_model(name)
        self.dimension = self._model.dimension
        self.max_tokens = self._model.max_tokens
        self.budget = min(_BUDGET, self._model.tokens)
        self._access = access
        self._opening = threading.Lock()
        self._call: Call | None = None
        self._spent = Spent()

    @cached_property
    def _tokenizer(self) -> TextTokenizer:
        return TextTokenizer(minilm.MiniLMFiles.installed().tokenizer.read_text("utf-8"), self.max_tokens)

    @property
    def spent(self) -> Spent:
        """What all calls so far cost."""
        dollars = _dollars(self._model, self._spent.tokens)
        return Spent(self._spent.requests, self._spent.tokens, dollars)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return self._tokenizer.offsets(text)

    def embed_passages(self, texts: Sequence[str], *, budget: int | None = None) -> Vectors:
        """See `Embedder`; `budget` is the tokens of one request."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        cut = [self._cut(text) for text in texts]
        batches = list(self._batches([tokens for _, tokens in cut], min(budget or self.budget, self._model.tokens)))

        def embed(batch: range) -> None:
            vectors[batch.start : batch.stop] = self._ask([cut[place][0] for place in batch], is_question=False)

        with ThreadPoolExecutor(self._access.parallel, thread_name_prefix="embed") as pool:
            futures = [pool.submit(embed, batch) for batch in batches]
            try:
                for future in futures:
                    future.result()
            except BaseException:  # Ctrl-C too: do not work off the rest
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return vectors

    def embed_query(self, text: str) -> Vectors:
        vector: Vectors = self._ask([self._cut(text)[0]], is_question=True)[0]
        return vector

    def _cut(self, text: str) -> tuple[str, int]:
        """Return the text as it is sent, and its tokens."""
        valid = self._tokenizer.valid(text)
        offsets = self._tokenizer.offsets(valid)
        if len(offsets) > self.max_tokens:
            valid = valid[: offsets[self.max_tokens - 1][1]]
        return (valid if valid.strip() and offsets else _BLANK), max(1, min(len(offsets), self.max_tokens))

    def _batches(self, tokens: Sequence[int], budget: int) -> Iterator[range]:
        start = held = 0
        for place, count in enumerate(tokens):
            if place > start and (held + count > budget or place - start == self._model.texts):
                yield range(start, place)
                start, held = place, 0
            held += count
        if len(tokens) > start:
            yield range(start, len(tokens))

    def _ask(self, texts: Sequence[str], *, is_question: bool) -> Vectors:
        with self._opening:
            if self._call is None:
                self._call = open_call(self.model_id, self._model, self._access)
            call = self._call
        vectors, tokens = call(texts, is_question)
        with self._opening:
            self._spent = Spent(self._spent.requests + 1, self._spent.tokens + tokens)
        return vectors


def _dollars(model: RemoteModel, tokens: int) -> float | None:
    if not model.prices_provider:
        return None
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=tokens)
    return float(calc_price(usage, model_ref=model.model, provider_id=model.prices_provider).total_price)
