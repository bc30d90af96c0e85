"""Releases that a run could not finish, or that something happened to: the next run puts it right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assets.stages.release import Outcome
from data_contracts.release_event import RELEASE_EVENTS, Actor
from lake.release_history import release_history
from retrieval.error import IndexDamaged
from retrieval.local_store import LocalStore

pytestmark = pytest.mark.slow


def html(text: str) -> str:
    text = f"{text} is all that this page has to say about anything at all."
    return f"<html><head><title>A page</title></head><body><main><h1>A page</h1><p>{text}</p></main></body></html>"


class DyingStore(LocalStore):
    """A store whose process dies when it promotes, just before or just after."""

    after = False

    def promote(self, source: str, release_id: str) -> None:
        if self.after:
            super().promote(source, release_id)
        raise KeyboardInterrupt


@pytest.fixture
def site(counted: Any) -> Any:
    """A page and its live release."""
    counted.crawl({"/a": html("Rain")})
    counted.build()
    return counted


def live(site: Any) -> str:
    found: str = site.store.live("example").release_id
    return found


@pytest.mark.parametrize("after", [False, True])
def test_a_run_that_dies_as_it_promotes_is_finished_by_the_next_one(site: Any, tmp_path: Path, after: bool) -> None:
    before, store = live(site), site.store
    site.crawl({"/b": html("Dew")})
    site.extract(), site.split(), site.embed()
    site.store = DyingStore(tmp_path / "index")
    site.store.after = after
    with pytest.raises(KeyboardInterrupt):
        site.publish()
    site.store, site.embedder.questions = store, 0
    assert (live(site) == before) is not after
    published = site.publish()
    assert published.outcome is (Outcome.UNCHANGED if after else Outcome.PROMOTED)
    assert site.embedder.questions == 0
    assert live(site) == published.candidate != before
    events = release_history(site.lake, "example").events
    assert [event.release_id for event in events] == [before, published.candidate]


def test_a_damaged_live_release_is_built_anew_by_the_next_run(site: Any, tmp_path: Path) -> None:
    first = site.store.live("example")
    (tmp_path / "index" / "example" / first.release_id / "vectors.f32").write_bytes(b"")
    with pytest.raises(IndexDamaged, match="Build the release again"):
        site.store.live("example")
    assert site.publish().live.release_id == first.release_id
    vector = site.embedder.embed_query("rain")
    assert site.store.search("example", vector=vector, text="rain", model_id=first.model_id, limit=1)


def test_an_index_that_was_live_before_events_were_kept_gets_its_event(site: Any) -> None:
    release_id = live(site)
    rows = site.lake.scan(RELEASE_EVENTS).select("release_id").collect()
    site.lake.erase(RELEASE_EVENTS, rows, source="example")
    assert release_history(site.lake, "example").events == ()
    site.publish()
    [event] = release_history(site.lake, "example").events
    assert (event.release_id, event.actor, event.at) == (release_id, Actor.RUN, site.store.live("example").built_at)
