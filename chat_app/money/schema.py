"""The tables of budgets and of kept answers, on the chat's one set of tables."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from chat_app.store.schema import METADATA, UtcTime

# One row per account that a budget counts on (`chat_app.money.budget`): what was spent or is set aside, and the most
# that it was last allowed, in billionths of a US dollar.
money_accounts = Table(
    "money_accounts",
    METADATA,
    Column("name", String(700), primary_key=True),
    Column("charged", BigInteger, nullable=False),
    Column("most", BigInteger, nullable=False),
    Column("touched_at", UtcTime, nullable=False),
    Index("ix_money_accounts_touched_at", "touched_at"),
)

# One row per call to a model that is under way. `accounts` are the names that it is charged to, a JSON list; what is
# still here at `expires_at` belongs to a process that died.
money_reservations = Table(
    "money_reservations",
    METADATA,
    Column("number", String(64), primary_key=True),
    Column("nanodollars", BigInteger, nullable=False),
    Column("accounts", Text, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Index("ix_money_reservations_expires_at", "expires_at"),
)

# One row per answer that may be given again. `key` is the sha256 of all that the answer depends on
# (`chat_app.answer_cache.key`); `answer` is its JSON, without anything that belongs to the one who asked.
cached_answers = Table(
    "cached_answers",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("answer", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("used_at", UtcTime, nullable=False),
    Column("uses", Integer, nullable=False),
    Index("ix_cached_answers_made_at", "made_at"),
    Index("ix_cached_answers_used_at", "used_at"),
)

# One row per kept answer and page that it was made from; `url_hash` is the sha256 of the canonical URL, as erasures
# name pages.
cached_answer_pages = Table(
    "cached_answer_pages",
    METADATA,
    Column(
        "key",
        String(64),
        ForeignKey("cached_answers.key", name="fk_cached_answer_pages_key", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("source", String(200), primary_key=True),
    Column("url_hash", String(64), primary_key=True),
    Index("ix_cached_answer_pages_source_url_hash", "source", "url_hash"),
)
