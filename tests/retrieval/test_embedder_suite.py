"""What every Embedder keeps, run over all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.embedder import Embedder, Vectors
from retrieval.engine import EngineSetup
from retrieval.minilm import MiniLMFiles
from retrieval.minilm_embedder import MiniLMEmbedder
from retrieval.model_id import ModelId
from retrieval.onnx_cache import CachedModel
from retrieval.openvino_engine import best_precision
from retrieval.remote.access import RemoteAccess
from retrieval.remote.catalog import CATALOG
from retrieval.remote.embedder import RemoteEmbedder
from retrieval.sentence_transformer import SentenceTransformerEmbedder
from tests.doubles.embedding_double import EmbeddingDouble

TEXTS = [
    "How do I rebase a branch onto another?",
    "git rebase reapplies commits on top of another base tip.",
    "",
    "한국어 문서와 日本語のテキスト, naïve café, Ω≈ç√∫ 👩‍👩‍👧‍👦",
    "A table row | with | cells |\n```python\nprint('hello')\n```",
    "word " * 90,
    "x",
    "supercalifragilisticexpialidocious" * 9,
    "\x00 control \u200b zero width \ufeff mark",
    "half of a pair \ud83d and the other \udc00",
]
"""Each a kind of text that a page may hold."""
SETUPS = {
    "onnx": EngineSetup("onnx", "fp32", 512),
    "openvino-fp32": EngineSetup("openvino", "fp32", 512),
    "openvino-bf16": EngineSetup("openvino", "bf16", 512),
    "torch": EngineSetup("torch", "fp32", 2048),
}
REMOTE = sorted(CATALOG)
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("openvino-fp32", "torch", "sentence-transformers")]
LOCAL = ["onnx", "openvino-bf16", *SLOW]


@pytest.fixture(scope="module")
def double() -> Iterator[EmbeddingDouble]:
    """A server for the remote ones."""
    server = EmbeddingDouble()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield server
    server.close()


class _WithBudget(RemoteEmbedder):
    """As the local ones, with a budget of its own."""

    def __init__(self, name: str, access: RemoteAccess, budget: int | None) -> None:
        super().__init__(name, access)
        self.budget = budget or self.budget


def _embedder(name: str, exported: CachedModel, budget: int | None = None, *, double: EmbeddingDouble) -> Embedder:
    if name in REMOTE:
        access = RemoteAccess(openai_base_url=double.openai_url, bedrock_endpoint=double.origin)
        return _WithBudget(name, access, budget)
    if name in ("torch", "sentence-transformers"):
        import torch

        torch.set_num_threads(1)  # torch's threads stall each other where other tests run beside
    if name == "sentence-transformers":
        return SentenceTransformerEmbedder(str(MiniLMFiles.installed().folder), budget=budget)
    setup = SETUPS[name]
    if setup.precision == "bf16" and best_precision() != "bf16":
        pytest.skip("this CPU has no bf16")
    return MiniLMEmbedder(exported, EngineSetup(setup.engine, setup.precision, budget or setup.budget), threads=2)


@pytest.fixture(scope="module", params=[*LOCAL, *REMOTE])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def embedder(name: str, exported: CachedModel, double: EmbeddingDouble) -> Embedder:
    return _embedder(name, exported, double=double)


@pytest.fixture(scope="module", params=LOCAL)
def local_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def local(local_name: str, exported: CachedModel, double: EmbeddingDouble) -> Embedder:
    """An embedder whose weights are here."""
    return _embedder(local_name, exported, double=double)


def _same(embedder: Embedder, left: Vectors, right: Vectors) -> bool:
    """fp32 agrees to 1e-5; bf16 rounds at 3 digits, so a batch of another shape moves it a little."""
    if "+bf16+" in embedder.model_id:
        return bool((left * right).sum(axis=-1).min() > 0.9999)
    return bool(np.abs(left - right).max() < 1e-5)


def test_vectors_have_one_row_per_text_and_length_one(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def test_a_question_has_one_vector_of_length_one(embedder: Embedder) -> None:
    vector = embedder.embed_query(TEXTS[0])
    assert vector.shape == (embedder.dimension,)
    assert vector.dtype == np.float32
    assert np.isclose(np.linalg.norm(vector), 1, atol=1e-3)


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, embedder.dimension)


def test_the_same_texts_give_the_same_vectors(embedder: Embedder) -> None:
    assert _same(embedder, embedder.embed_passages(TEXTS), embedder.embed_passages(TEXTS))


def test_rows_follow_the_order_of_the_texts(embedder: Embedder) -> None:
    order = np.random.default_rng(7).permutation(len(TEXTS))
    shuffled = embedder.embed_passages([TEXTS[position] for position in order])
    assert _same(embedder, shuffled, embedder.embed_passages(TEXTS)[order])


def test_a_vector_does_not_depend_on_the_texts_beside_it(embedder: Embedder) -> None:
    alone = np.concatenate([embedder.embed_passages([text]) for text in TEXTS])
    assert _same(embedder, alone, embedder.embed_passages(TEXTS))


@pytest.mark.parametrize("budget", [1, 4096])
def test_vectors_do_not_depend_on_the_batch_size(
    name: str, embedder: Embedder, exported: CachedModel, double: EmbeddingDouble, budget: int
) -> None:
    other = _embedder(name, exported, budget, double=double)
    assert _same(embedder, other.embed_passages(TEXTS), embedder.embed_passages(TEXTS))


def test_a_question_is_nearest_to_the_passage_with_its_words(embedder: Embedder) -> None:
    passages = embedder.embed_passages(TEXTS)
    assert (passages @ embedder.embed_query(TEXTS[5])).argmax() == 5


def test_a_question_and_a_passage_of_one_text_agree(embedder: Embedder) -> None:
    question, passage = embedder.embed_query(TEXTS[1]), embedder.embed_passages([TEXTS[1]])[0]
    assert question @ passage > 0.9999


def test_text_beyond_the_longest_length_is_not_read(embedder: Embedder) -> None:
    whole = "word " * embedder.max_tokens
    longer = whole + "elephant " * 50_000
    assert _same(embedder, embedder.embed_passages([longer]), embedder.embed_passages([whole]))
    shorter = "word " * (embedder.max_tokens - 1)
    assert not _same(embedder, embedder.embed_passages([shorter + "elephant"]), embedder.embed_passages([whole]))


def test_threads_get_the_vectors_that_one_thread_gets(embedder: Embedder) -> None:
    expected = embedder.embed_passages(TEXTS)
    with ThreadPoolExecutor(8) as pool:
        bulk = list(pool.map(lambda _: embedder.embed_passages(TEXTS), range(8)))
        questions = list(pool.map(embedder.embed_query, TEXTS * 2))
    assert all(_same(embedder, vectors, expected) for vectors in bulk)
    assert _same(embedder, np.stack(questions[: len(TEXTS)]), np.stack(questions[len(TEXTS) :]))


def test_the_model_id_names_weights_precision_pooling_and_length(
    local_name: str, local: Embedder, exported: CachedModel, double: EmbeddingDouble
) -> None:
    found = ModelId.parse(local.model_id)
    assert found is not None
    assert (found.weights, found.pooling, found.max_length) == ("53aa51172d14", "mean", 256)
    assert found.precision == ("bf16" if local_name.endswith("bf16") else "fp32")
    assert _embedder(local_name, exported, double=double).model_id == local.model_id


def test_the_tokenizer_is_named_by_its_file(embedder: Embedder) -> None:
    assert embedder.tokenizer_id == "be50c3628f2b"


def test_offsets_are_the_words_and_their_pieces(embedder: Embedder) -> None:
    text = "Rebasing naïve café-branches, 日本"
    pieces = [text[start:end] for start, end in embedder.token_offsets(text)]
    assert pieces == ["Re", "bas", "ing", "naïve", "café", "-", "branches", ",", "日", "本"]


def test_offsets_go_on_beyond_the_longest_length(embedder: Embedder) -> None:
    assert len(embedder.token_offsets("word " * 3000)) == 3000
    assert embedder.token_offsets("") == []


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=200))
def test_offsets_are_ordered_slices_of_any_text(embedder: Embedder, text: str) -> None:
    offsets = embedder.token_offsets(text)
    assert all(0 <= start < end <= len(text) for start, end in offsets)
    assert offsets == sorted(offsets)


@settings(max_examples=25, deadline=None)
@given(text=st.from_regex(r"([a-zA-Z0-9.,;:!?()'-]{1,12}[ \n]){0,30}", fullmatch=True))
def test_offsets_miss_no_character_of_plain_text(embedder: Embedder, text: str) -> None:
    pieces = "".join(text[start:end] for start, end in embedder.token_offsets(text))
    assert pieces == re.sub(r"\s", "", text)


@pytest.fixture(scope="module")
def original() -> tuple[list[str], Vectors]:
    """Texts, and what sentence-transformers itself makes of them."""
    from sentence_transformers import SentenceTransformer

    readme = Path(__file__).parents[2].joinpath("README.md").read_text("utf-8")
    texts = [*TEXTS[:-1], "word " * 2000, *(readme[start : start + 900] for start in range(0, 4000, 500))]
    model = SentenceTransformer(str(MiniLMFiles.installed().folder), device="cpu", local_files_only=True)
    return texts, model.encode(texts, show_progress_bar=False)


@pytest.mark.slow
def test_vectors_are_those_of_sentence_transformers(local: Embedder, original: tuple[list[str], Vectors]) -> None:
    texts, expected = original
    assert _same(local, local.embed_passages(texts), expected)
    questions = np.stack([local.embed_query(text) for text in texts[-3:]])
    assert np.abs(questions - expected[-3:]).max() < 1e-5
