"""What every VectorStore does, through nothing but the protocol."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from data_contracts.identity import text_hash
from data_contracts.passage import Passage
from retrieval.embedder import Vectors
from retrieval.error import IndexMissing, ModelMismatch, RetrievalError
from retrieval.local_store import LocalStore
from retrieval.vector_store import PassageBatch, ReleaseManifest, SearchMode, VectorStore

DIMENSION = 64
MODEL = "words-64"
TEXTS = (
    "Install the package with pip and restart the shell.",
    "The --no-verify flag skips the hooks before a commit.",
    "A rebase moves commits onto another branch.",
    "Cron entries start the backup every night at two.",
    "The error ENOSPC means that the disk is full.",
)

STORES: dict[str, Callable[[Path], VectorStore]] = {"local": LocalStore}


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> VectorStore:
    made: VectorStore = STORES[request.param](tmp_path)
    return made


def vector_of(text: str) -> Vectors:
    """A bag of words in 64 dimensions: texts that share words are near."""
    vector = np.zeros(DIMENSION, dtype=np.float32)
    for word in text.lower().split():
        vector[int(text_hash(word)[:8], 16) % DIMENSION] += 1
    norm: Vectors = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return norm


def passages_of(texts: Sequence[str], source: str = "docs") -> list[Passage]:
    return [
        Passage(
            chunk_id=text_hash(f"{source} {number}"),
            source=source,
            url=f"https://site.test/{number}",
            title=f"Page {number}",
            heading_path=("Guide", f"Part {number}"),
            anchor=f"part-{number}" if number else None,
            text=f"Guide\n\n{text}",
            prefix_chars=7,
            start=10 * number,
            end=10 * number + len(text),
            page_version_id=text_hash(f"version {number}"),
            markdown_hash=text_hash(f"markdown {number}"),
            text_hash=text_hash(text),
            fetched_at=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
        )
        for number, text in enumerate(texts)
    ]


def manifest_of(
    texts: Sequence[str], *, source: str = "docs", name: str = "one", model: str = MODEL
) -> ReleaseManifest:
    return ReleaseManifest(
        source=source,
        release_id=text_hash(name),
        title="The docs",
        model_id=model,
        dimension=DIMENSION,
        chunker_version="c1",
        extractor_version="e1",
        pages=len(texts),
        chunks=len(texts),
        built_at=datetime(2026, 1, 1, tzinfo=UTC),
        starters=("What is it?", "How does it start?"),
    )


def batches_of(texts: Sequence[str], source: str = "docs", size: int = 2) -> Iterator[PassageBatch]:
    passages = passages_of(texts, source)
    for start in range(0, len(passages), size):
        batch = passages[start : start + size]
        yield PassageBatch(batch, np.array([vector_of(passage.body) for passage in batch]))


def publish(
    store: VectorStore, texts: Sequence[str] = TEXTS, *, source: str = "docs", name: str = "one"
) -> ReleaseManifest:
    manifest = manifest_of(texts, source=source, name=name)
    store.build(manifest, batches_of(texts, source))
    store.promote(source, manifest.release_id)
    return manifest


def ask(
    store: VectorStore,
    text: str,
    *,
    source: str = "docs",
    limit: int = 3,
    mode: SearchMode = SearchMode.HYBRID,
    release_id: str | None = None,
) -> list[str]:
    found = store.search(
        source, vector=vector_of(text), text=text, model_id=MODEL, limit=limit, mode=mode, release_id=release_id
    )
    return [scored.passage.body for scored in found]


def test_the_passage_that_answers_comes_first_in_every_mode(store: VectorStore) -> None:
    publish(store)
    for mode in SearchMode:
        assert ask(store, "rebase commits onto a branch", mode=mode)[0] == TEXTS[2]


def test_a_passage_comes_back_with_every_field_it_went_in_with(store: VectorStore) -> None:
    publish(store)
    found = store.search("docs", vector=vector_of(TEXTS[0]), text=TEXTS[0], model_id=MODEL, limit=5)
    originals = {passage.chunk_id: passage for passage in passages_of(TEXTS)}
    assert {scored.passage.chunk_id: scored.passage for scored in found}.items() <= originals.items()


def test_scores_fall_and_say_what_they_were_fused_from(store: VectorStore) -> None:
    publish(store)
    found = store.search("docs", vector=vector_of(TEXTS[1]), text=TEXTS[1], model_id=MODEL, limit=5)
    scores = [scored.score for scored in found]
    assert scores == sorted(scores, reverse=True)
    assert found[0].score > 0


def test_a_flag_is_found_by_its_name(store: VectorStore) -> None:
    publish(store)
    assert ask(store, "--no-verify", mode=SearchMode.LEXICAL)[0] == TEXTS[1]


def test_no_text_breaks_a_search(store: VectorStore) -> None:
    publish(store)
    for text in ("", "   ", "\x00", '"unclosed AND (', "url:x OR -", "*", "word " * 50_000, "日本語 ?"):
        for mode in SearchMode:
            assert len(ask(store, text, mode=mode)) <= 3


def test_a_limit_bounds_the_results(store: VectorStore) -> None:
    publish(store)
    assert len(ask(store, "the", limit=2)) == 2
    assert ask(store, "the", limit=0) == []
    assert len(ask(store, TEXTS[0], limit=1000)) == len(TEXTS)


def test_passages_that_repeat_one_another_come_once(store: VectorStore) -> None:
    publish(store, (*TEXTS, TEXTS[2], f"{TEXTS[2]} "))
    assert ask(store, TEXTS[2], limit=7).count(TEXTS[2]) == 1


def test_the_live_release_is_described(store: VectorStore) -> None:
    assert store.live("docs") is None
    manifest = publish(store)
    assert store.live("docs") == manifest
    assert store.sources() == ["docs"]


def test_a_built_release_answers_only_when_promoted_or_asked_for_by_name(store: VectorStore) -> None:
    publish(store)
    other = manifest_of(("Only this.",), name="two")
    store.build(other, batches_of(("Only this.",)))
    assert "Only this." not in ask(store, "only this", limit=9)
    assert ask(store, "only this", release_id=other.release_id) == ["Only this."]
    assert "Only this." not in ask(store, "only this", limit=9)
    store.promote("docs", other.release_id)
    assert ask(store, "only this") == ["Only this."]


def test_an_earlier_release_can_go_live_again(store: VectorStore) -> None:
    first = publish(store)
    publish(store, ("Only this.",), name="two")
    store.promote("docs", first.release_id)
    assert ask(store, "rebase commits onto")[0] == TEXTS[2]


def test_releases_are_listed_newest_first(store: VectorStore) -> None:
    old = publish(store)
    new = replace(manifest_of(TEXTS, name="two"), built_at=old.built_at + timedelta(days=1))
    store.build(new, batches_of(TEXTS))
    assert store.releases("docs") == [new, old]
    assert store.releases("nothing") == []


def test_building_a_release_again_changes_nothing(store: VectorStore) -> None:
    manifest = publish(store)
    store.build(replace(manifest, title="another"), batches_of(("Something else.",)))
    assert store.live("docs") == manifest
    assert ask(store, TEXTS[0])[0] == TEXTS[0]


def test_a_dropped_release_is_gone_and_the_live_one_cannot_be_dropped(store: VectorStore) -> None:
    first, second = publish(store), publish(store, name="two")
    store.drop("docs", first.release_id)
    assert store.releases("docs") == [second]
    with pytest.raises(IndexMissing):
        store.promote("docs", first.release_id)
    with pytest.raises(RetrievalError, match="live"):
        store.drop("docs", second.release_id)
    assert ask(store, TEXTS[0])[0] == TEXTS[0]


def test_the_contents_of_a_release_are_what_it_was_built_from(store: VectorStore) -> None:
    manifest = publish(store)
    found = [
        (passage, vector)
        for batch in store.contents("docs", manifest.release_id)
        for passage, vector in zip(batch.passages, batch.vectors, strict=True)
    ]
    assert sorted(passage.chunk_id for passage, _ in found) == sorted(one.chunk_id for one in passages_of(TEXTS))
    assert all(np.allclose(vector, vector_of(passage.body)) for passage, vector in found)


def test_sources_are_searched_apart(store: VectorStore) -> None:
    publish(store)
    publish(store, ("A rebase of prices.",), source="shop")
    assert store.sources() == ["docs", "shop"]
    assert ask(store, "rebase", source="shop", limit=9) == ["A rebase of prices."]
    assert "A rebase of prices." not in ask(store, "rebase", limit=9)


def test_a_source_without_a_release_says_what_to_do(store: VectorStore) -> None:
    with pytest.raises(IndexMissing, match="pipeline"):
        ask(store, "anything")
    store.build(manifest_of(TEXTS), batches_of(TEXTS))
    with pytest.raises(IndexMissing):
        ask(store, "anything")


def test_another_model_is_refused_with_both_names(store: VectorStore) -> None:
    publish(store)
    with pytest.raises(ModelMismatch, match=r"words-64.*another-model"):
        store.search("docs", vector=vector_of("x"), text="x", model_id="another-model", limit=3)


def test_a_release_without_passages_finds_nothing(store: VectorStore) -> None:
    publish(store, ())
    assert ask(store, "anything") == []


def test_a_build_that_fails_leaves_nothing_and_can_be_repeated(store: VectorStore) -> None:
    def cut_off() -> Iterator[PassageBatch]:
        yield from batches_of(TEXTS[:2])
        raise ConnectionError("the lake went away")

    manifest = manifest_of(TEXTS)
    with pytest.raises(ConnectionError):
        store.build(manifest, cut_off())
    assert store.releases("docs") == []
    with pytest.raises(IndexMissing):
        store.promote("docs", manifest.release_id)
    assert publish(store) == store.live("docs")


def test_a_build_that_lost_passages_is_refused(store: VectorStore) -> None:
    with pytest.raises(ValueError, match="5 chunks"):
        store.build(manifest_of(TEXTS), batches_of(TEXTS[:3]))
    assert store.releases("docs") == []


def test_builds_of_one_release_at_once_make_one(store: VectorStore) -> None:
    threads = [threading.Thread(target=store.build, args=(manifest_of(TEXTS), batches_of(TEXTS))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.releases("docs") == [manifest_of(TEXTS)]


def test_readers_see_one_whole_release_while_another_goes_live(store: VectorStore) -> None:
    """Every answer comes from one release: its words and its passages fit together."""
    names = ["red", "blue"]
    texts = {name: [f"{name} fact number {number} of the {name} book" for number in range(8)] for name in names}
    manifests = {name: publish(store, texts[name], name=name) for name in names}
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            bodies = ask(store, "fact of the book", limit=8)
            if not bodies or len({body.split()[0] for body in bodies}) != 1:
                wrong.append(bodies)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(30):
        store.promote("docs", manifests[names[turn % 2]].release_id)
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
