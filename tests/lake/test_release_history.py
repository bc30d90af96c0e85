from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from data_contracts.identity import text_hash
from data_contracts.release_event import Actor, ReleaseEventKind
from lake import Lake
from lake.release_history import Event, ReleaseHistory, note_event, release_history

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = {
    "live": (ReleaseEventKind.PROMOTED, Actor.RUN),
    "by hand": (ReleaseEventKind.PROMOTED, Actor.PERSON),
    "back": (ReleaseEventKind.ROLLED_BACK, Actor.PERSON),
    "refused": (ReleaseEventKind.REFUSED, Actor.RUN),
}


def history(*steps: str) -> ReleaseHistory:
    """A history from steps such as "live a", "back a", a day apart."""
    events = []
    for day, step in enumerate(steps):
        what, name = step.rsplit(" ", 1)
        events.append(Event(name, BEGAN + timedelta(days=day), *KINDS[what], reason=step))
    return ReleaseHistory(list(reversed(events)))


def test_the_release_that_answered_is_that_of_the_last_promotion_or_rollback_before() -> None:
    told = history("live a", "live b", "refused c", "back a")
    days = [told.live_at(BEGAN + timedelta(days=day, hours=1)) for day in range(4)]
    assert [event.release_id for event in days if event] == ["a", "b", "b", "a"]
    assert told.live_at(BEGAN - timedelta(seconds=1)) is None
    assert told.live_at(BEGAN).release_id == "a"
    assert told.first_live_at == BEGAN
    assert ReleaseHistory([]).first_live_at is None


def test_a_rollback_leads_back_along_the_way_that_was_come() -> None:
    assert history("live a").before is None
    assert history("live a", "live b", "live c").before == "b"
    assert history("live a", "live b", "live c", "back b").before == "a"
    assert history("live a", "live b", "live c", "back b", "back a").before is None
    assert history("live a", "live b", "back a", "live c").before == "a"
    assert history("live a", "live b", "live a").before == "b"
    assert history("live a", "refused b", "by hand b").before == "a"


def test_what_a_person_replaced_is_held_until_it_goes_live_again() -> None:
    assert history("live a", "live b").held == frozenset()
    assert history("live a", "live b", "back a").held == {"b"}
    assert history("live a", "live b", "back a", "live c").held == {"b"}
    assert history("live a", "live b", "back a", "back b").held == {"a"}
    assert history("live a", "refused b", "by hand b").held == {"a"}


def test_the_releases_that_were_live_come_newest_first() -> None:
    assert history("live a", "live b", "refused x", "back a").once_live == ["a", "b"]


def test_events_are_read_back_as_they_were_noted(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    noted = [
        Event(text_hash(name), BEGAN + timedelta(days=day), *KINDS[kind], reason=kind, evaluation='{"a": 1}')
        for day, (name, kind) in enumerate([("a", "live"), ("b", "refused"), ("b", "by hand"), ("a", "back")])
    ]
    for event in reversed(noted):
        note_event(lake, "docs", event)
    note_event(lake, "other", noted[0])
    assert release_history(lake, "docs").events == tuple(noted)
    assert release_history(lake, "docs").last(text_hash("b")) == noted[2]
