"""Which embedder a name means."""

from __future__ import annotations

import os
from pathlib import Path

from retrieval import minilm
from retrieval.embedder import Embedder
from retrieval.minilm_embedder import MiniLMEmbedder
from retrieval.onnx_cache import cached_minilm
from retrieval.onnx_engine import OnnxEngine
from retrieval.text_tokenizer import TextTokenizer

DEFAULT_MODEL = minilm.NAME


def load_embedder(
    name: str = DEFAULT_MODEL, *, cache: Path, engine: str = "auto", threads: int | None = None
) -> Embedder:
    """Return the embedder of a model. Nothing is downloaded, ever.

    Errors: ModelUnavailable, which says what to install.
    """
    model = cached_minilm(cache)
    tokenizer = TextTokenizer(model.tokenizer, minilm.MAX_LENGTH)
    return MiniLMEmbedder(tokenizer, OnnxEngine(model.graph), threads=threads or os.cpu_count() or 1)
