"""The default model as a torch module, from its own weights alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from retrieval import minilm
from retrieval.error import ModelUnavailable

if TYPE_CHECKING:
    import torch


def load_encoder(files: minilm.MiniLMFiles) -> torch.nn.Module:
    """Return BERT, mean pooling and L2 normalisation as one module: (ids, mask) -> vectors.

    Errors: ModelUnavailable without torch and transformers.
    """
    try:
        import torch
        from safetensors.torch import load_file
        from transformers import BertConfig, BertModel
    except ImportError as error:
        raise ModelUnavailable(
            f"Preparing {minilm.NAME} needs torch, once. Install it: pip install 'lorechat[local]'"
        ) from error
    settings = json.loads((files.folder / "config.json").read_text("utf-8"))
    settings["attn_implementation"] = "eager"  # plain matrix products, which both engines know how to fuse
    bert = BertModel(BertConfig(**settings), add_pooling_layer=False)
    weights = load_file(files.weights)
    bert.load_state_dict({name: weights[name] for name in bert.state_dict() if name in weights}, strict=True)

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
