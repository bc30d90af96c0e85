"""The exported default model for all tests of a run; pytest-xdist's workers share it."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.onnx_cache import CachedModel, cached_minilm


@pytest.fixture(scope="session")
def exported(prepared_models: Path) -> CachedModel:
    return cached_minilm(prepared_models)
