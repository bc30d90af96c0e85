"""The default model as an ONNX graph: ids and mask in, normalised vectors out."""

from __future__ import annotations

import warnings
from pathlib import Path

from retrieval import minilm
from retrieval.bert import load_encoder
from retrieval.error import ModelUnavailable

EXPORTER = "1"
"""Counts up when the graph written here changes."""


def export_minilm(files: minilm.MiniLMFiles, path: Path) -> None:
    """Write the model as one graph with dynamic batch and length.

    Takes about ten seconds, most of it importing torch and transformers. Inputs `input_ids` and `attention_mask`
    (int64, batch x length), output `embedding` (float32, batch x 384). Errors: ModelUnavailable.
    """
    encoder = load_encoder(files)
    import torch

    inputs = (torch.tensor([[101, 7592, 102], [101, 102, 0]]), torch.tensor([[1, 1, 1], [1, 1, 0]]))
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the exporter warns of its own age and of traced shapes; vectors are tested
        try:
            torch.onnx.export(
                encoder,
                inputs,  # padded, so that tracing keeps the mask
                str(path),
                dynamo=False,
                opset_version=17,
                input_names=["input_ids", "attention_mask"],
                output_names=["embedding"],
                dynamic_axes={
                    "input_ids": {0: "batch", 1: "length"},
                    "attention_mask": {0: "batch", 1: "length"},
                    "embedding": {0: "batch"},
                },
            )
        except torch.onnx.errors.OnnxExporterError as error:
            raise ModelUnavailable(
                f"{minilm.NAME} could not be written as an ONNX graph ({error}). Install: pip install 'lorechat[local]'"
            ) from error
