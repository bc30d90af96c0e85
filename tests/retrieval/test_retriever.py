"""From a question to the best passages of several sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from data_contracts.identity import text_hash
from data_contracts.passage import Passage
from retrieval.embedder import Vectors
from retrieval.error import IndexMissing, ModelMismatch
from retrieval.local_store import LocalStore
from retrieval.retriever import Retriever
from retrieval.vector_store import PassageBatch, ReleaseManifest, SearchMode

GIT = ("A rebase moves commits onto another branch.", "The index holds what the next commit takes.", "Tags name one.")
COOK = (
    "Whisk the eggs until they foam.",
    "A commit to fresh herbs pays.",
    "Rest the dough for an hour at room warmth.",
)


class WordEmbedder:
    """An Embedder that counts words in hashed places: texts with shared words are near."""

    model_id, dimension, max_tokens, tokenizer_id = "words", 256, 10_000, "words"
    engine, budget = "counting", 1000

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return [(0, len(text))]

    def embed_query(self, text: str) -> Vectors:
        vector = np.full(self.dimension, 1e-3, dtype=np.float32)
        for word in text.lower().replace(".", "").split():
            vector[int(text_hash(word)[:8], 16) % self.dimension] += 1
        unit: Vectors = vector / np.linalg.norm(vector)
        return unit

    def embed_passages(self, texts: Sequence[str], *, budget: int | None = None) -> Vectors:
        return np.array([self.embed_query(text) for text in texts])


class OtherEmbedder(WordEmbedder):
    model_id = "other"


@pytest.fixture
def store(tmp_path: Path, make_passage: Callable[..., Passage]) -> LocalStore:
    store = LocalStore(tmp_path)
    for source, texts in (("git", GIT), ("cook", COOK), ("mirror", GIT)):
        manifest = ReleaseManifest(
            source, "one", source, "words", 256, "c", "e", 1, len(texts), datetime(2026, 1, 1, tzinfo=UTC)
        )
        passages = [make_passage(text, source=source) for text in texts]
        store.build(manifest, [PassageBatch(passages, WordEmbedder().embed_passages(texts))])
        store.promote(source, "one")
    return store


@pytest.fixture
def retriever(store: LocalStore) -> Retriever:
    return Retriever(store, WordEmbedder())


@pytest.mark.parametrize("mode", list(SearchMode))
def test_the_better_source_comes_first_whatever_the_order(retriever: Retriever, mode: SearchMode) -> None:
    for sources in (["git", "cook"], ["cook", "git"]):
        found = retriever.search("rebase commits onto a branch", sources=sources, mode=mode)
        assert found[0].passage.body == GIT[0]
        assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


def test_only_the_chosen_sources_answer(retriever: Retriever) -> None:
    found = retriever.search("commit", sources=["cook"])
    assert {each.passage.source for each in found} == {"cook"}


def test_what_two_sources_both_say_comes_once(retriever: Retriever) -> None:
    found = retriever.search("rebase commits", sources=["git", "mirror", "git"], limit=10)
    assert len(found) == len(GIT)


def test_a_limit_holds_over_all_sources(retriever: Retriever) -> None:
    assert len(retriever.search("the commit", sources=["git", "cook"], limit=2)) == 2


@pytest.mark.parametrize("question", ["", " \n\t "])
def test_a_blank_question_finds_nothing(retriever: Retriever, question: str) -> None:
    assert retriever.search(question, sources=["git"]) == []
    assert retriever.search("commit", sources=[]) == []


def test_an_enormous_question_is_answered_from_its_beginning(retriever: Retriever) -> None:
    question = "rebase commits branch " + "x" * 5_000_000
    assert retriever.search(question, sources=["git"])[0].passage.body == GIT[0]


def test_errors_name_the_next_step(store: LocalStore, retriever: Retriever) -> None:
    with pytest.raises(IndexMissing, match="Run its pipeline"):
        retriever.search("commit", sources=["git", "absent"])
    with pytest.raises(ModelMismatch, match=r"build git again"):
        Retriever(store, OtherEmbedder()).search("commit", sources=["git"])
