"""What every VectorStore finds, through nothing but the protocol."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from retrieval.error import IndexMissing, ModelMismatch
from retrieval.vector_store import PassageBatch, SearchMode


def test_the_passage_that_answers_comes_first_in_every_mode(shelf: Any) -> None:
    shelf.publish()
    for mode in SearchMode:
        assert shelf.ask("rebase commits onto a branch", mode=mode)[0] == shelf.texts[2]


def test_a_passage_comes_back_with_every_field_it_went_in_with(shelf: Any) -> None:
    shelf.publish()
    found = shelf.store.search(
        "docs", vector=shelf.vector_of(shelf.texts[0]), text=shelf.texts[0], model_id=shelf.model, limit=5
    )
    originals = {passage.chunk_id: passage for passage in shelf.passages_of(shelf.texts)}
    assert {scored.passage.chunk_id: scored.passage for scored in found}.items() <= originals.items()


def test_scores_fall_and_say_what_they_were_fused_from(shelf: Any) -> None:
    shelf.publish()
    found = shelf.store.search(
        "docs", vector=shelf.vector_of(shelf.texts[1]), text=shelf.texts[1], model_id=shelf.model, limit=5
    )
    scores = [scored.score for scored in found]
    assert scores == sorted(scores, reverse=True)
    assert found[0].score > 0


def test_a_flag_is_found_by_its_name(shelf: Any) -> None:
    shelf.publish()
    assert shelf.ask("--no-verify", mode=SearchMode.LEXICAL)[0] == shelf.texts[1]


def test_no_text_breaks_a_search(shelf: Any) -> None:
    shelf.publish()
    for text in ("", "   ", "\x00", '"unclosed AND (', "url:x OR -", "*", "word " * 50_000, "日本語 ?"):
        for mode in SearchMode:
            assert len(shelf.ask(text, mode=mode)) <= 3


def test_a_limit_bounds_the_results(shelf: Any) -> None:
    shelf.publish()
    assert len(shelf.ask("the", limit=2)) == 2
    assert shelf.ask("the", limit=0) == []
    assert len(shelf.ask(shelf.texts[0], limit=1000)) == len(shelf.texts)


def test_passages_that_repeat_one_another_come_once(shelf: Any) -> None:
    shelf.publish((*shelf.texts, shelf.texts[2], f"{shelf.texts[2]} "))
    assert shelf.ask(shelf.texts[2], limit=7).count(shelf.texts[2]) == 1


def test_sources_are_searched_apart(shelf: Any) -> None:
    shelf.publish()
    shelf.publish(("A rebase of prices.",), source="shop")
    assert shelf.store.sources() == ["docs", "shop"]
    assert shelf.ask("rebase", source="shop", limit=9) == ["A rebase of prices."]
    assert "A rebase of prices." not in shelf.ask("rebase", limit=9)


def test_chunks_are_found_by_their_ids_nearest_first(shelf: Any) -> None:
    shelf.publish()
    wanted = [shelf.passages_of(shelf.texts)[number].chunk_id for number in (0, 2, 4)]
    found = shelf.store.find("docs", wanted, vector=shelf.vector_of(shelf.texts[2]), model_id=shelf.model)
    assert {scored.passage.chunk_id for scored in found} == set(wanted)
    assert found[0].passage.body == shelf.texts[2]
    assert [scored.dense for scored in found] == sorted((scored.dense for scored in found), reverse=True)


def test_a_chunk_that_the_live_release_no_longer_holds_is_not_found(shelf: Any) -> None:
    shelf.publish()
    ids = [passage.chunk_id for passage in shelf.passages_of(shelf.texts)]
    shelf.publish(shelf.texts[:2], name="two")
    found = shelf.store.find("docs", [*ids, "unknown"], vector=shelf.vector_of("x"), model_id=shelf.model)
    assert {scored.passage.chunk_id for scored in found} == set(ids[:2])
    assert shelf.store.find("docs", [], vector=shelf.vector_of("x"), model_id=shelf.model) == []
    with pytest.raises(ModelMismatch):
        shelf.store.find("docs", ids, vector=shelf.vector_of("x"), model_id="other")


def test_a_source_without_a_release_says_what_to_do(shelf: Any) -> None:
    with pytest.raises(IndexMissing, match="pipeline"):
        shelf.ask("anything")
    shelf.store.build(shelf.manifest_of(shelf.texts), shelf.batches_of(shelf.texts))
    with pytest.raises(IndexMissing):
        shelf.ask("anything")


def test_another_model_is_refused_with_both_names(shelf: Any) -> None:
    shelf.publish()
    with pytest.raises(ModelMismatch, match=r"words-64.*another-model"):
        shelf.store.search("docs", vector=shelf.vector_of("x"), text="x", model_id="another-model", limit=3)


def test_a_release_without_passages_finds_nothing(shelf: Any) -> None:
    shelf.publish(())
    assert shelf.ask("anything") == []


def test_a_page_is_found_whole_and_in_order(shelf: Any) -> None:
    manifest = shelf.manifest_of(shelf.texts)
    passages = [
        replace(one, url=f"https://site.test/{at % 2}") for at, one in enumerate(shelf.passages_of(shelf.texts))
    ]
    vectors = np.array([shelf.vector_of(one.body) for one in passages])
    shelf.store.build(manifest, [PassageBatch(passages[::-1], vectors[::-1])])
    shelf.store.promote("docs", manifest.release_id)
    assert shelf.store.page("docs", "https://site.test/0") == [passages[0], passages[2], passages[4]]
    assert shelf.store.page("docs", "https://site.test/1", release_id=manifest.release_id) == [passages[1], passages[3]]
    assert shelf.store.page("docs", "https://site.test/9") == []


def test_a_page_of_a_source_without_a_release_says_what_to_do(shelf: Any) -> None:
    with pytest.raises(IndexMissing, match="pipeline"):
        shelf.store.page("docs", "https://site.test/0")


def test_equal_passages_come_in_one_order_however_the_release_was_written(shelf: Any) -> None:
    texts = [f"The same words about {name}." for name in ("ants", "bees", "cats", "dogs", "eels", "fish", "gnus")]
    passages = shelf.passages_of(texts)
    vectors = np.array([shelf.vector_of("the same words about") for _ in texts])
    orders = []
    for name, order in (("one", [0, 1, 2, 3, 4, 5, 6]), ("two", [6, 2, 0, 5, 1, 4, 3])):
        manifest = shelf.manifest_of(texts, name=name)
        shelf.store.build(manifest, [PassageBatch([passages[at] for at in order], vectors[order])])
        shelf.store.promote("docs", manifest.release_id)
        orders.append([shelf.ask("the same words about", mode=mode, limit=7) for mode in SearchMode])
    assert orders[0] == orders[1]


def test_a_passage_that_holds_the_name_asked_for_comes_first(shelf: Any) -> None:
    texts = (
        "The flag no cache and the cache of the build: caching what does not change, and no more caching.",
        "Pass --no-cache to build every layer again.",
        "What --no-cache-dir does is another thing.",
    )
    shelf.publish(texts)
    assert shelf.ask("pass --no-cache when caching", limit=3)[0] == texts[1]


def test_a_calibrated_weight_is_used(shelf: Any) -> None:
    words, meaning = "zebra zebra zebra", "horses with stripes"
    passages = shelf.passages_of((words, meaning, "nothing at all"))
    vectors = np.array([shelf.vector_of(text) for text in ("other", "striped", "third")])
    manifest = shelf.manifest_of(passages)
    shelf.store.build(manifest, [PassageBatch(passages, vectors)])
    shelf.store.promote("docs", manifest.release_id)

    def first(text: str) -> str:
        found = shelf.store.search("docs", vector=shelf.vector_of("striped"), text=text, model_id=shelf.model, limit=1)
        return found[0].passage.body

    assert first("zebra") == meaning
    shelf.store.evaluated("docs", manifest.release_id, {"dense_weight": 0.2})
    assert first("zebra") == words
