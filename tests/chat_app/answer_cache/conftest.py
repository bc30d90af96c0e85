"""A database of each kind, with its tables."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chat_app.store.database import Database, open_database


@pytest.fixture
async def migrated(database_url: str) -> AsyncIterator[Database]:
    database = open_database(database_url)
    await database.migrate()
    yield database
    await database.close()
