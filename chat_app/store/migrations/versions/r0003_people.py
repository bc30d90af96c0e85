"""People, failed logins and shared conversations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_people"
down_revision = "0002_money"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "people",
        sa.Column("name", sa.String(320), primary_key=True),
        sa.Column("display_name", sa.String(320), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=True),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("groups", sa.JSON, nullable=False),
        sa.Column("is_disabled", sa.Boolean, nullable=False),
        sa.Column("sessions_from", time, nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("last_login_at", time, nullable=True),
    )
    op.create_table(
        "login_failures",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", time, nullable=False),
    )
    op.create_index("ix_login_failures_last_at", "login_failures", ["last_at"])
    op.create_table(
        "shares",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("thread_id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(320), nullable=False),
        sa.Column("up_to", time, nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name="fk_shares_thread_id", ondelete="CASCADE"),
    )
    op.create_index("ix_shares_thread_id", "shares", ["thread_id"])
