"""`release_events`: when which index release of a source went live, and which ones did not."""

from __future__ import annotations

from enum import StrEnum

import dataframely as dy
import polars as pl

from data_contracts.table import Table, sha256_column, utc_column


class ReleaseEventKind(StrEnum):
    """What happened to a release."""

    PROMOTED = "promoted"  # went live
    ROLLED_BACK = "rolled_back"  # a release that had been live before went live again, by a person
    REFUSED = "refused"  # was built and failed its check


class Actor(StrEnum):
    """Who made an event happen."""

    RUN = "run"
    PERSON = "person"


class ReleaseEvent(dy.Schema):
    """One row per event. The live release at an instant is that of the last promoted or rolled_back event before it.

    `release_id` is the release that the event made live, or that was refused; `actor` is who did it and `reason` says
    why in a sentence. `evaluation` is the JSON of the evaluation that the event was decided by, null when it was
    decided by a person.
    """

    source = dy.String(nullable=False, primary_key=True)
    release_id = sha256_column(primary_key=True)
    at = utc_column(primary_key=True)
    event = dy.String(nullable=False)
    actor = dy.String(nullable=False)
    reason = dy.String(nullable=False)
    evaluation = dy.String(nullable=True)

    @dy.rule()
    def event_is_known(cls) -> pl.Expr:
        return pl.col("event").is_in([kind.value for kind in ReleaseEventKind])

    @dy.rule()
    def actor_is_known(cls) -> pl.Expr:
        return pl.col("actor").is_in([actor.value for actor in Actor])


RELEASE_EVENTS = Table("release_events", ReleaseEvent)
