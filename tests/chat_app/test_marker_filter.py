"""Citations cannot be invented, however an answer is written or cut into pieces."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_app.citation import citations
from chat_app.grounding.claim import claims
from chat_app.marker_filter import MarkerFilter
from tests.chat_app.conftest import make_passages

PIECES = st.sampled_from(
    [
        "[1]",
        "[2]",
        "[3]",
        "[99]",
        "[0]",
        "[01]",
        "[^1]",
        "[1, 2]",
        "[2;7]",
        "【1†a】",
        "[",
        "]",
        "(",
        ")",
        "!",
        "`",
        "``",
        "```",
        "~~~",
        "\n",
        "\n\n",
        " ",
        ".",
        "word",
        "。",
        "字，",
        "9",
        "1",
        "> ",
        "- ",
        "\\",
        "<",
        ">",
        "http://evil.test/x",
        "https:",
        "//",
        "www.",
        "evil.test",
        "mailto:a@b.c",
        "javascript:x",
        "[text](http://evil.test)",
        "![i](/x.png)",
        "[a](b)",
        "](",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=40).map("".join)
CODE = re.compile(
    r"^[ \t>*+-]*(`{3,}(?![^\n]*`)|~{3,})[^\n]*(?:\n.*?(?:^[ \t>*+-]*\1[`~]*[ \t]*$|\Z)|\Z)"
    r"|(?<!`)(`+)(?!`).+?(?<!`)\2(?!`)",
    re.MULTILINE | re.DOTALL,
)


def filtered(text: str, *, passages: int = 2, step: int = 1, passage_text: str = "") -> tuple[str, list[int]]:
    verify = MarkerFilter(passages, passage_text=passage_text)
    shown = [verify.feed(text[at : at + step]) for at in range(0, len(text), step)]
    return "".join([*shown, verify.finish()]), verify.cited


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_no_url_and_no_link_ever_comes_out(text: str) -> None:
    shown, _ = filtered(text)
    assert "://" not in shown
    assert not re.search(r"(?i)\bwww\.\S|\bmailto:", shown)
    assert "](" not in CODE.sub("", shown)


@settings(max_examples=400, deadline=None)
@given(TEXTS.filter(lambda text: "`" not in text and "~~~" not in text))
def test_no_marker_without_a_passage_ever_comes_out(text: str) -> None:
    shown, cited = filtered(text)
    markers = re.findall(r"\[(\d+)\]", shown)
    assert set(markers) <= {"1", "2"}
    assert {int(marker) for marker in markers} == set(cited)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.integers(1, 9))
def test_how_an_answer_is_cut_changes_nothing(text: str, step: int) -> None:
    assert filtered(text, step=step) == filtered(text, step=len(text) or 1)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="[]!<>`~\\:/【】()", exclude_categories=["Cs"])))
def test_plain_text_passes_unchanged(text: str) -> None:
    assert filtered(text.replace("www.", ""))[0] == text.replace("www.", "")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Bees swarm [1].", "Bees swarm [1]."),
        ("Bees swarm [7]. They do [3][1].", "Bees swarm. They do[1]."),
        ("Both [1, 2] and [^1].", "Both [1][2] and [1]."),
        ("See [the guide](https://x.test/a(b)) now", "See the guide now"),
        ("[1](https://x.test) says so", "[1] says so"),
        ("![chart](x.png) shows", "chart shows"),
        ("go to https://x.test/a?b=c. Then", "go to  Then"),
        ("write `values[7]` and `[1]`", "write `values[7]` and [1]"),
        ("```py\nx = a[9]\n```\nafter [2]", "```py\nx = a[9]\n```\nafter [2]"),
        ("``[text](http://evil.test)`", "``text`"),
        ("an [unfinished", "an [unfinished"),
        ("wait!", "wait!"),
    ],
)
def test_what_is_written_is_shown_as(written: str, shown: str) -> None:
    assert filtered(written)[0] == shown


def test_writing_without_spaces_is_shown_sentence_by_sentence() -> None:
    verify = MarkerFilter(2)
    assert verify.feed("蜂群在春末分蜂[1]。蜂王") == "蜂群在春末分蜂[1]。"
    assert verify.feed("会离开[9]，") == "蜂王会离开，"
    assert verify.cited == [1]


def test_a_url_takes_no_words_along_that_stand_around_it_without_spaces() -> None:
    assert filtered("请看https://evil.example/x，然后保存[2]。")[0] == "请看，然后保存[2]。"


def test_a_number_longer_than_a_machine_reads_is_no_marker() -> None:
    number = "9" * 5_000
    assert filtered(f"So [{number}] it is [1].", step=7) == ("So it is [1].", [1])
    answer, cited = filtered(f"So `x[{number}]` it is [1].", step=7)
    passages = make_passages()[:2]
    assert [citation.number for citation in citations(answer, cited, passages)] == [1]
    assert [claim.cited for claim in claims(answer)] == [(1,)]


def test_urls_stay_in_code_when_a_passage_has_them() -> None:
    text = "`git clone https://x.test/repo.git` not `https://evil.test/x`"
    shown, _ = filtered(text, passage_text="Run git clone https://x.test/repo.git first")
    assert shown == "`git clone https://x.test/repo.git` not ``"


def test_words_are_shown_as_they_come() -> None:
    verify = MarkerFilter(1)
    assert verify.feed("Bees swarm in spr") == "Bees swarm in"
    assert verify.feed("ing [1") == " spring"
    assert verify.feed("] and") == " [1]"


@pytest.mark.parametrize(
    "nested", ["[9" * 4_000 + "]" * 4_000, "[9" * 4_000 + "9]" * 4_000, "<a:" * 4_000 + ">" * 4_000]
)
def test_markers_in_markers_cost_no_more_than_their_length(nested: str) -> None:
    """Each round takes the innermost one: what they are told in is bounded, and none comes out."""
    verify = MarkerFilter(3)
    shown = verify.feed(f"Bees [1] swarm {nested} in spring [2].") + verify.finish()
    assert verify.removed < 50
    assert verify.cited == [1, 2]
    assert shown.startswith("Bees [1] swarm ")
    assert shown.endswith(" in spring [2].")
    assert "[9" not in shown
    assert ":" not in shown
