"""The default model as an ONNX graph: ids and mask in, normalised vectors out."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

from retrieval import minilm
from retrieval.error import ModelUnavailable

EXPORTER = "1"
"""Counts up when the graph written here changes."""


def export_minilm(files: minilm.MiniLMFiles, path: Path) -> None:
    """Write BERT, mean pooling and L2 normalisation as one graph with dynamic batch and length.

    Takes about ten seconds, most of it importing torch and transformers. Inputs `input_ids` and `attention_mask`
    (int64, batch x length), output `embedding` (float32, batch x 384).
    """
    try:
        import torch
    except ImportError as error:
        raise ModelUnavailable(f"Preparing {minilm.NAME} needs torch: pip install 'lorechat[local]'") from error
    ids = torch.tensor([[101, 7592, 102], [101, 102, 0]])
    mask = torch.tensor([[1, 1, 1], [1, 1, 0]])  # padded, so that tracing keeps the mask
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the exporter warns of its own age and of traced shapes; vectors are tested
        torch.onnx.export(
            _encoder(files),
            (ids, mask),
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


def _encoder(files: minilm.MiniLMFiles) -> Any:
    import torch
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    config = BertConfig(**json.loads((files.folder / "config.json").read_text("utf-8")), attn_implementation="eager")
    bert = BertModel(config, add_pooling_layer=False)
    weights = load_file(files.weights)
    kept = {name: tensor for name, tensor in weights.items() if name in bert.state_dict()}
    bert.load_state_dict(kept, strict=True)

    class Encoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = bert

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            states = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            weight = attention_mask.unsqueeze(-1).to(states.dtype)
            mean = (states * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, dim=1)

    return Encoder().eval()
