"""Whether what a passage does not say is found, and what is said of it."""

from __future__ import annotations

import pytest

from benches.grounding import best_bound, checked_by, cosine_below, found, labelled
from chat_app.grounding.checker import SupportChecker, check_support
from chat_app.grounding.mark import NOT_CITED, NOT_FOUND, closing, marked, without_marks
from data_contracts.passage import Passage
from retrieval.embedder import Embedder


def reason(sentence: str, passages: list[Passage], embedder: Embedder) -> str:
    return check_support(sentence, passages, embedder).sentences[0].reason


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("Mix three parts of sugar with one part of water in autumn [2].", "3 is not what the passage says"),
        ("Smoke does not calm bees [3].", "the passage says the opposite"),
        ("Winter cluster: `bee --warm` heats the hive [4].", "bee --warm is not in the passage"),
        ("Bees are sold to Mongolia by mail [1].", "Mongolia"),
        ("Bees have five eyes.", "no passage is cited"),
        ("An empire fell after long wars [1].", "nothing like it"),
    ],
)
def test_each_fault_has_its_reason(sentence: str, why: str, passages: list[Passage], embedder: Embedder) -> None:
    assert why.lower() in reason(sentence, passages, embedder).lower()


@pytest.mark.parametrize(
    "sentence",
    [
        "A colony swarms in late spring when the hive is too crowded [1].",
        "When they smell fire, bees fill up on honey, which is why smoke calms them [3].",
        "In winter the bees form a cluster and keep its middle at about thirty degrees [4].",
    ],
)
def test_what_a_passage_says_in_other_words_is_supported(
    sentence: str, passages: list[Passage], embedder: Embedder
) -> None:
    assert reason(sentence, passages, embedder) == ""


def test_a_sentence_may_sum_up_two_passages(passages: list[Passage], embedder: Embedder) -> None:
    text = "Smoke calms bees because they fill up on honey, and in winter they form a cluster [3][4]."
    assert check_support(text, passages, embedder).share == 1


def test_figures_of_a_translated_sentence_are_still_compared(passages: list[Passage], embedder: Embedder) -> None:
    said = "Die Bienen bilden im Winter eine Traube und halten die Mitte auf {} Grad, und das ist nicht wenig [4]."
    assert check_support(said.format(30), passages, embedder).share == 1
    assert check_support(said.format(55), passages, embedder).share == 0


async def test_the_check_runs_beside_the_server(passages: list[Passage], embedder: Embedder) -> None:
    support = await SupportChecker().check("A colony swarms in late spring [1].", passages, embedder)
    assert support.share == 1


def test_unsupported_sentences_are_marked_and_low_support_is_said(passages: list[Passage], embedder: Embedder) -> None:
    table = "| a | b |\n|---|---|\n| Queens | live on the Moon [1] |"
    text = f"Bees have five eyes.\n\nSmoke does not calm bees [3].\n\n{table}"
    support = check_support(text, passages, embedder)
    shown = marked(text, support)
    assert f"Bees have five eyes. {NOT_CITED}" in shown
    assert f"Smoke does not calm bees [3]. {NOT_FOUND}" in shown
    assert f"| live on the Moon [1] {NOT_FOUND} |" in shown
    assert "**Check this before you rely on it:** 3 of 3 statements" in shown
    assert "3 of 3 statements" in closing(support)
    assert without_marks(shown) == text


def test_supported_answers_stay_as_they_are(passages: list[Passage], embedder: Embedder) -> None:
    text = "A colony swarms in late spring when the hive is too crowded [1]."
    support = check_support(text, passages, embedder)
    assert marked(text, support) == text
    assert closing(support) == ""


def test_the_checker_keeps_its_figures_on_sentences_it_was_not_made_for(embedder: Embedder) -> None:
    held = labelled("held")
    checked, cosine = found(held, checked_by(embedder)), found(held, cosine_below(embedder, best_bound(embedder)))
    assert checked.precision >= 0.85
    assert checked.recall >= 0.85
    assert checked.f1 >= cosine.f1 + 0.15
