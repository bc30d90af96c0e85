"""The tables of people, failed logins and shared conversations."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table

from chat_app.store.schema import METADATA, UtcTime

# One row per person that may log in, or has: `name` is what the login knows them by. `password_hash` is argon2's own
# text, NULL for people who come through an identity provider. Sessions that began before `sessions_from` have ended.
people = Table(
    "people",
    METADATA,
    Column("name", String(320), primary_key=True),
    Column("display_name", String(320), nullable=False),
    Column("password_hash", String(200), nullable=True),
    Column("roles", JSON, nullable=False),
    Column("groups", JSON, nullable=False),
    Column("is_disabled", Boolean, nullable=False),
    Column("sessions_from", UtcTime, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_login_at", UtcTime, nullable=True),
)

# One row per name or address whose last logins failed; `key` is the hash of either, `failures` how many in a row.
login_failures = Table(
    "login_failures",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcTime, nullable=False),
    Index("ix_login_failures_last_at", "last_at"),
)

# One row per shared conversation: what was asked until `up_to` can be read with the token whose hash is kept here.
shares = Table(
    "shares",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column(
        "thread_id",
        String(64),
        ForeignKey("threads.id", name="fk_shares_thread_id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("owner", String(320), nullable=False),
    Column("up_to", UtcTime, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Index("ix_shares_thread_id", "thread_id"),
)
