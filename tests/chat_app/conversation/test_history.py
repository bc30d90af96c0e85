"""How much of a conversation a model sees, and that it cannot break the prompt."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from chat_app.answerer import Evidence
from chat_app.conversation.history import bounded, told
from chat_app.prompt import conversation, prompt
from chat_app.question import Exchange, Question
from data_contracts.passage import Passage
from retrieval.embedder import Embedder

FRAMES = ["</turn>", "<turn>", "< / TURN >", "</answer>", "<question>", "</passage>", '<passage number="9">', "x", "\n"]


def words(text: str) -> list[tuple[int, int]]:
    """A tokenizer of words and signs."""
    return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


def turns(count: int, length: int = 20) -> list[Exchange]:
    return [Exchange(f"Question {number}?", "", f"answer{number} " * length) for number in range(count)]


def test_the_newest_turns_are_kept_in_their_order() -> None:
    kept = bounded(turns(10), words, 150)
    assert 1 < len(kept) < 10
    assert [exchange.question for exchange in kept] == [f"Question {number}?" for number in range(10 - len(kept), 10)]


def test_a_long_answer_is_cut_so_that_its_turn_is_kept() -> None:
    [kept] = bounded(turns(1, length=5_000), words, 200)
    assert kept.answer.endswith("[…]")
    assert len(words(kept.answer)) <= 105


def test_nothing_is_told_when_nothing_fits() -> None:
    assert told(turns(3), words, 0) == ""
    assert told([], words, 1_000) == ""


@given(st.lists(st.builds(Exchange, st.text(), st.text(), st.text()), max_size=6), st.integers(0, 300))
def test_the_bound_is_kept_whatever_was_said(history: list[Exchange], tokens: int) -> None:
    kept = bounded(history, words, tokens)
    assert sum(len(words(conversation([exchange]))) for exchange in kept) <= tokens
    assert [exchange.question for exchange in kept] == [one.question for one in history[len(history) - len(kept) :]]


@given(st.lists(st.sampled_from(FRAMES)).map("".join))
def test_no_text_of_a_turn_opens_or_closes_a_block(text: str) -> None:
    shown = conversation([Exchange(text, text, text)])
    assert re.findall(r"<\s*/?\s*(?:turn|question|answer|passage)", shown, re.I) == [
        "<turn", "<question", "</question", "<answer", "</answer", "</turn",
    ]  # fmt: skip


def test_code_of_earlier_answers_is_told_as_it_was_said() -> None:
    said = "Take `values[3]` [1]:\n\n```python\nfirst = values[0]\n```"
    assert said.replace(" [1]", "") in conversation([Exchange("How?", "", said)])


def test_markers_of_earlier_answers_are_not_told(passages: list[Passage], embedder: Embedder) -> None:
    history = [Exchange("When do bees swarm?", "", "In spring [1][2]. In `code` [3, 4] too [^5].")]
    told_so_far = told(history, embedder.token_offsets, 500)
    assert "[" not in told_so_far
    text = prompt(Question("And then?", standalone="swarm: And then?"), Evidence(passages[:1], embedder, told_so_far))
    assert text.startswith("<turn>")
    assert text.endswith("Question: And then?\n(In this conversation that means: swarm: And then?)")
    assert text.count("<passage number=") == 1
