"""Any model of the sentence-transformers kind, on the GPU where there is one."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.embedder import Vectors
from retrieval.error import ModelUnavailable
from retrieval.minilm import file_sha256
from retrieval.model_id import ModelId
from retrieval.text_tokenizer import TextTokenizer
from retrieval.token_budget import token_budget_batches
from retrieval.torch_memory import shortage_named

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_BUDGETS = {"cpu": 2048}
_GPU_BUDGET = 32768
_WINDOW = 1024
_PRECISIONS = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}


class SentenceTransformerEmbedder:
    """An Embedder over a model folder. Prompts that the model asks for before questions and passages are used, and
    named in the model id.

    One call at a time: the tokenizer behind the model is changed by each call. Weights load at construction.
    """

    def __init__(self, name: str, *, budget: int | None = None) -> None:
        """`name` is a folder, or a hub name whose files are on this machine already; nothing is downloaded. `budget`
        is the padded tokens of one batch, by default what suits the device.

        Errors: ModelUnavailable.
        """
        self._folder = _model_folder(name)
        self._model = _load(self._folder)
        self._name = Path(name).name
        self._lock = threading.Lock()
        self._budget = budget or _BUDGETS.get(self._model.device.type, _GPU_BUDGET)
        self._max_length = int(self._model.max_seq_length or 512)
        self._tokenizer = TextTokenizer(_tokenizer_definition(self._model, name), self._max_length)
        prompt = _prompts(self._model).get("document", "")
        self.max_tokens = self._max_length - self._tokenizer.specials - len(self.token_offsets(prompt))
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    @cached_property
    def model_id(self) -> str:
        precision = _PRECISIONS.get(str(next(self._model.parameters()).dtype).removeprefix("torch."), "mixed")
        prompts = _prompts(self._model)
        hashed = hashlib.sha256(json.dumps(prompts, sort_keys=True).encode()).hexdigest()[:8] if prompts else ""
        weights = _weights_sha256(self._folder)[:12]
        return str(ModelId(self._name, weights, precision, _pooling(self._model), self._max_length, hashed))

    @cached_property
    def tokenizer_id(self) -> str:
        path = self._folder / "tokenizer.json"
        if path.is_file():
            return file_sha256(path)[:12]
        return hashlib.sha256(self._model.tokenizer.backend_tokenizer.to_str().encode()).hexdigest()[:12]

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return self._tokenizer.offsets(text)

    @property
    def engine(self) -> str:
        return f"sentence-transformers {self._model.device.type}"

    @property
    def budget(self) -> int:
        return self._budget

    def embed_passages(self, texts: Sequence[str], *, budget: int | None = None) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _WINDOW):
            window = [self._tokenizer.valid(text) for text in texts[start : start + _WINDOW]]
            lengths = [len(row) for row in self._tokenizer.ids(window)]
            for batch in token_budget_batches(lengths, budget or self._budget):
                found = self._encode(self._model.encode_document, [window[position] for position in batch])
                vectors[[start + position for position in batch]] = found
        return vectors

    def embed_query(self, text: str) -> Vectors:
        vector: Vectors = self._encode(self._model.encode_query, [self._tokenizer.valid(text)])[0]
        return vector

    def _encode(self, encode: Any, texts: list[str]) -> Vectors:
        with self._lock, shortage_named():
            found = encode(texts, batch_size=len(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(found, dtype=np.float32)


def _model_folder(name: str) -> Path:
    if (folder := Path(name)).is_dir():
        return folder
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    except ImportError as error:
        raise ModelUnavailable(f"The model {name} needs: pip install 'lorechat[local]'") from error
    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise ModelUnavailable(
            f"There is no embedding model {name!r} on this machine: neither a folder nor in the hub's local cache. "
            f"LoreChat downloads none by itself; get it with `hf download {name}` or name a folder that holds it."
        ) from error


def _load(folder: Path) -> SentenceTransformer:
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging
    except ImportError as error:
        raise ModelUnavailable(f"The model in {folder} needs: pip install 'lorechat[local]'") from error
    transformers_logging.disable_progress_bar()
    try:
        return SentenceTransformer(str(folder), local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnavailable(f"{folder} cannot be loaded as a sentence-transformers model: {error}") from error


def _tokenizer_definition(model: SentenceTransformer, name: str) -> str:
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelUnavailable(f"The model {name} has no fast tokenizer; token offsets cannot be told. Choose another.")
    return str(backend.to_str())


def _prompts(model: SentenceTransformer) -> dict[str, str]:
    return {kind: prompt for kind, prompt in (model.prompts or {}).items() if prompt}


def _pooling(model: SentenceTransformer) -> str:
    modes = [getattr(module, "pooling_mode", None) for module in model]
    found = [mode for mode in modes if mode]
    return "_".join(found[0]) if found and isinstance(found[0], tuple | list) else str(found[0]) if found else "own"


def _weights_sha256(folder: Path) -> str:
    """Return the sha256 of the weights file; of all files' names and sha256, where there are several."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".safetensors", ".bin"} and path.is_file())
    if len(files) == 1:
        return file_sha256(files[0])
    listing = [f"{path.relative_to(folder).as_posix()} {file_sha256(path)}" for path in files]
    return hashlib.sha256("\n".join(listing).encode()).hexdigest()
