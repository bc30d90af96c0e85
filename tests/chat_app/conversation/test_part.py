"""A question is cut where it asks for another thing, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.conversation.part import MOST_PARTS, parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "How do I install Dagster and how do I uninstall it?",
            ["How do I install Dagster", "how do I uninstall it?"],
        ),
        ("Where is the log? And which port is used?", ["Where is the log?", "And which port is used?"]),
        ("1. How do I install it?\n2. What does it cost?", ["How do I install it?", "What does it cost?"]),
        ("I need:\n- the price of a ticket\n- the opening hours", ["the price of a ticket", "the opening hours"]),
        (
            "When does a colony swarm, what do I feed in autumn, and how do I light a smoker?",
            ["When does a colony swarm", "what do I feed in autumn", "how do I light a smoker?"],
        ),
        ("My hive is loud. Will it swarm? What can I do against swarms?",
         ["My hive is loud. Will it swarm?", "What can I do against swarms?"]),
        ("Wie installiere ich Dagster und wie plane ich einen Job?",
         ["Wie installiere ich Dagster", "wie plane ich einen Job?"]),
        ("蜂はいつ分蜂しますか？冬の餌は何ですか？", ["蜂はいつ分蜂しますか？", "冬の餌は何ですか？"]),
    ],
)  # fmt: skip
def test_a_question_for_several_things_has_parts(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "When does a colony swarm?",
        "What is a sensor and how does it work?",
        "What is the difference between a job and an asset?",
        "How do I compare cats and dogs?",
        "What is pip? Why?",
        'Why do I get "what? and how?" in the log?',
        "I get `a? b?` what is wrong",
        "How do I open https://site.example/?a=1 and https://site.example/?b=2",
        "Why?? Does smoke calm bees???",
        "",
        "?",
        "bees and honey",
    ],
)
def test_a_question_for_one_thing_stays_whole(text: str) -> None:
    assert parts(text) == [text]


def test_too_many_parts_end_in_the_last_one() -> None:
    text = " ".join(f"How do I store honey number {number}?" for number in range(9))
    assert len(parts(text)) == MOST_PARTS
    assert parts(text)[-1].endswith("number 8?")


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from(["how ", "what is x", "? ", "and ", "1. ", "\n", "- ", "`"])).map("".join)
)
def test_no_text_breaks_it_and_there_is_always_a_part(text: str) -> None:
    found = parts(text)
    assert 1 <= len(found) <= MOST_PARTS
    assert all(part.strip() for part in found) or found == [text.strip()]
