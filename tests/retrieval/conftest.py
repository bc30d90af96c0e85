"""The exported default model for all tests of a run (pytest-xdist's workers share it), and passages to search."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_contracts.identity import text_hash
from data_contracts.passage import Passage
from retrieval.onnx_cache import CachedModel, cached_minilm


@pytest.fixture(scope="session")
def exported(prepared_models: Path) -> CachedModel:
    return cached_minilm(prepared_models)


@pytest.fixture
def make_passage() -> Callable[..., Passage]:
    """A passage with a body, and whatever else a test cares about."""

    def make(body: str, *, title: str = "", headings: tuple[str, ...] = (), source: str = "docs") -> Passage:
        prefix = f"{' > '.join(headings)}\n\n" if headings else ""
        return Passage(
            chunk_id=text_hash(f"{source} {prefix} {body}"),
            source=source,
            url="https://site.test/page",
            title=title,
            heading_path=headings,
            anchor=None,
            text=prefix + body,
            prefix_chars=len(prefix),
            start=0,
            end=len(body) + 1,
            page_version_id=text_hash(title),
            markdown_hash=text_hash(title),
            text_hash=text_hash(prefix + body),
            fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
        )

    return make
