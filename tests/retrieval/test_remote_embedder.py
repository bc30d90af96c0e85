"""Embedding by an API: limits, several requests at once, throttling, cost, and what a failure says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from retrieval.error import ModelUnavailable, RetrievalError, Throttled
from retrieval.remote.access import RemoteAccess
from retrieval.remote.catalog import CATALOG
from retrieval.remote.embedder import RemoteEmbedder
from tests.doubles.embedding_double import EmbeddingDouble, Refusal

TITAN = "bedrock:amazon.titan-embed-text-v2:0"
COHERE = "bedrock:cohere.embed-english-v3"
SMALL = "openai:text-embedding-3-small"


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingDouble]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    server = EmbeddingDouble()
    yield server
    server.close()


def access(double: EmbeddingDouble, **changes: object) -> RemoteAccess:
    fixed = {"openai_api_key": "sk-test", "openai_base_url": double.openai_url, "bedrock_endpoint": double.origin}
    return RemoteAccess.model_validate(fixed | changes)


def first(times: int, refusal: Refusal) -> Callable[[int], Refusal]:
    return lambda number: refusal if number < times else None


@pytest.mark.parametrize(("name", "most"), [(TITAN, 1), (COHERE, 96), (SMALL, 2048)])
def test_requests_keep_the_providers_limits(double: EmbeddingDouble, name: str, most: int) -> None:
    texts = [f"text number {number}" for number in range(200)]
    RemoteEmbedder(name, access(double)).embed_passages(texts, budget=1_000_000)
    assert max(map(len, double.asked)) <= most
    assert sorted(text for asked in double.asked for text in asked) == sorted(texts)


def test_several_requests_run_at_once_and_no_more_than_allowed(double: EmbeddingDouble) -> None:
    double.together = 3
    RemoteEmbedder(TITAN, access(double, parallel=3)).embed_passages([f"text {number}" for number in range(60)])
    assert double.most_running == 3


def test_a_budget_makes_smaller_requests_and_the_same_vectors(double: EmbeddingDouble) -> None:
    embedder = RemoteEmbedder(SMALL, access(double))
    texts = [f"text number {number}" for number in range(30)]
    whole = embedder.embed_passages(texts)
    assert len(double.asked) == 1
    parts = embedder.embed_passages(texts, budget=9)
    assert len(double.asked) == 1 + 10
    assert np.array_equal(whole, parts)


def test_questions_and_passages_are_told_apart_where_the_model_does(double: EmbeddingDouble) -> None:
    embedder = RemoteEmbedder(COHERE, access(double))
    embedder.embed_passages(["a passage"])
    embedder.embed_query("a question")
    assert double.kinds == ["search_document", "search_query"]


def test_a_smaller_dimension_may_be_chosen_and_is_part_of_the_name(double: EmbeddingDouble) -> None:
    embedder = RemoteEmbedder(f"{SMALL}:512", access(double))
    assert embedder.embed_query("a question").shape == (512,)
    assert embedder.model_id == f"{SMALL}:512"
    assert RemoteEmbedder(SMALL, access(double)).model_id == f"{SMALL}:1536"


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        (SMALL, (429, "rate_limit_exceeded", {"retry-after-ms": "5"})),
        (SMALL, (503, "overloaded", {"retry-after-ms": "5"})),
        (TITAN, (429, "ThrottlingException", {})),
    ],
)
def test_a_refusal_that_passes_is_waited_for(double: EmbeddingDouble, name: str, refusal: Refusal) -> None:
    double.trouble = first(2, refusal)
    assert RemoteEmbedder(name, access(double)).embed_passages(["one text"]).shape[0] == 1
    assert double.requests == 3


def test_throttling_that_stays_is_told_as_such_with_the_named_pause(double: EmbeddingDouble) -> None:
    double.trouble = first(1000, (429, "rate_limit_exceeded", {"retry-after": "7", "retry-after-ms": "5"}))
    with pytest.raises(Throttled) as caught:
        RemoteEmbedder(SMALL, access(double)).embed_passages(["one text"])
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    ("name", "refusal", "said"),
    [
        (SMALL, (401, "invalid_api_key", {}), "OPENAI_API_KEY"),
        (SMALL, (429, "insufficient_quota", {"retry-after-ms": "5"}), "no credit left"),
        (SMALL, (400, "bad", {}), "refuses a request"),
        (TITAN, (403, "AccessDeniedException", {}), "bedrock:InvokeModel"),
        (TITAN, (403, "ExpiredTokenException", {}), "expired"),
        (COHERE, (400, "ValidationException", {}), "offered in that region"),
    ],
)
def test_what_a_person_must_mend_says_so_and_names_no_account(
    double: EmbeddingDouble, name: str, refusal: Refusal, said: str
) -> None:
    double.trouble = first(1000, refusal)
    with pytest.raises(ModelUnavailable, match=said) as caught:
        RemoteEmbedder(name, access(double)).embed_query("one text")
    assert "123456789012" not in str(caught.value)
    assert "sk-test" not in str(caught.value)


def test_nobody_listening_is_said(double: EmbeddingDouble) -> None:
    nowhere = access(double, openai_base_url="http://127.0.0.1:9/v1")
    with pytest.raises(Throttled, match="cannot be reached"):
        RemoteEmbedder(SMALL, nowhere).embed_query("one text")


def test_a_key_that_is_not_there_is_asked_for() -> None:
    with pytest.raises(ModelUnavailable, match="set OPENAI_API_KEY"):
        RemoteEmbedder(SMALL, RemoteAccess()).embed_query("one text")


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RetrievalError, match="openai:text-embedding-3-small"):
        RemoteEmbedder("openai:ada", RemoteAccess())


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_what_was_charged_is_counted(double: EmbeddingDouble, name: str) -> None:
    embedder = RemoteEmbedder(name, access(double))
    embedder.embed_passages(["three short words", "and four more words"])
    spent = embedder.spent
    assert spent.tokens == 7
    assert spent.requests == (2 if name == TITAN else 1)
    if "cohere" in name:
        assert spent.dollars is None
    else:
        assert spent.dollars is not None
        assert 0 < spent.dollars < 0.01
