"""Which release of a source was live when, read from its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from data_contracts.release_event import RELEASE_EVENTS, Actor, ReleaseEventKind
from lake.lake import Lake


@dataclass(frozen=True, slots=True)
class Event:
    """A row of `release_events`."""

    release_id: str
    at: datetime
    event: ReleaseEventKind
    actor: Actor
    reason: str
    evaluation: str | None = None

    @property
    def made_live(self) -> bool:
        """Whether the release answers from here on."""
        return self.event is not ReleaseEventKind.REFUSED


class ReleaseHistory:
    """The events of a source, oldest first, and what follows from them."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = tuple(sorted(events, key=lambda event: event.at))
        self._turns = [event for event in self.events if event.made_live]

    def live_at(self, instant: datetime) -> Event | None:
        """Return the event that made the release live which answered at an instant; None before the first."""
        return next((event for event in reversed(self._turns) if event.at <= instant), None)

    def last(self, release_id: str) -> Event | None:
        """Return the newest event of a release."""
        return next((event for event in reversed(self.events) if event.release_id == release_id), None)

    @property
    def first_live_at(self) -> datetime | None:
        """When the first release went live."""
        return self._turns[0].at if self._turns else None

    @property
    def once_live(self) -> list[str]:
        """The releases that are or were live, the one that went live last first."""
        return list(dict.fromkeys(event.release_id for event in reversed(self._turns)))

    @property
    def before(self) -> str | None:
        """The release that a rollback leads to: the one that the live one followed.

        Rolling back twice goes back twice: what was rolled back from is no longer on the way.
        """
        way: list[str] = []
        for event in self._turns:
            if event.event is ReleaseEventKind.ROLLED_BACK and event.release_id in way:
                del way[len(way) - way[::-1].index(event.release_id) :]
            elif not way or way[-1] != event.release_id:
                way.append(event.release_id)
        return way[-2] if len(way) > 1 else None

    @property
    def held(self) -> frozenset[str]:
        """The releases that a person replaced by another one: no run makes them live again, a person may."""
        held: set[str] = set()
        live: str | None = None
        for event in self._turns:
            if event.actor is Actor.PERSON and live is not None:
                held.add(live)
            held.discard(event.release_id)
            live = event.release_id
        return frozenset(held)


def release_history(lake: Lake, source: str) -> ReleaseHistory:
    """Read the events of a source."""
    rows = lake.scan(RELEASE_EVENTS, source=source).drop("source").collect().to_dicts()
    return ReleaseHistory(
        [Event(**row | {"event": ReleaseEventKind(row["event"]), "actor": Actor(row["actor"])}) for row in rows]
    )


def note_event(lake: Lake, source: str, event: Event) -> None:
    """Keep an event."""
    row = {name: getattr(event, name) for name in Event.__slots__}
    schema = RELEASE_EVENTS.schema.create_empty().drop("source").schema
    frame = pl.DataFrame([row | {"event": event.event.value, "actor": event.actor.value}], schema=schema)
    lake.append(RELEASE_EVENTS, frame, source=source)
