"""The chat's database: one suite over SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import importlib
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, select, text

from chat_app.settings import PROJECT
from chat_app.store.database import Database, open_database
from chat_app.store.error import DatabaseTooNew, DatabaseUnavailable
from chat_app.store.migrate import alembic_config, migrate
from chat_app.store.schema import METADATA, threads, turns

REVISIONS = [revision.revision for revision in ScriptDirectory.from_config(alembic_config()).walk_revisions()][::-1]
for schema in (PROJECT / "chat_app").glob("*/schema.py"):  # all that stands on the same metadata
    importlib.import_module(f"chat_app.{schema.parent.name}.schema")
NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
THREAD = {"id": "t", "owner": "ada", "visitor": "", "name": "Bees", "details": {}, "created_at": NOW, "updated_at": NOW}


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA))


async def test_the_migrations_make_the_tables_that_the_code_expects(database_url: str) -> None:
    database = open_database(database_url)
    await database.migrate()
    async with database.connection() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


@pytest.mark.parametrize("revision", REVISIONS)
async def test_every_earlier_form_comes_up_to_date_with_its_rows(database_url: str, revision: str) -> None:
    database = open_database(database_url)
    Path(str(database.url.database)).parent.mkdir(exist_ok=True)
    async with database.transaction() as connection:
        await connection.run_sync(migrate, revision)
        await connection.execute(insert(threads), [THREAD])
    await database.migrate()
    async with database.connection() as connection:
        assert await connection.run_sync(differences) == []
        assert (await connection.execute(select(threads.c.name))).scalars().all() == ["Bees"]
    await database.close()


def test_the_revisions_stand_in_one_line() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    assert len(script.get_heads()) == 1
    assert all(isinstance(revision.down_revision, str | None) for revision in script.walk_revisions())


START = """
import asyncio, sys
from chat_app.store.database import open_database

async def once():
    database = open_database(sys.argv[1])
    await database.migrate()
    await database.close()

asyncio.run(once())
"""


@pytest.mark.slow
async def test_processes_that_start_at_once_migrate_once(database_url: str) -> None:
    started = [await asyncio.create_subprocess_exec(sys.executable, "-c", START, database_url) for _ in range(3)]
    assert [await process.wait() for process in started] == [0, 0, 0]
    database = open_database(database_url)
    async with database.connection() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM alembic_version"))).scalar() == 1
    await database.close()


async def test_a_database_of_a_later_version_is_left_alone(database_url: str) -> None:
    database = open_database(database_url)
    await database.migrate()
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    with pytest.raises(DatabaseTooNew, match="later version"):
        await database.migrate()
    await database.close()


async def test_a_transaction_is_kept_whole_or_not_at_all(migrated: Database) -> None:
    with suppress(RuntimeError):
        async with migrated.transaction() as connection:
            await connection.execute(insert(threads), [THREAD])
            raise RuntimeError("stumbled")
    async with migrated.connection() as connection:
        assert (await connection.execute(select(threads))).all() == []


async def test_times_come_back_in_utc_and_no_zone_is_refused(migrated: Database) -> None:
    east = NOW.astimezone(timezone(timedelta(hours=5)))
    thread = THREAD | {"created_at": east}
    async with migrated.connection() as connection:
        await connection.execute(insert(threads), [thread])
        kept = (await connection.execute(select(threads.c.created_at))).scalar_one()
        assert (kept, kept.tzinfo) == (NOW, UTC)
        with pytest.raises(Exception, match="without a zone"):
            await connection.execute(insert(threads), [thread | {"id": "2", "created_at": NOW.replace(tzinfo=None)}])


async def test_many_writers_wait_for_each_other(migrated: Database) -> None:
    async def write(number: int) -> None:
        async with migrated.transaction() as connection:
            await connection.execute(select(threads.c.id))
            await connection.execute(insert(threads), [THREAD | {"id": str(number)}])

    await asyncio.gather(*(write(number) for number in range(40)))
    async with migrated.connection() as connection:
        assert len((await connection.execute(select(threads.c.id))).all()) == 40


async def test_foreign_keys_hold(migrated: Database) -> None:
    async with migrated.connection() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        assert {"threads", "turns", "feedback"} <= set(names)
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            await connection.execute(
                text(f"INSERT INTO feedback VALUES ('f', 'nobody', {_true(migrated)}, NULL, '2026-01-01')")
            )
    assert turns.c.thread_id.foreign_keys


def _true(database: Database) -> str:
    return "1" if database.is_sqlite else "true"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://chat:Tops3cret@127.0.0.1:1/chat",
        "postgresql+psycopg://chat:Tops3cret@127.0.0.1:1/chat",
        "postgres://chat:Tops3cret@127.0.0.1:1/chat",
    ],
)
async def test_an_outage_names_the_place_and_never_the_password(url: str, caplog: pytest.LogCaptureFixture) -> None:
    database = open_database(url)
    with pytest.raises(DatabaseUnavailable) as failure:
        await database.migrate()
    with pytest.raises(DatabaseUnavailable):
        async with database.connection():
            pass
    assert "127.0.0.1:1/chat" in str(failure.value)
    assert "LORECHAT_DATABASE" in str(failure.value)
    said = f"{failure.value} {failure.value.__cause__} {database!r} {database.place} {caplog.text}"
    assert "Tops3cret" not in said
    await database.close()


@pytest.mark.parametrize("url", ["nonsense Tops3cret", "mysql://u:Tops3cret@h/x", "sqlite://", "postgresql://h:port/x"])
def test_a_url_that_names_no_database_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(DatabaseUnavailable) as failure:
        open_database(url)
    assert "Tops3cret" not in str(failure.value)
    assert "postgresql://user:password@host:5432/name" in str(failure.value)
