"""Sentences end where a reader would say so."""

from __future__ import annotations

from itertools import pairwise

import pytest

from assets.steps.sentence import sentence_starts


def sentences(text: str) -> list[str]:
    starts = [0, *sentence_starts(text, 0, len(text)), len(text)]
    return [text[start:end].strip() for start, end in pairwise(starts)]


@pytest.mark.parametrize(
    "expected",
    [
        ["One ends here.", "Two asks?", "Three shouts!", "Four"],
        ["He said “Stop.”", "She did (at once.)", "**Bold ends.**", "[Link](a.html) begins."],
        ["Use e.g. Python, cf. Fig. 3 of J. R. Smith et al. or Dr. Who.", "Next."],
        ["The answer is no.", "Version 3.14 of a.b.c is out, etc.", "It is good."],
        ["all of this is small.", "so it is (4.8%).", "Use approx. five min. or so."],
        ["Wait... there is more.", "Yes…", "Really."],
    ],
)
def test_western_sentences_end_at_a_stop_before_a_new_beginning(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


def test_a_list_number_is_no_sentence() -> None:
    assert sentences("1. First things first. Then more.") == ["1. First things first.", "Then more."]


def test_chinese_and_japanese_need_no_space() -> None:
    assert sentences("我们来了。他们走了！「好。」これは文です。次") == [
        "我们来了。",
        "他们走了！",
        "「好。」",
        "これは文です。",
        "次",
    ]


def test_a_hard_line_break_ends_a_line_of_text() -> None:
    assert sentences("a street  \na town\\\na country\nand so on") == ["a street", "a town\\", "a country\nand so on"]
