"""Which sentences of an answer are statements, and which passages each of them cites."""

from __future__ import annotations

from chat_app.grounding.claim import claims


def cited(answer: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(claim.plain, claim.cited) for claim in claims(answer)]


def test_a_marker_belongs_to_its_sentence_before_and_behind_the_full_stop() -> None:
    assert cited("Bees swarm in May [1]. Smoke calms all bees. [2] Winter is a long time.[3][4]") == [
        ("Bees swarm in May.", (1,)),
        ("Smoke calms all bees.", (2,)),
        ("Winter is a long time.", (3, 4)),
    ]


def test_a_sentence_without_a_marker_belongs_to_the_next_one_of_its_paragraph() -> None:
    answer = "A hive is a box. Bees live in it [2].\n\nNobody cites this sentence."
    assert cited(answer) == [
        ("A hive is a box.", (2,)),
        ("Bees live in it.", (2,)),
        ("Nobody cites this sentence.", ()),
    ]


def test_headings_introductions_questions_and_code_state_nothing() -> None:
    headings = "# Feeding bees well\n\n**In the autumn season**\n\nHere is how:\n\nHow much is that?\n\n"
    answer = headings + "```\nsugar is 2 [1]\n```\n"
    assert cited(answer) == []


def test_items_belong_to_the_markers_of_their_introduction() -> None:
    answer = "You need the following things [3]:\n\n- two parts of sugar\n- one part of water [1]\n"
    assert cited(answer) == [("two parts of sugar", (3,)), ("one part of water", (1,))]


def test_rows_of_a_table_are_statements() -> None:
    answer = "| Month | Work |\n|---|---|\n| May | swarms leave [1] |\n| June | honey flows |\n"
    assert cited(answer) == [("May swarms leave", (1,)), ("June honey flows", ())]


def test_places_are_those_of_the_answer() -> None:
    answer = "> Bees swarm in May. [1] Smoke calms all bees [2]."
    assert [answer[claim.start : claim.end] for claim in claims(answer)] == [
        "Bees swarm in May. [1]",
        "Smoke calms all bees [2].",
    ]
