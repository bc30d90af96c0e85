"""The tables of conversations. Every other table of the chat stands on the same `METADATA`.

`migrations/` makes these tables; a test compares both.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An instant: goes in with any time zone and comes out in UTC, from SQLite too, which keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be kept")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's signature
        if value is None:
            return None
        instant: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return instant.astimezone(UTC)


# One row per conversation. `owner` is the name of a person who logged in, "" for somebody unknown; then `visitor` is
# the name of a browser, or the id of a program's key.
threads = Table(
    "threads",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("owner", String(320), nullable=False),
    Column("visitor", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("details", JSON, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Index("ix_threads_owner_updated_at", "owner", "updated_at"),
    Index("ix_threads_visitor", "visitor"),
)

# One row per question. `state` is running, done, failed, stopped or lost; `said` is the answer's text so far and `beat`
# counts the writes, so that a turn whose process died is one whose beat stands still. `searched` is the JSON of the
# search's line, `answer` that of the whole answer with its citations and passages, NULL until it is there; `error` is
# what a person is told. `cost` is in US dollars, NULL where no price is known. Times are milliseconds.
turns = Table(
    "turns",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column(
        "thread_id", String(64), ForeignKey("threads.id", name="fk_turns_thread_id", ondelete="CASCADE"), nullable=False
    ),
    Column("state", String(16), nullable=False),
    Column("beat", Integer, nullable=False),
    Column("is_stop_wanted", Boolean, nullable=False),
    Column("runner", String(64), nullable=False),
    Column("question", Text, nullable=False),
    Column("standalone", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("searched", Text, nullable=True),
    Column("answer", Text, nullable=True),
    Column("error", Text, nullable=True),
    Column("sources", JSON, nullable=True),
    Column("profile", String(64), nullable=False),
    Column("user", String(320), nullable=False),
    Column("session", String(128), nullable=False),
    Column("model", String(200), nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False),
    Column("cost", Float, nullable=True),
    Column("is_cached", Boolean, nullable=False),
    Column("first_text_milliseconds", Integer, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, nullable=True),
    Index("ix_turns_thread_id_asked_at", "thread_id", "asked_at"),
    Index("ix_turns_state", "state"),
)

# One row per page that a turn's answer may quote, so that the answer goes when the page is erased. `url_hash` is the
# sha256 of the page's canonical URL.
turn_pages = Table(
    "turn_pages",
    METADATA,
    Column(
        "turn_id",
        String(64),
        ForeignKey("turns.id", name="fk_turn_pages_turn_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("source", String(200), primary_key=True),
    Column("url_hash", String(64), primary_key=True),
    Index("ix_turn_pages_source_url_hash", "source", "url_hash"),
)

# One row per judgement; a person's last one on a turn counts.
feedback = Table(
    "feedback",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column(
        "turn_id", String(64), ForeignKey("turns.id", name="fk_feedback_turn_id", ondelete="CASCADE"), nullable=False
    ),
    Column("is_good", Boolean, nullable=False),
    Column("comment", Text, nullable=True),
    Column("judged_at", UtcTime, nullable=False),
    Index("ix_feedback_turn_id", "turn_id"),
)
