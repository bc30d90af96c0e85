"""The default model behind the Embedder protocol, whatever engine runs it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from retrieval import minilm
from retrieval.embedder import Vectors
from retrieval.engine import Engine, Ids
from retrieval.text_tokenizer import SPECIALS, TextTokenizer
from retrieval.token_budget import token_budget_batches

TOKEN_BUDGET = 1024


class MiniLMEmbedder:
    """An Embedder of 384 dimensions."""

    dimension = minilm.DIMENSION
    max_tokens = minilm.MAX_LENGTH - SPECIALS

    def __init__(self, tokenizer: TextTokenizer, engine: Engine, *, threads: int, budget: int = TOKEN_BUDGET) -> None:
        self._tokenizer = tokenizer
        self._engine = engine
        self._threads = threads
        self._budget = budget

    @property
    def model_id(self) -> str:
        weights = minilm.WEIGHTS_SHA256[:12]
        return f"{minilm.NAME}@{weights}+{self._engine.precision}+{minilm.POOLING}+{minilm.MAX_LENGTH}"

    @property
    def tokenizer_id(self) -> str:
        return self._tokenizer.tokenizer_id

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return self._tokenizer.offsets(text)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        ids = self._tokenizer.ids(texts)
        vectors = np.empty((len(ids), self.dimension), dtype=np.float32)

        def embed(batch: list[int]) -> None:
            vectors[batch] = self._engine.run(*_padded([ids[position] for position in batch]))

        with ThreadPoolExecutor(self._threads, thread_name_prefix="embed") as pool:
            for _ in pool.map(embed, token_budget_batches([len(row) for row in ids], self._budget)):
                pass
        return vectors

    def embed_query(self, text: str) -> Vectors:
        vector: Vectors = self._engine.run(*_padded(self._tokenizer.ids([text])))[0]
        return vector


def _padded(rows: Sequence[Sequence[int]]) -> tuple[Ids, Ids]:
    """Return ids and mask; [PAD] is 0 in BERT's vocabulary."""
    ids = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = row
        mask[index, : len(row)] = 1
    return ids, mask
