"""Topics of questions."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assets.steps.topic import Topic, topics


def directions(*degrees: float) -> np.ndarray:
    turned = np.deg2rad(np.array(degrees))
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def test_questions_that_mean_nearly_the_same_stand_together_the_most_central_first() -> None:
    questions = ["install on linux", "how to install", "linux install steps", "price?"]
    assert topics(questions, directions(0, 10, 20, 120), near=0.9) == [
        Topic((1, 0, 2), ("install", "linux", "steps")),
        Topic((3,), ("price",)),
    ]


def test_a_chain_of_neighbours_is_no_topic() -> None:
    found = topics([str(number) for number in range(7)], directions(*range(0, 175, 25)), near=0.85)
    assert len(found) > 2


def test_no_questions_have_no_topics() -> None:
    assert topics([], np.zeros((0, 2), dtype=np.float32)) == []


@given(st.lists(st.floats(0, 360), min_size=1, max_size=20))
def test_every_question_has_exactly_one_topic(degrees: list[float]) -> None:
    found = topics(["why"] * len(degrees), directions(*degrees))
    assert sorted(place for topic in found for place in topic.members) == list(range(len(degrees)))
