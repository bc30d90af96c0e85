"""What makes two answers the same, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chat_app.answer_cache.key import answer_key, normalised
from chat_app.answerer import Evidence
from chat_app.models.registry import MODELS
from chat_app.question import Asker, Question
from retrieval.embedder import Embedder
from tests.chat_app.conftest import make_passages

QUESTION = Question("How do I stop swarming?", standalone="How do I stop swarming?")
MODEL, OTHER = MODELS[0], MODELS[1]


@pytest.fixture
def evidence(embedder: Embedder) -> Evidence:
    return Evidence(make_passages()[:3], embedder)


def test_who_asks_and_how_it_is_spelled_make_no_difference(evidence: Evidence) -> None:
    other = replace(QUESTION, text=" how do i  STOP swarming ", standalone="", asker=Asker(user="bob"))
    assert answer_key(other, evidence, MODEL) == answer_key(QUESTION, evidence, MODEL)


def test_fetching_a_page_again_without_a_change_makes_no_difference(evidence: Evidence) -> None:
    later = [
        replace(passage, fetched_at=passage.fetched_at.replace(year=2027), page_version_id="0" * 64)
        for passage in evidence.passages
    ]
    assert answer_key(QUESTION, replace(evidence, passages=later), MODEL) == answer_key(QUESTION, evidence, MODEL)


def test_everything_that_the_model_sees_makes_a_difference(evidence: Evidence) -> None:
    first, *rest = evidence.passages
    keys = [
        answer_key(QUESTION, evidence, MODEL),
        answer_key(QUESTION, evidence, OTHER),
        answer_key(replace(QUESTION, text="How do I stop `Swarming`?"), evidence, MODEL),
        answer_key(replace(QUESTION, text="How do I stop `swarming`?"), evidence, MODEL),
        answer_key(replace(QUESTION, standalone="How do I stop bees from swarming?"), evidence, MODEL),
        answer_key(QUESTION, replace(evidence, told="<turn>...</turn>"), MODEL),
        answer_key(QUESTION, replace(evidence, passages=[*rest, first]), MODEL),
        answer_key(QUESTION, replace(evidence, passages=rest), MODEL),
        answer_key(QUESTION, replace(evidence, passages=[replace(first, source="ants"), *rest]), MODEL),
        answer_key(QUESTION, replace(evidence, passages=[replace(first, title="Bees"), *rest]), MODEL),
        answer_key(QUESTION, replace(evidence, passages=[replace(first, text_hash="0" * 64), *rest]), MODEL),
    ]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("question", "same"),
    [("What is  X?!", "what is x"), ("Use `Foo Bar` NOW", "use `Foo Bar` now"), ("Straße?", "strasse"), ("?", "")],
)
def test_case_space_and_marks_at_the_end_are_left_out_but_not_in_code(question: str, same: str) -> None:
    assert normalised(question) == same
