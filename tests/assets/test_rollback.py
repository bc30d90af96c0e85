"""Going back to an earlier release, and what later runs make of it."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import pytest

from assets.error import PastUnknown
from assets.stages.promotion import promote_release, roll_back
from assets.stages.release import Outcome
from data_contracts.release_event import Actor
from lake.release_history import release_history
from retrieval.models import load_embedder_by_id

pytestmark = pytest.mark.slow


def html(text: str) -> str:
    return f"<html><head><title>A page</title></head><body><main><h1>A page</h1><p>{text}</p></main></body></html>"


def publish(crawled: Any, text: str) -> str:
    """Build a release that says something else, and return it."""
    crawled.crawl({"/a": html(f"{text} is all that this page has to say about anything at all.")})
    crawled.build()
    return live(crawled)


def live(crawled: Any) -> str:
    found: str = crawled.store.live("example").release_id
    return found


def back(crawled: Any) -> str:
    return roll_back(crawled.lake, crawled.store, "example", reason="wrong prices")


def promote(crawled: Any, release_id: str) -> None:
    promote_release(crawled.lake, crawled.store, "example", release_id, actor=Actor.PERSON, reason="by hand")


def test_a_rollback_leads_to_the_release_before_and_a_second_one_further_back(crawled: Any) -> None:
    first, second, third = (publish(crawled, text) for text in ("Rain", "Snow", "Wind"))
    assert live(crawled) == third
    assert back(crawled) == second == live(crawled)
    assert back(crawled) == first == live(crawled)
    with pytest.raises(PastUnknown, match="no other live release to go back to"):
        back(crawled)
    assert live(crawled) == first


def test_a_rollback_is_not_undone_by_a_run_without_changes(crawled: Any) -> None:
    first, second = publish(crawled, "Rain"), publish(crawled, "Snow")
    back(crawled)
    for _ in range(2):
        published = crawled.publish()
        assert published.outcome is Outcome.HELD
        assert (published.live.release_id, published.candidate) == (first, second)
        assert live(crawled) == first
    events = [(event.event.value, event.actor.value) for event in release_history(crawled.lake, "example").events]
    assert events == [("promoted", "run"), ("promoted", "run"), ("rolled_back", "person")]


def test_newer_content_goes_live_after_a_rollback_and_the_release_rolled_back_from_stays_held(crawled: Any) -> None:
    _, second = publish(crawled, "Rain"), publish(crawled, "Snow")
    back(crawled)
    third = publish(crawled, "Wind")
    assert third != second
    crawled.crawl({"/a": html("Snow is all that this page has to say about anything at all.")})
    crawled.build()
    assert live(crawled) == third
    promote(crawled, second)
    assert live(crawled) == second
    assert crawled.publish().outcome is Outcome.UNCHANGED


def test_a_release_that_a_person_promoted_is_not_replaced_by_the_one_it_replaced(crawled: Any) -> None:
    first, _ = publish(crawled, "Rain"), publish(crawled, "Snow")
    promote(crawled, first)
    assert crawled.publish().outcome is Outcome.HELD
    assert live(crawled) == first


def test_the_last_live_releases_are_kept_and_the_newest_refused_one(crawled: Any) -> None:
    crawled.keep = 2
    first, second, third = (publish(crawled, text) for text in ("Rain", "Snow", "Wind"))
    assert {release.release_id for release in crawled.store.releases("example")} == {second, third}
    back(crawled)
    fourth = publish(crawled, "Hail")
    assert {release.release_id for release in crawled.store.releases("example")} == {second, fourth}
    assert back(crawled) == second
    with pytest.raises(PastUnknown, match=rf"{first[:12]}, is no longer kept"):
        back(crawled)


def test_another_chunk_size_is_a_release_beside_the_live_one_that_embeds_only_new_texts(crawled: Any) -> None:
    first = publish(crawled, "Rain " * 200)
    crawled.chunking = crawled.chunking.__class__(size=40, overlap=0)
    crawled.split(), crawled.embed()
    vector = crawled.embedder.embed_query("rain")
    assert live(crawled) == first
    assert crawled.store.search("example", vector=vector, text="rain", model_id=crawled.embedder.model_id, limit=1)
    second = crawled.publish().live.release_id
    assert second != first
    assert back(crawled) == first
    crawled.chunking = crawled.chunking.__class__(size=80, overlap=0)
    assert crawled.embed().added == 0
    assert crawled.publish().outcome is Outcome.UNCHANGED


def test_the_live_release_answers_while_a_candidate_is_built_and_evaluated(crawled: Any) -> None:
    """Every question that comes in between finds the old words or, once promoted, the new ones; none fails."""
    publish(crawled, "Rain")
    crawled.crawl({"/a": html("Snow is all that this page has to say about anything at all.")})
    crawled.extract(), crawled.split(), crawled.embed()
    vector, model_id = crawled.embedder.embed_query("page"), crawled.embedder.model_id
    seen: list[str] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            [found] = crawled.store.search("example", vector=vector, text="page", model_id=model_id, limit=1)
            seen.append("Rain" if "Rain" in found.passage.body else "Snow")

    reader = threading.Thread(target=ask)
    reader.start()
    crawled.publish()
    ended.set()
    reader.join()
    assert seen[0] == "Rain"
    assert seen == sorted(seen)
    assert set(seen) <= {"Rain", "Snow"}


def test_another_embedding_model_is_a_release_that_is_compared_with_the_live_one(
    crawled: Any, prepared_models: Path
) -> None:
    """Each release is asked with the model that it was made with; going back needs nothing but the pointer."""
    plain = crawled.embedder
    first = publish(crawled, "Rain")
    precision = "fp32" if "+bf16+" in plain.model_id else "int8"
    other_id = re.sub(r"\+(bf16|fp32)\+", f"+{precision}+", plain.model_id)
    crawled.embedder = load_embedder_by_id(other_id, cache=prepared_models)
    assert crawled.embed().added == 1
    assert live(crawled) == first
    crawled.open_embedder = {plain.model_id: plain}.__getitem__
    published = crawled.publish()
    assert published.outcome is Outcome.PROMOTED
    assert published.evaluation.live is not None
    assert (published.live.model_id, published.live.release_id != first) == (other_id, True)
    assert back(crawled) == first
    assert crawled.store.live("example").model_id == plain.model_id
