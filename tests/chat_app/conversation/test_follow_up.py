"""Which questions are searched as they stand, measured on labelled pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from chat_app.conversation.follow_up import is_standalone
from chat_app.question import Exchange

GROUPS: dict[str, list[dict[str, Any]]] = yaml.safe_load(Path(__file__).with_name("follow_ups.yaml").read_text())


def rates(group: list[dict[str, Any]]) -> tuple[float, float]:
    """Precision and recall of "this is a follow-up"."""
    found = missed = wrong = 0
    for pair in group:
        history = [Exchange(pair["first"], pair["first"], "An answer [1].")]
        for text in pair["follow_up"]:
            found, missed = (found, missed + 1) if is_standalone(text, history) else (found + 1, missed)
        wrong += sum(not is_standalone(text, history) for text in pair["standalone"])
    return found / (found + wrong), found / (found + missed)


def test_there_are_enough_pairs_of_both_kinds() -> None:
    for kind in ("follow_up", "standalone"):
        assert sum(len(pair[kind]) for group in GROUPS.values() for pair in group) >= 60


@pytest.mark.parametrize(
    ("group", "precision", "recall"), [("tuned", 0.97, 0.97), ("tuned_more", 0.95, 0.95), ("held_out", 0.95, 0.86)]
)
def test_follow_ups_are_told_from_questions_that_stand_alone(group: str, precision: float, recall: float) -> None:
    measured = rates(GROUPS[group])
    assert measured[0] >= precision
    assert measured[1] >= recall


def test_the_first_question_stands_alone_whatever_it_says() -> None:
    assert is_standalone("and on Windows?", [])
    assert is_standalone("", [])


def test_a_long_text_is_judged_in_no_time_and_without_failing() -> None:
    history = [Exchange("How do I install it?", "", "")]
    for text in (
        "it " * 20_000,
        "that " * 5_000,
        "a" * 100_000,
        "?" * 10_000,
        "\n" * 1_000,
        "and " * 20_000,
        "日本語" * 5_000,
    ):
        is_standalone(text[:4_000], history)
