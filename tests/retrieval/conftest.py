"""The exported default model for all tests of a run; pytest-xdist's workers share it."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.onnx_cache import CachedModel, cached_minilm


@pytest.fixture(scope="session")
def model_cache(pytestconfig: pytest.Config) -> Path:
    """A cache folder that is kept between runs, as a user's is: exporting takes 10 s."""
    assert pytestconfig.cache is not None
    return pytestconfig.cache.mkdir("embedding-models")


@pytest.fixture(scope="session")
def exported(model_cache: Path) -> CachedModel:
    return cached_minilm(model_cache)
