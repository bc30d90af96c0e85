"""Where a page stands for a question, above and far below what an answer cites."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from data_contracts.identity import text_hash
from data_contracts.passage import Passage
from retrieval.embedder import Vectors
from retrieval.local_store import LocalStore
from retrieval.standing import Standing, page_standing
from retrieval.vector_store import PassageBatch, ReleaseManifest

PAGES = 400


class CloseTo:
    """An Embedder whose n-th passage (`page n`) is n steps away from every question, so that ranks are known."""

    model_id, dimension, max_tokens, tokenizer_id = "steps", 2, 10_000, "steps"
    engine, budget = "counting", 1000

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return [(0, len(text))]

    def embed_query(self, text: str) -> Vectors:
        return np.array([1, 0], dtype=np.float32)

    def embed_passages(self, texts: Sequence[str], *, budget: int | None = None) -> Vectors:
        angles = [int(text.split()[1]) / PAGES for text in texts]
        return np.array([[np.cos(angle), np.sin(angle)] for angle in angles], dtype=np.float32)


def _url(number: int) -> str:
    return f"https://site.test/{number}"


@pytest.fixture
def standing(tmp_path: Path, make_passage: Callable[..., Passage]) -> Callable[..., Standing | None]:
    store = LocalStore(tmp_path)
    words = [" ".join(text_hash(f"{number} {place}")[:9] for place in range(30)) for number in range(PAGES)]
    bodies = [f"page {number} {words[number]}" for number in range(PAGES)]
    bodies[300] = f"page 300 {words[2]}"  # says the same as page 2
    passages = [
        dataclasses.replace(make_passage(body), url=_url(number), chunk_id=text_hash(str(number)))
        for number, body in enumerate(bodies)
    ]
    manifest = ReleaseManifest(
        "docs", "one", "Docs", "steps", 2, "c", "e", PAGES, PAGES, datetime(2026, 1, 1, tzinfo=UTC)
    )
    store.build(manifest, [PassageBatch(passages, CloseTo().embed_passages(bodies))])
    store.promote("docs", "one")

    def stand(number: int, question: str = "zebra", **more: object) -> Standing | None:
        found: dict[str, object] = {"source": "docs", "url": _url(number), "bodies": [bodies[number]], **more}
        return page_standing(store, CloseTo(), question, **found)  # type: ignore[arg-type]  # what each test cares about

    return stand


def test_the_best_page_is_first_and_in_the_answer(standing: Callable[..., Standing | None]) -> None:
    found = standing(0)
    assert found is not None
    assert (found.dense.rank, found.fused.rank, found.answer_rank) == (1, 1, 1)
    assert found.dense.ahead == ()
    assert found.lexical.rank is None  # no page holds the question's word
    assert found.lexical.searched == 0


@pytest.mark.parametrize(("number", "rank"), [(7, 8), (8, 9), (100, 101), (299, 300), (399, 399)])
def test_a_rank_far_below_the_cut_is_told(standing: Callable[..., Standing | None], number: int, rank: int) -> None:
    found = standing(number)
    assert found is not None
    assert found.dense.rank == found.fused.rank == rank
    assert found.answer_rank == (rank if rank <= found.cut else None)
    assert [one.passage.url for one in found.dense.ahead] == [_url(before) for before in range(5)]
    assert found.dense.cut_score is not None
    assert found.dense.best is not None
    assert found.dense.cut_score >= found.dense.best.score or rank <= found.cut


def test_what_is_not_among_the_first_is_said_so(standing: Callable[..., Standing | None]) -> None:
    found = standing(250, depth=100)
    assert found is not None
    assert (found.fused.rank, found.fused.best, found.fused.searched) == (None, None, 100)


def test_a_page_that_repeats_a_better_one_is_not_blamed_for_its_rank(
    standing: Callable[..., Standing | None],
) -> None:
    found = standing(300)
    assert found is not None
    assert found.fused.rank is None
    assert found.fused.repeated is not None
    assert found.fused.repeated.passage.url == _url(2)


def test_words_rank_apart_from_meaning(standing: Callable[..., Standing | None]) -> None:
    word = text_hash("200 0")[:9]
    found = standing(200, word)
    assert found is not None
    assert found.lexical.rank == 1
    assert found.dense.rank == 201


def test_a_source_without_a_live_release_has_no_standing(standing: Callable[..., Standing | None]) -> None:
    assert standing(1, source="nothing") is None
