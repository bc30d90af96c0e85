"""torch in fp32: for machines with a GPU."""

from __future__ import annotations

import threading

import numpy as np

from retrieval import minilm
from retrieval.bert import load_encoder
from retrieval.embedder import Vectors
from retrieval.engine import Ids
from retrieval.error import ModelUnavailable
from retrieval.torch_memory import shortage_named


class TorchEngine:
    """The model on one device; calls wait for each other."""

    name = "torch"
    precision = "fp32"

    def __init__(self, device: str | None = None) -> None:
        """`device` as torch names it; without one the GPU where there is one, else the CPU."""
        encoder = load_encoder(minilm.MiniLMFiles.installed())
        self._device = device or accelerator() or "cpu"
        self._encoder = encoder.to(self._device)
        self._lock = threading.Lock()

    def run(self, ids: Ids, mask: Ids) -> Vectors:
        import torch

        with self._lock, shortage_named(), torch.inference_mode():
            found = self._encoder(torch.from_numpy(ids).to(self._device), torch.from_numpy(mask).to(self._device)).cpu()
        vectors: Vectors = found.numpy().astype(np.float32, copy=False)
        return vectors


def accelerator() -> str | None:
    """Return `cuda` or `mps` where torch can use it, else None; imports torch.

    Errors: ModelUnavailable without torch.
    """
    try:
        import torch
    except ImportError as error:
        raise ModelUnavailable("The engine torch is not installed: pip install 'lorechat[local]'") from error
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else None
