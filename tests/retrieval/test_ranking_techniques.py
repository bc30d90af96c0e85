"""What each technique of the ranking does, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data_contracts.passage import Passage, ScoredPassage
from retrieval.diversity import answering_page, diverse
from retrieval.error import ModelUnavailable
from retrieval.identifier import identifiers, share_held
from retrieval.query_cleaning import cleaned
from retrieval.ranking import Ranking, Scores, calibrated, fused, fused_anew
from retrieval.reranker import RERANKED, CrossEncoderReranker, reranked

MakePassage = Callable[..., Passage]


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ("Hi there, could you please tell me how do I undo a commit? Thanks in advance!", "how do I undo a commit?"),
        ("please explain `git rebase --onto` please", "explain `git rebase --onto`"),
        ("I'd like to know what `please` means", "what `please` means"),
        ("What does --no-cache do?? ", "What does --no-cache do?"),
        ("where is   my config, please", "where is my config"),
        ("What’s a “soft\u00adlink”", 'What\'s a "softlink"'),
    ],
)
def test_politeness_goes_and_the_question_stays(asked: str, left: str) -> None:
    assert cleaned(asked) == left


@pytest.mark.parametrize(
    "asked",
    [
        "How do I undo a commit?",
        'How do I say "thank you"?',
        "Bitte, wie installiere ich das?",
        "什么是提交？",
        "tell me",
        "thanks",
        "hello world program",
        "please",
        "",
    ],
)
def test_what_is_not_surely_politeness_stays(asked: str) -> None:
    assert cleaned(asked).rstrip("？") == asked.rstrip("？")


@pytest.mark.parametrize("end", ["?", ", ", "-", "? "])
def test_a_question_of_marks_alone_is_cleaned_in_time_that_grows_with_its_length(end: str) -> None:
    asked = "what is this" + end * 100_000 + "x"  # the square of it would take the rest of the day
    assert cleaned(asked).endswith("x")


@pytest.mark.parametrize("word", ["aA", "a_", "a.", "a::b"])
def test_names_are_told_from_a_long_word_in_time_that_grows_with_its_length(word: str) -> None:
    asked = word * 2_000 + "é-"
    assert len(identifiers(asked)) <= 1


def test_cleaning_a_question_twice_changes_nothing() -> None:
    once = cleaned("Hello! Please tell me: what is x_y? Thank you very much.")
    assert once == cleaned(once) == "what is x_y?"


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("what does --no-cache do", ["--no-cache"]),
        ("I get ERR_SSL_42 from os.path.join", ["ERR_SSL_42", "os.path.join"]),
        ("set CMAKE_CXX_FLAGS, please", ["CMAKE_CXX_FLAGS"]),
        ("what is `git rebase` for", ["git rebase"]),
        ("error E0382 or 0x80070005 in std::vector", ["E0382", "0x80070005", "std::vector"]),
        ("is HttpResponse object-oriented, e.g. in version 3.11?", ["HttpResponse"]),
        ("see https://a.example/some_page.html", []),
        ("Wie installiere ich das Paket?", []),
    ],
)
def test_names_are_told_from_prose(asked: str, names: list[str]) -> None:
    assert identifiers(asked) == names


def test_a_name_counts_whole_only() -> None:
    assert share_held("pass --no-cache here", ["--no-cache"]) == 1
    assert share_held("pass --no-cache-dir here", ["--no-cache"]) == 0
    assert share_held("call my_os.path.join", ["os.path.join"]) == 0
    assert share_held("one of two: a_b", ["a_b", "c_d"]) == 0.5
    assert share_held("anything", []) == 0


def scores(**columns: list[float]) -> Scores:
    size = len(next(iter(columns.values())))
    empty = {"dense": np.nan, "lexical": np.nan, "page": np.nan, "named": 0.0}
    made = {name: np.array(columns.get(name, [value] * size), dtype=np.float32) for name, value in empty.items()}
    return Scores(**made)


def test_a_page_that_holds_the_words_together_lifts_its_passages() -> None:
    given = scores(dense=[0.5, 0.5], lexical=[3.0, 3.0], page=[1.0, 9.0])
    apart, together = fused(given, Ranking())
    assert together > apart
    assert len(set(fused(given, Ranking(page_share=0)).tolist())) == 1


def test_a_release_without_words_of_pages_is_ranked_by_its_passages_alone() -> None:
    given = scores(dense=[0.5, 0.4], lexical=[3.0, 5.0])
    assert fused(given, Ranking()).tolist() == fused(given, Ranking(page_share=0)).tolist()


def test_a_weight_that_was_calibrated_is_taken_unless_another_is_asked_for() -> None:
    assert calibrated(Ranking(), {"dense_weight": 0.5}).dense_weight == 0.5
    assert calibrated(Ranking(dense_weight=0.9), {"dense_weight": 0.5}).dense_weight == 0.9
    for evaluation in (None, {}, {"dense_weight": None}, {"dense_weight": "much"}, {"dense_weight": 7}):
        assert calibrated(Ranking(), evaluation).dense_weight is None


def test_equal_scores_are_ordered_by_the_chunk_whatever_came_first(make_passage: MakePassage) -> None:
    found = [ScoredPassage(make_passage(body), 0.0, dense=0.5) for body in ("one", "two", "three", "four")]
    names = [scored.passage.chunk_id for scored in fused_anew(found, Ranking())]
    assert names == sorted(names) == [scored.passage.chunk_id for scored in fused_anew(found[::-1], Ranking())]


def ranking_of(make_passage: MakePassage, *pages: tuple[str, float]) -> list[ScoredPassage]:
    return [
        ScoredPassage(replace(make_passage(f"{url} {at}"), url=url), score) for at, (url, score) in enumerate(pages)
    ]


def urls(found: list[ScoredPassage]) -> list[str]:
    return [scored.passage.url for scored in found]


def test_a_page_that_is_not_the_answer_leaves_room_for_others(make_passage: MakePassage) -> None:
    ranked = ranking_of(make_passage, *[("a", 0.9)] * 2, ("b", 0.85), *[("a", 0.8)] * 4, ("c", 0.5))
    assert urls(diverse(ranked, 5)) == ["a", "a", "b", "a", "c"]
    assert urls(diverse(ranked, 8)) == ["a", "a", "b", "a", "c", "a", "a", "a"]


def test_a_page_that_is_the_answer_may_fill_the_results(make_passage: MakePassage) -> None:
    ranked = ranking_of(make_passage, *[("a", 0.9)] * 6, ("b", 0.5))
    assert answering_page(ranked) == ("docs", "a")
    assert urls(diverse(ranked, 5)) == ["a"] * 5
    assert answering_page(ranking_of(make_passage, *[("a", 0.9)] * 6, ("b", 0.85))) is None
    assert diverse([], 5) == []


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A cross-encoder of two random layers, in a folder."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    plain, whole = (tmp_path_factory.mktemp(name) for name in ("bert", "cross-encoder"))
    torch.manual_seed(0)
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *"abcdefghijklmnopqrstuvwxyz",
        *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz"),
    ]
    (plain / "vocab.txt").write_text("\n".join(words))
    BertTokenizer(str(plain / "vocab.txt")).save_pretrained(plain)
    config = BertConfig(
        vocab_size=len(words),
        initializer_range=1.0,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
    )
    config.num_labels = 1
    BertForSequenceClassification(config).save_pretrained(plain)
    CrossEncoder(str(plain), device="cpu").save_pretrained(str(whole))
    return str(whole)


@pytest.mark.slow
def test_a_cross_encoder_orders_the_best_passages_anew(cross_encoder: str, make_passage: MakePassage) -> None:
    found = [ScoredPassage(make_passage(f"text of {chr(97 + at % 26) * (at + 1)}"), 1 - at / 100) for at in range(40)]
    reranker = CrossEncoderReranker(cross_encoder)
    judged = reranker.scores("which text", [scored.passage.text for scored in found[:RERANKED]])
    best = [found[at].passage for at in np.argsort(-np.round(judged, 6), kind="stable")]
    ordered = reranked("which text", found, reranker)
    assert [scored.passage for scored in ordered] == [*best, *(scored.passage for scored in found[RERANKED:])]
    assert [scored.passage for scored in ordered] != [scored.passage for scored in found]
    assert [scored.score for scored in ordered] == [scored.score for scored in found]
    assert reranked("which text", found[:1], reranker) == found[:1]


def test_a_cross_encoder_that_is_not_there_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelUnavailable, match="LORECHAT_RERANKER"):
        CrossEncoderReranker(str(tmp_path)).scores("question", ["text"])
