"""What recurs on many pages is learned, and nothing that a page says for itself."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.steps.boilerplate import cut_version, left_out, recurring_blocks
from assets.steps.fingerprint import block_fingerprints
from data_contracts.document import DOCUMENTS
from data_contracts.source import Boilerplate

RULES = Boilerplate()
NEWSLETTER = "Subscribe to our newsletter and never miss an article again."
MENU = "- [Home](/)\n- [Shop](/shop)\n- [Help](/help)"


def documents(*pages: str) -> pl.DataFrame:
    rows = [[block._asdict() for block in block_fingerprints(page)] for page in pages]
    return pl.DataFrame({"blocks": rows}, {"blocks": DOCUMENTS.schema.create_empty().schema["blocks"]})


def learned(*pages: str, rules: Boilerplate = RULES, known: frozenset[int] = frozenset()) -> frozenset[int]:
    return frozenset(block.hash for block in recurring_blocks(documents(*pages), rules, known))


def kept(page: str, boilerplate: frozenset[int]) -> str:
    """The page's markdown without what is left out, blank lines aside."""
    blocks = [block._asdict() for block in block_fingerprints(page)]
    gone = left_out(blocks, boilerplate)
    lines = [page[block["start"] : block["end"]] for block in blocks if (block["start"], block["end"]) not in gone]
    return "\n".join(lines)


def essay(number: int) -> str:
    words = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "islet", "juniper")
    return f"Of {words[number % 10]} and {words[number // 10 % 10]} there is a lot to tell, number {number} says."


def test_a_sentence_on_most_pages_goes_and_what_is_said_once_stays() -> None:
    pages = [
        f"# Page {number}\n\n{essay(number)}\n\n{NEWSLETTER}\n\nMore of {essay(number + 30)}" for number in range(20)
    ]
    boilerplate = learned(*pages)
    assert kept(pages[3], boilerplate) == f"# Page 3\n{essay(3)}\nMore of {essay(33)}"


def test_a_menu_of_short_items_goes_at_the_top_and_its_words_stay_inside_a_page() -> None:
    pages = [f"# Page {number}\n\n{MENU}\n\n{essay(number)}" for number in range(20)]
    assert "Home" not in kept(pages[0], learned(*pages))
    inside = [f"# Page {number}\n\n{essay(number)}\n\nExample:\n\n{essay(number + 50)}" for number in range(20)]
    assert learned(*inside) == frozenset()


def test_headings_that_every_page_has_stay_above_their_text_and_go_without_it() -> None:
    pages = [
        f"# Page {number}\n\n## Synopsis\n\n{essay(number)}\n\n## Newsletter\n\n{NEWSLETTER}" for number in range(20)
    ]
    assert kept(pages[0], learned(*pages)) == f"# Page 0\n## Synopsis\n{essay(0)}"


def test_code_stays_however_often_it_is_shown() -> None:
    pages = [
        f"# Page {number}\n\n```sh\npip install the-very-same-package\n```\n\n{essay(number)}" for number in range(20)
    ]
    assert learned(*pages) == frozenset()


def test_a_single_short_line_that_pages_begin_with_stays() -> None:
    pages = [f"# command {number}\n\nNew in version 3.{number}.\n\n{essay(number)}" for number in range(20)]
    assert learned(*pages) == frozenset()


def test_a_line_that_differs_in_its_date_only_is_one_block() -> None:
    pages = [
        f"# Page {n}\n\n{essay(n)}\n\nThis page was generated on 2026-01-{n:02} at 10:{n:02} o'clock."
        for n in range(20)
    ]
    assert kept(pages[4], learned(*pages)) == f"# Page 4\n{essay(4)}"


def test_a_site_of_a_few_pages_has_no_boilerplate() -> None:
    pages = [f"# Page {number}\n\n{essay(number)}\n\n{NEWSLETTER}" for number in range(7)]
    assert learned(*pages) == frozenset()


def test_it_can_be_turned_off() -> None:
    pages = [f"# Page {number}\n\n{essay(number)}\n\n{NEWSLETTER}" for number in range(20)]
    assert learned(*pages, rules=Boilerplate(drop=False)) == frozenset()


def test_a_block_near_the_limit_does_not_come_and_go() -> None:
    def site(holding: int) -> list[str]:
        return [f"# P {n}\n\n{essay(n)}\n\n{NEWSLETTER if n < holding else essay(n + 60)}" for n in range(100)]

    assert learned(*site(39)) == frozenset()
    known = learned(*site(40))
    assert known
    assert learned(*site(39), known=known) == known
    assert learned(*site(30), known=known) == known
    assert learned(*site(29), known=known) == frozenset()


SENTENCE = st.sampled_from(["alpha beta", "Gamma delta epsilon zeta eta theta iota", "kappa", NEWSLETTER, "Read more"])
PAGE = st.lists(
    st.one_of(SENTENCE, SENTENCE.map(lambda text: f"## {text}"), SENTENCE.map(lambda text: f"- {text}")), max_size=8
).map("\n\n".join)


@given(st.lists(PAGE, min_size=2, max_size=30))
@settings(max_examples=60, deadline=None)
def test_learning_again_from_the_same_pages_changes_nothing(pages: list[str]) -> None:
    rules = Boilerplate(min_pages=2)
    once = learned(*pages, rules=rules)
    assert learned(*pages, rules=rules, known=once) == once
    assert learned(*reversed(pages), rules=rules) == once


@given(PAGE, st.data())
def test_what_is_left_out_are_blocks_of_the_boilerplate_in_order(page: str, data: st.DataObject) -> None:
    blocks = [block._asdict() for block in block_fingerprints(page)]
    boilerplate = frozenset(data.draw(st.lists(st.sampled_from([block["hash"] for block in blocks] or [0]))))
    ranges = left_out(blocks, boilerplate)
    assert ranges == sorted(ranges)
    by_place = {(block["start"], block["end"]): block for block in blocks}
    assert all(by_place[span]["hash"] in boilerplate for span in ranges)


def test_the_cutters_name_changes_with_what_is_left_out_and_only_then() -> None:
    assert cut_version("2-254", []) == "2-254"
    assert cut_version("2-254", [(0, 4)]) != cut_version("2-254", [(0, 5)])
    assert cut_version("2-254", [(0, 4)]).startswith("2-254-")
