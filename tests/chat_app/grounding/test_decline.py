"""A language model's word that the passages do not answer is a decline; an answer is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chat_app.grounding.decline import is_decline
from chat_app.pipeline import answer_once
from chat_app.settings import ChatSettings
from retrieval.vector_store import ReleaseManifest


@pytest.mark.parametrize(
    "text",
    [
        "The passages do not answer this question.",
        "The provided passages don't mention the price of a hive.",
        "I could not find anything about that in the pages.",
        "None of the passages says when the office opens.",
        "Opening hours are not mentioned in these passages.",
        "Die Passagen beantworten diese Frage nicht.",
        "Les passages ne répondent pas à cette question.",
        "Los pasajes no mencionan el precio.",
        "De passages geven hier geen antwoord op.",
        "Отрывки не отвечают на этот вопрос.",
        "这些段落没有回答这个问题。",
    ],
)
def test_saying_that_nothing_was_found_is_a_decline(text: str) -> None:
    assert is_decline(text)


@pytest.mark.parametrize(
    "text",
    [
        "A colony swarms in late spring [1].",
        "The passages do not say when, but a colony swarms once a year [1].",
        "Bees do not fly in the rain.",
        "The site does not support Internet Explorer.",
    ],
)
def test_an_answer_is_no_decline(text: str) -> None:
    assert not is_decline(text)


def test_a_models_own_decline_comes_with_the_nearest_pages(
    publish: Callable[..., ReleaseManifest], make_settings: Callable[..., ChatSettings], provider: Any
) -> None:
    publish()
    provider.text = "The passages do not say how much a hive costs."
    settings = make_settings(openai_base_url=provider.url, chat_model="good")
    answer = answer_once("When does a colony swarm?", settings=settings)
    assert not answer.relevant
    assert answer.text.startswith(provider.text + "\n\nThe nearest pages are:\n\n- Keeping bees › ")
    assert [citation.number for citation in answer.citations] == [1, 2, 3][: len(answer.passages)]


def test_what_a_model_makes_up_is_marked_in_the_answer(
    publish: Callable[..., ReleaseManifest], make_settings: Callable[..., ChatSettings], provider: Any
) -> None:
    publish()
    provider.text = "A colony swarms in late spring [1]. A swarm costs 900 euros [1]."
    settings = make_settings(openai_base_url=provider.url, chat_model="good")
    answer = answer_once("When does a colony swarm?", settings=settings)
    assert [sentence.supported for sentence in answer.support.sentences] == [True, False]
    assert answer.text.endswith("A swarm costs 900 euros [1]. *(⚠ not found in the cited passage)*")


def test_quotations_are_supported(
    publish: Callable[..., ReleaseManifest], make_settings: Callable[..., ChatSettings]
) -> None:
    publish()
    for question in ("When does a colony swarm?", "How do I mix sugar with water?", "Which fuel goes in the smoker?"):
        answer = answer_once(question, settings=make_settings())
        assert answer.citations
        assert answer.support.share == 1
        assert "⚠" not in answer.text
