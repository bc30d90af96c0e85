"""The table of keys for programs."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, Integer, String, Table

from chat_app.store.schema import METADATA, UtcTime

# One row per key that was ever made. `digest` is the SHA-256 of the secret, which is not kept; `shown` its beginning;
# `sources` a JSON list, NULL for all. `daily_dollars` is NULL where the settings' budgets are the only ones.
api_keys = Table(
    "api_keys",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("digest", String(64), nullable=False),
    Column("shown", String(16), nullable=False),
    Column("sources", JSON(none_as_null=True), nullable=True),
    Column("per_minute", Integer, nullable=False),
    Column("daily_dollars", Float, nullable=True),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=True),
    Column("revoked_at", UtcTime, nullable=True),
    Index("ix_api_keys_digest", "digest", unique=True),
)
