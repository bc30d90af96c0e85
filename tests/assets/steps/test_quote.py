from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.steps.quote import holds, plain_words

PASSAGE = """Set `HARBOUR_LOG` to the
**name of a file** ([see the list](https://site.test/list "all of them")) and *logging* is configured.
Don't forget it!"""


@pytest.mark.parametrize(
    "quote",
    [
        "Set HARBOUR_LOG to the name of a file",
        "set   `harbour_log`\nto the name",
        "name of a file (see the list) and logging is configured",
        "“logging” is configured",
        "Don’t forget it",
        "is configured. Don't",
    ],
)
def test_layout_markup_and_capitals_do_not_matter(quote: str) -> None:
    assert holds(PASSAGE, quote)


@pytest.mark.parametrize("quote", ["name of the file", "https://site.test/list", "configured is logging", "", "***"])
def test_other_words_are_not_the_quote(quote: str) -> None:
    assert not holds(PASSAGE, quote)


def test_a_quote_that_a_cut_runs_through_is_held_by_the_side_with_its_larger_half() -> None:
    quote = "The second rope goes to the stern of the boat"
    assert holds("A boat has two ropes. The second rope goes to the", quote)
    assert holds("goes to the stern of the boat. Fenders come first.", quote)
    assert not holds("A boat has two ropes. The second rope", quote)
    assert not holds("of the boat. Fenders come first.", quote)
    assert not holds("The second rope goes to the bow, not to the stern", quote)


def test_a_language_without_spaces_is_compared_as_well() -> None:
    assert holds("港の規則は簡単です。船は二本の綱で係留します。", "船は二本の綱で係留します")


@given(st.lists(st.text("abcdefgh", min_size=1), min_size=1, max_size=30), st.data())
def test_every_part_of_a_passage_is_held_by_it(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    assert holds(" ".join(words), "*" + "\n".join(words[start:end]) + "*")
    assert plain_words(" ".join(words)) == words
