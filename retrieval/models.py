"""Which embedder a name means."""

from __future__ import annotations

from pathlib import Path

from retrieval import minilm
from retrieval.embedder import Embedder
from retrieval.engine import EngineSetup
from retrieval.engine_choice import chosen_setup, remembered_setup
from retrieval.error import ModelUnavailable
from retrieval.machine import usable_cores
from retrieval.minilm_embedder import MiniLMEmbedder
from retrieval.model_id import ModelId
from retrieval.onnx_cache import CachedModel, cached_minilm
from retrieval.openvino_engine import best_precision
from retrieval.remote.access import RemoteAccess
from retrieval.remote.catalog import is_remote

DEFAULT_MODEL = minilm.NAME
_DEFAULT_NAMES = (minilm.NAME, f"sentence-transformers/{minilm.NAME}")
ENGINES = ("auto", "onnx", "openvino", "torch")
_BUDGETS = {"onnx": 1024, "openvino": 1024, "torch": 32768}


def load_embedder(
    name: str = DEFAULT_MODEL,
    *,
    cache: Path,
    engine: str = "auto",
    threads: int | None = None,
    access: RemoteAccess | None = None,
) -> Embedder:
    """Return the embedder of a model. Nothing is downloaded, ever.

    `name` is the default model's name; or a full model id of it, as a release's manifest holds it, which pins the
    precision; or any other sentence-transformers model: a folder, or a hub name whose files are here; or a model behind
    an API, such as `openai:text-embedding-3-small` (`retrieval.remote.catalog`), which `access` opens. `engine` picks
    one of ENGINES for the default model; `auto` is measured once and remembered in `cache`, so that all processes of
    one cache get one model id. `threads` are for bulk work, by default one for each core this process may use.

    The first load exports and measures (about 15 s); later ones take 0.3 s. Errors: ModelUnavailable, which says what
    to install; ValueError for an engine that does not exist.
    """
    if engine not in ENGINES:
        raise ValueError(f"no engine {engine!r}; there are: {', '.join(ENGINES)}")
    if is_remote(name):
        from retrieval.remote.embedder import RemoteEmbedder

        return RemoteEmbedder(name, access or RemoteAccess())
    threads = threads or usable_cores()
    wanted = ModelId.parse(name)
    if name not in _DEFAULT_NAMES and (wanted is None or wanted.name != DEFAULT_MODEL):
        from retrieval.sentence_transformer import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder(name)
    model = cached_minilm(cache)
    setup = _setup(model, engine, wanted.precision if wanted else None, threads)
    embedder = MiniLMEmbedder(model, setup, threads=threads)
    if wanted and embedder.model_id != name:
        raise ModelUnavailable(
            f"{name} is not what is installed here, which is {embedder.model_id}: build the index anew"
        )
    return embedder


def load_embedder_by_id(
    model_id: str,
    *,
    cache: Path,
    name: str = DEFAULT_MODEL,
    threads: int | None = None,
    access: RemoteAccess | None = None,
) -> Embedder:
    """Return the embedder that a release was made with; `name` tells where to find a model that is not the default.

    Errors: ModelUnavailable where that model is not here, or is here with other weights or another precision.
    """
    wanted = ModelId.parse(model_id)
    is_default = wanted is not None and wanted.name == DEFAULT_MODEL
    is_told = is_default or is_remote(model_id)
    embedder = load_embedder(model_id if is_told else name, cache=cache, threads=threads, access=access)
    if embedder.model_id != model_id:
        raise ModelUnavailable(
            f"The index was made with {model_id}, and {name} is {embedder.model_id} here. "
            "Set the embedding model to the one of the index, or build the index anew."
        )
    return embedder


def _setup(model: CachedModel, engine: str, precision: str | None, threads: int) -> EngineSetup:
    """Return the engine that was asked for, or the one chosen for this cache, in the precision that was asked for."""
    if engine != "auto":
        found = best_precision() or "fp32" if engine == "openvino" else "fp32"
        return EngineSetup(engine, precision or found, _BUDGETS[engine])
    if precision is None:
        return chosen_setup(model, threads=threads)
    remembered = remembered_setup(model)
    if remembered and remembered.precision == precision:
        return remembered
    fitting = "openvino" if precision == "bf16" else "onnx"
    return EngineSetup(fitting, precision, _BUDGETS[fitting])
