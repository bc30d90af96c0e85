"""Markdown blocks are found as CommonMark and GitHub's tables say."""

from __future__ import annotations

import pytest

from assets.steps.block import Kind, parse_blocks


def kinds(markdown: str) -> list[tuple[str, str]]:
    return [(block.kind.name, markdown[block.start : block.end]) for block in parse_blocks(markdown)]


def test_headings_come_with_hashes_and_with_underlines() -> None:
    markdown = "# One #\n\nTwo\n===\n\nThree\nlines\n---\n\n####### seven\n\n#no space\n\n#"
    headings = [(block.level, block.text) for block in parse_blocks(markdown) if block.kind is Kind.HEADING]
    assert headings == [(1, "One"), (1, "Two"), (2, "Three\nlines")]


def test_a_paragraph_ends_at_a_blank_line_and_at_a_heading() -> None:
    assert kinds("a\nb\n\nc\n# d\ne") == [
        ("PARAGRAPH", "a\nb"),
        ("PARAGRAPH", "c"),
        ("HEADING", "# d"),
        ("PARAGRAPH", "e"),
    ]


@pytest.mark.parametrize("bar", ["```", "~~~", "`````"])
def test_a_fence_ends_at_a_bar_of_its_own_kind_and_length(bar: str) -> None:
    inner = "```" if bar != "```" else "~~~"
    fence = f"{bar}python\n# not a heading\n\n{inner}\nx\n{bar}"
    assert kinds(f"before\n{fence}\nafter") == [("PARAGRAPH", "before"), ("FENCE", fence), ("PARAGRAPH", "after")]


def test_a_fence_that_is_never_closed_holds_the_rest() -> None:
    (fence,) = parse_blocks("```sh\necho\n\n# still code")
    assert (fence.opener, fence.closer, fence.is_closed) == ("```sh", "```", False)


def test_a_fence_in_a_list_or_a_quote_keeps_its_indentation() -> None:
    blocks = parse_blocks("- item\n\n  ```c\n  x\n  ```\n\n> ```c\n> x\nafter the quote")
    fences = [(block.opener, block.closer) for block in blocks if block.kind is Kind.FENCE]
    assert fences == [("  ```c", "  ```"), ("> ```c", "> ```")]
    assert blocks[-1].kind is Kind.PARAGRAPH


def test_inline_code_with_three_ticks_is_no_fence() -> None:
    assert kinds("``` code ``` and text\n\nmore")[0] == ("PARAGRAPH", "``` code ``` and text")


def test_a_table_is_a_delimiter_row_under_a_header() -> None:
    table = "| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |"
    markdown = f"Words before\n{table}\n\nafter"
    blocks = parse_blocks(markdown)
    assert kinds(markdown) == [("PARAGRAPH", "Words before"), ("TABLE", table), ("PARAGRAPH", "after")]
    assert markdown[blocks[1].start : blocks[1].head_end] == "| a | b |\n|---|:-:|"


def test_a_table_ends_where_another_block_begins() -> None:
    assert [kind for kind, _ in kinds("| a |\n|---|\n| 1 |\n# b\n\n| a |\n|---|\n```\nx\n```")] == [
        "TABLE",
        "HEADING",
        "TABLE",
        "FENCE",
    ]


def test_list_items_are_blocks_with_their_depth() -> None:
    blocks = parse_blocks("- one\n  goes on\n  - two\n\n  a paragraph of one\n- three\n1. four\n\nno list")
    assert [(block.kind, block.depth) for block in blocks] == [
        (Kind.ITEM, 0),
        (Kind.ITEM, 2),
        (Kind.ITEM, 2),
        (Kind.ITEM, 0),
        (Kind.ITEM, 0),
        (Kind.PARAGRAPH, 0),
    ]


def test_rules_quotes_html_and_indented_code_are_told_apart() -> None:
    markdown = (
        "* * *\n\n> quote\n> goes on\n\n<div>\nhtml\n</div>\n\n    code\n\n    more\n\ntext\n\n<!-- a\n\nb -->\nend"
    )
    assert [kind for kind, _ in kinds(markdown)] == [
        "RULE",
        "QUOTE",
        "HTML",
        "CODE",
        "PARAGRAPH",
        "HTML",
        "PARAGRAPH",
    ]


def test_carriage_returns_hide_nothing() -> None:
    markdown = "# One\r\n\r\n```sh\r\nx\r\n```\r\n\r\n| a |\r\n|---|\r\n| 1 |\r\n"
    assert [kind for kind, _ in kinds(markdown)] == ["HEADING", "FENCE", "TABLE"]
