"""What every VectorStore does with releases, through nothing but the protocol."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from retrieval.error import IndexMissing, RetrievalError
from retrieval.vector_store import PassageBatch


def test_the_live_release_is_described(shelf: Any) -> None:
    assert shelf.store.live("docs") is None
    manifest = shelf.publish()
    assert shelf.store.live("docs") == manifest
    assert shelf.store.sources() == ["docs"]


def test_a_built_release_answers_only_when_promoted_or_asked_for_by_name(shelf: Any) -> None:
    shelf.publish()
    other = shelf.manifest_of(("Only this.",), name="two")
    shelf.store.build(other, shelf.batches_of(("Only this.",)))
    assert "Only this." not in shelf.ask("only this", limit=9)
    assert shelf.ask("only this", release_id=other.release_id) == ["Only this."]
    assert "Only this." not in shelf.ask("only this", limit=9)
    shelf.store.promote("docs", other.release_id)
    assert shelf.ask("only this") == ["Only this."]


def test_an_earlier_release_can_go_live_again(shelf: Any) -> None:
    first = shelf.publish()
    shelf.publish(("Only this.",), name="two")
    shelf.store.promote("docs", first.release_id)
    assert shelf.ask("rebase commits onto")[0] == shelf.texts[2]


def test_releases_are_listed_newest_first(shelf: Any) -> None:
    old = shelf.publish()
    new = replace(shelf.manifest_of(shelf.texts, name="two"), built_at=old.built_at + timedelta(days=1))
    shelf.store.build(new, shelf.batches_of(shelf.texts))
    assert shelf.store.releases("docs") == [new, old]
    assert shelf.store.releases("nothing") == []


def test_building_a_release_again_changes_nothing(shelf: Any) -> None:
    manifest = shelf.publish()
    shelf.store.build(replace(manifest, title="another"), shelf.batches_of(("Something else.",)))
    assert shelf.store.live("docs") == manifest
    assert shelf.ask(shelf.texts[0])[0] == shelf.texts[0]


def test_a_dropped_release_is_gone_and_the_live_one_cannot_be_dropped(shelf: Any) -> None:
    first, second = shelf.publish(), shelf.publish(name="two")
    shelf.store.drop("docs", first.release_id)
    assert shelf.store.releases("docs") == [second]
    with pytest.raises(IndexMissing):
        shelf.store.promote("docs", first.release_id)
    with pytest.raises(RetrievalError, match="live"):
        shelf.store.drop("docs", second.release_id)
    assert shelf.ask(shelf.texts[0])[0] == shelf.texts[0]


def test_the_contents_of_a_release_are_what_it_was_built_from(shelf: Any) -> None:
    manifest = shelf.publish()
    found = [
        (passage, vector)
        for batch in shelf.store.contents("docs", manifest.release_id)
        for passage, vector in zip(batch.passages, batch.vectors, strict=True)
    ]
    assert sorted(passage.chunk_id for passage, _ in found) == sorted(
        one.chunk_id for one in shelf.passages_of(shelf.texts)
    )
    assert all(np.allclose(vector, shelf.vector_of(passage.body)) for passage, vector in found)


def test_a_build_that_fails_leaves_nothing_and_can_be_repeated(shelf: Any) -> None:
    def cut_off() -> Iterator[PassageBatch]:
        yield from shelf.batches_of(shelf.texts[:2])
        raise ConnectionError("the lake went away")

    manifest = shelf.manifest_of(shelf.texts)
    with pytest.raises(ConnectionError):
        shelf.store.build(manifest, cut_off())
    assert shelf.store.releases("docs") == []
    with pytest.raises(IndexMissing):
        shelf.store.promote("docs", manifest.release_id)
    assert shelf.publish() == shelf.store.live("docs")


def test_a_build_that_lost_passages_is_refused(shelf: Any) -> None:
    with pytest.raises(ValueError, match="5 chunks"):
        shelf.store.build(shelf.manifest_of(shelf.texts), shelf.batches_of(shelf.texts[:3]))
    assert shelf.store.releases("docs") == []


def test_builds_of_one_release_at_once_make_one(shelf: Any) -> None:
    threads = [
        threading.Thread(target=shelf.store.build, args=(shelf.manifest_of(shelf.texts), shelf.batches_of(shelf.texts)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shelf.store.releases("docs") == [shelf.manifest_of(shelf.texts)]


def test_readers_see_one_whole_release_while_another_goes_live(shelf: Any) -> None:
    """Every answer comes from one release: its words and its passages fit together."""
    names = ["red", "blue"]
    texts = {name: [f"{name} fact number {number} of the {name} book" for number in range(8)] for name in names}
    manifests = {name: shelf.publish(texts[name], name=name) for name in names}
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            bodies = shelf.ask("fact of the book", limit=8)
            if not bodies or len({body.split()[0] for body in bodies}) != 1:
                wrong.append(bodies)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(30):
        shelf.store.promote("docs", manifests[names[turn % 2]].release_id)
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_the_chunks_of_a_release_are_listed_with_their_pages(shelf: Any) -> None:
    first = shelf.publish()
    second = shelf.publish(("Only this.",), name="two")
    found = list(shelf.store.chunk_ids("docs", first.release_id))
    assert sorted(found) == sorted((passage.chunk_id, passage.url) for passage in shelf.passages_of(shelf.texts))
    assert [place.url for place in shelf.store.chunk_ids("docs", second.release_id)] == ["https://site.test/0"]
    with pytest.raises(IndexMissing):
        list(shelf.store.chunk_ids("docs", "nothing"))


def test_an_evaluation_is_kept_with_its_release_and_changes_nothing_else(shelf: Any) -> None:
    manifest = shelf.publish()
    for evaluation in ({"recall": 0.5, "failed": [{"question": "Why?"}]}, {"recall": 1.0, "failed": []}):
        shelf.store.evaluated("docs", manifest.release_id, evaluation)
        assert shelf.store.live("docs") == replace(manifest, evaluation=evaluation)
    assert shelf.ask(shelf.texts[0])[0] == shelf.texts[0]
    shelf.store.promote("docs", manifest.release_id)
    with pytest.raises(IndexMissing):
        shelf.store.evaluated("docs", "nothing", {})


def test_a_release_that_takes_what_is_unchanged_from_another_holds_the_same(shelf: Any) -> None:
    first = shelf.publish(shelf.texts[:4])
    second = shelf.manifest_of(shelf.texts, name="two")
    shelf.store.build(second, shelf.batches_of(shelf.texts), base=first.release_id)
    assert len(list(shelf.store.chunk_ids("docs", second.release_id))) == len(shelf.texts)
    shelf.store.promote("docs", second.release_id)
    shelf.store.drop("docs", first.release_id)
    for text in shelf.texts:
        assert shelf.ask(text)[0] == text


def test_a_withdrawn_source_has_no_live_release_until_another_promotion(shelf: Any) -> None:
    manifest = shelf.publish()
    shelf.publish(("A rebase of prices.",), source="shop")
    for _ in range(2):
        shelf.store.withdraw("docs")
        assert shelf.store.live("docs") is None
        assert shelf.store.sources() == ["shop"]
    with pytest.raises(IndexMissing):
        shelf.ask("anything")
    assert shelf.store.releases("docs") == [manifest]
    shelf.store.promote("docs", manifest.release_id)
    assert shelf.ask(shelf.texts[0])[0] == shelf.texts[0]
    shelf.store.withdraw("docs")
    shelf.store.drop("docs", manifest.release_id)
    assert shelf.store.releases("docs") == []
    shelf.store.withdraw("nothing")


def test_looking_at_many_releases_leaves_the_live_one_answering(shelf: Any) -> None:
    shelf.publish()
    for number in range(8):
        other = shelf.manifest_of((f"Only fact {number}.",), name=f"other {number}")
        shelf.store.build(other, shelf.batches_of((f"Only fact {number}.",)))
        assert shelf.ask("only fact", release_id=other.release_id) == [f"Only fact {number}."]
        assert shelf.ask(shelf.texts[0])[0] == shelf.texts[0]
