"""Budgets, and answers that may be given again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_money"
down_revision = "0001_conversations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "money_accounts",
        sa.Column("name", sa.String(700), primary_key=True),
        sa.Column("charged", sa.BigInteger, nullable=False),
        sa.Column("most", sa.BigInteger, nullable=False),
        sa.Column("touched_at", time, nullable=False),
    )
    op.create_index("ix_money_accounts_touched_at", "money_accounts", ["touched_at"])
    op.create_table(
        "money_reservations",
        sa.Column("number", sa.String(64), primary_key=True),
        sa.Column("nanodollars", sa.BigInteger, nullable=False),
        sa.Column("accounts", sa.Text, nullable=False),
        sa.Column("expires_at", time, nullable=False),
    )
    op.create_index("ix_money_reservations_expires_at", "money_reservations", ["expires_at"])
    op.create_table(
        "cached_answers",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("made_at", time, nullable=False),
        sa.Column("used_at", time, nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
    )
    op.create_index("ix_cached_answers_made_at", "cached_answers", ["made_at"])
    op.create_index("ix_cached_answers_used_at", "cached_answers", ["used_at"])
    op.create_table(
        "cached_answer_pages",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("source", sa.String(200), primary_key=True),
        sa.Column("url_hash", sa.String(64), primary_key=True),
        sa.ForeignKeyConstraint(["key"], ["cached_answers.key"], name="fk_cached_answer_pages_key", ondelete="CASCADE"),
    )
    op.create_index("ix_cached_answer_pages_source_url_hash", "cached_answer_pages", ["source", "url_hash"])
