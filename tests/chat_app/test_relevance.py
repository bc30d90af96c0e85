"""Which questions a site can answer, and what people are offered as first questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chat_app.library import Library
from chat_app.relevance import relevant
from chat_app.starter import starters
from retrieval.async_reader import StoreReader
from retrieval.local_store import LocalStore
from retrieval.models import load_embedder_by_id
from retrieval.vector_store import ReleaseManifest


@pytest.mark.parametrize(
    ("question", "is_about"),
    [
        ("When does a colony swarm?", True),
        ("How can I stop my hive from swarming?", True),
        ("smoker", True),
        ("winter cluster temperature", True),
        ("What should bees be fed in autumn?", True),
        ("Which is the best chocolate cake?", False),
        ("How do I reset my router's password?", False),
        ("Who won the football world cup?", False),
        ("asdf qwer", False),
        ("Good morning! Could you please tell me what a smoker is? Thanks in advance!", True),
        ("Hello, could you please tell me which is the best chocolate cake? Thank you very much!", False),
    ],
)
async def test_only_questions_about_the_site_are_answered(
    publish: Callable[..., ReleaseManifest], tmp_path: Path, models: Path, question: str, is_about: bool
) -> None:
    publish()
    store = LocalStore(tmp_path / "home" / "index")
    library = Library(StoreReader(store), lambda name: load_embedder_by_id(name, cache=models))
    found = await library.search(question)
    assert bool(relevant(question, found.passages)) is is_about


def test_starters_take_turns_and_lose_their_numbers(publish: Callable[..., ReleaseManifest]) -> None:
    bees = replace(publish(), starters=("1.2. Why do bees swarm?", "Feeding", "x" * 90))
    ships = replace(bees, source="ships", starters=("Chapter 3. Harbours", "feeding"))
    assert starters([bees, ships]) == [
        ("Why do bees swarm?", "Why do bees swarm?"),
        ("Harbours", "Explain: Harbours"),
        ("Feeding", "Explain: Feeding"),
    ]
