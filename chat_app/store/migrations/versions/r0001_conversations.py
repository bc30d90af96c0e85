"""Threads, turns and judgements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_conversations"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "threads",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(320), nullable=False),
        sa.Column("visitor", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("updated_at", time, nullable=False),
    )
    op.create_index("ix_threads_owner_updated_at", "threads", ["owner", "updated_at"])
    op.create_index("ix_threads_visitor", "threads", ["visitor"])
    _create_turns(time)
    op.create_table(
        "turn_pages",
        sa.Column("turn_id", sa.String(64), primary_key=True),
        sa.Column("source", sa.String(200), primary_key=True),
        sa.Column("url_hash", sa.String(64), primary_key=True),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name="fk_turn_pages_turn_id", ondelete="CASCADE"),
    )
    op.create_index("ix_turn_pages_source_url_hash", "turn_pages", ["source", "url_hash"])
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("turn_id", sa.String(64), nullable=False),
        sa.Column("is_good", sa.Boolean, nullable=False),
        sa.Column("comment", sa.Text, nullable=True),
        sa.Column("judged_at", time, nullable=False),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name="fk_feedback_turn_id", ondelete="CASCADE"),
    )
    op.create_index("ix_feedback_turn_id", "feedback", ["turn_id"])


def _create_turns(time: sa.DateTime) -> None:
    op.create_table(
        "turns",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("thread_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("beat", sa.Integer, nullable=False),
        sa.Column("is_stop_wanted", sa.Boolean, nullable=False),
        sa.Column("runner", sa.String(64), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("standalone", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("searched", sa.Text, nullable=True),
        sa.Column("answer", sa.Text, nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("sources", sa.JSON, nullable=True),
        sa.Column("profile", sa.String(64), nullable=False),
        sa.Column("user", sa.String(320), nullable=False),
        sa.Column("session", sa.String(128), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("input_tokens", sa.Integer, nullable=False),
        sa.Column("output_tokens", sa.Integer, nullable=False),
        sa.Column("cached_tokens", sa.Integer, nullable=False),
        sa.Column("cost", sa.Float, nullable=True),
        sa.Column("is_cached", sa.Boolean, nullable=False),
        sa.Column("first_text_milliseconds", sa.Integer, nullable=False),
        sa.Column("milliseconds", sa.Integer, nullable=False),
        sa.Column("asked_at", time, nullable=False),
        sa.Column("ended_at", time, nullable=True),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name="fk_turns_thread_id", ondelete="CASCADE"),
    )
    op.create_index("ix_turns_thread_id_asked_at", "turns", ["thread_id", "asked_at"])
    op.create_index("ix_turns_state", "turns", ["state"])
