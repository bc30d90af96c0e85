"""OpenVINO reading the same ONNX file: in bf16 on CPUs that have it about twice as fast as ONNX Runtime."""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.embedder import Vectors
from retrieval.engine import Ids
from retrieval.error import ModelUnavailable

_TYPES = {"bf16": "bf16", "fp32": "f32"}
_FIRST_CALL = threading.Lock()
"""Held while an engine is tried once. OpenVINO's binding prepares itself in its first call, and two threads that both
make that first call can wait for each other for ever: one holds the binding's guard, the other the interpreter."""


class OpenVinoEngine:
    """One compiled model with a stream of one thread for each of `threads` callers."""

    name = "openvino"

    def __init__(self, graph: Path, precision: str, *, threads: int) -> None:
        """Compile for `bf16` or `fp32`. ModelUnavailable where the CPU lacks bf16 or openvino is not installed."""
        core = _core()
        if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise ModelUnavailable(
                "This machine's CPU cannot compute bf16, in which these embeddings are made. Build them on a CPU that "
                "has avx512_bf16 or AMX, or choose the model's fp32 id as the embedding model and build anew."
            )
        self.precision = precision
        self._model = core.compile_model(
            str(graph),
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": _TYPES[precision],
                "NUM_STREAMS": threads,
                "INFERENCE_NUM_THREADS": threads,
                "ENABLE_CPU_PINNING": False,  # pinned threads of two processes would share cores while others idle
            },
        )
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        with _FIRST_CALL:
            self.run(np.ones((1, 8), dtype=np.int64), np.ones((1, 8), dtype=np.int64))

    def run(self, ids: Ids, mask: Ids) -> Vectors:
        try:
            request = self._requests.get_nowait()
        except queue.Empty:
            request = self._model.create_infer_request()
        try:
            result = request.infer({"input_ids": ids, "attention_mask": mask}, share_inputs=True)
            vectors: Vectors = result[0].copy()  # the request owns the memory
        finally:
            self._requests.put(request)
        return vectors


def best_precision() -> str | None:
    """Return `bf16` where the CPU has it, else `fp32`; None where openvino is not installed."""
    try:
        core = _core()
    except ModelUnavailable:
        return None
    return "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "fp32"


def _core() -> Any:
    try:
        import openvino
    except ImportError as error:
        raise ModelUnavailable("The engine openvino is not installed: pip install 'lorechat[local]'") from error
    return openvino.Core()
