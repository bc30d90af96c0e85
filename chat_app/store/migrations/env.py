"""What alembic runs: the revisions, on the connection that `chat_app.store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from chat_app.store.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
