"""Model ids say all that a vector depends on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.model_id import ModelId

IDS = st.builds(
    ModelId,
    name=st.from_regex(r"[A-Za-z0-9._ -]+", fullmatch=True),
    weights=st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
    precision=st.sampled_from(["fp32", "bf16", "fp16"]),
    pooling=st.sampled_from(["mean", "cls", "mean_max", "own"]),
    max_length=st.integers(min_value=1, max_value=32768),
    prompts=st.sampled_from(["", "0123abcd"]),
)


@given(IDS)
def test_a_written_id_reads_back(model_id: ModelId) -> None:
    assert ModelId.parse(str(model_id)) == model_id


@pytest.mark.parametrize(
    "text", ["", "all-MiniLM-L6-v2", "BAAI/bge-small-en-v1.5", "/models/mine", "a@b+fp32+mean+256"]
)
def test_a_plain_model_name_is_no_id(text: str) -> None:
    assert ModelId.parse(text) is None
