"""A citation is the server's record: where the passage stands, what of it was said, and a link to that place."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.citation import citations, link
from chat_app.panel import panel
from chat_app.sentence import plain_text, sentences
from data_contracts.passage import Passage


def test_a_citation_points_to_the_sentence_that_was_said(passages: list[Passage]) -> None:
    said = "They form a cluster when it is cold. Leave the hive closed below ten degrees [4]."
    (citation,) = citations(said, [4], passages)
    quoted = [citation.passage.body[start:end] for start, end in citation.quotes]
    assert any("Leave the hive closed below ten degrees" in quote for quote in quoted)
    assert citation.chunk_id == passages[3].chunk_id
    assert (citation.start, citation.end) == (passages[3].start, passages[3].end)


def test_the_link_opens_the_anchor_and_marks_the_text(passages: list[Passage]) -> None:
    (citation,) = citations("Smoke calms bees because they fill up on honey [3].", [3], passages)
    page, _, fragment = citation.link.partition("#")
    anchor, _, directive = fragment.partition(":~:")
    assert (page, anchor) == (passages[2].url, "smoking")
    assert unquote(directive).startswith("text=Smoke calms bees because they fill")


@given(st.text(max_size=80), st.none() | st.text(min_size=1, max_size=10))
def test_links_keep_their_page_whatever_the_text(text: str, anchor: str | None) -> None:
    made = link("https://x.test/a?b=c", anchor, text)
    assert made.startswith("https://x.test/a?b=c")
    directive = made.partition(":~:text=")[2]
    assert "-" not in directive
    assert "&" not in directive
    assert directive.count(",") <= 1


def test_the_panel_shows_place_highlight_and_provenance(passages: list[Passage]) -> None:
    (citation,) = citations("The old queen leaves with about half of the workers [1].", [1], passages)
    shown = panel(citation, source_title="Bee handbook", trace="/trace/t1/1")
    assert "**Keeping bees** › Swarming" in shown
    assert "***The old queen leaves with about half of the workers.***" in shown
    assert ") · fetched 2026-05-04 12:30 UTC" in shown
    assert "Bee handbook · version `" in shown
    assert f"](<{citation.link}>)" in shown


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("use [the **guide**](https://x.test) now", "use the guide now"),
        ("`git add -p` adds \\<parts>", "git add -p adds <parts>"),
        ("see [[4]](https://x.test/#4)", "see [4]"),
        ("snake_case_name and _this_", "snake_case_name and this"),
    ],
)
def test_markup_is_not_read(markdown: str, plain: str) -> None:
    assert plain_text(markdown) == plain


def test_a_page_of_backticks_is_read_once_a_character() -> None:
    marks = "`" * 300_000  # the square of it would take an hour
    assert plain_text(marks) == marks


def test_sentences_end_where_sentences_end() -> None:
    body = "# Head\n\nUse e.g. pip. It works!\n\n- First item\n- Second. With more.\n\n```\nx. Y\n```\n\n| a | b |\n"
    found = [sentence.markdown for sentence in sentences(body)]
    assert found == ["Use e.g. pip.", "It works!", "First item", "Second.", "With more.", "```\nx. Y\n```\n"]


@given(st.text(alphabet="ab.A !?\n-*#>`|:[]()", max_size=120))
def test_sentences_stand_where_they_say(body: str) -> None:
    for sentence in sentences(body):
        assert body[sentence.start : sentence.end] == sentence.markdown
