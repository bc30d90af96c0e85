"""The chat's database: SQLite in a file, or PostgreSQL, by URL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, InternalError, OperationalError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chat_app.store.error import DatabaseUnavailable
from chat_app.store.migrate import migrate

_BUSY_MILLISECONDS = 10_000
_CONNECT_SECONDS = 5
_CONNECTIONS = 10
_FILE_CONNECTIONS = 4
"""Each is a thread; more of them only take turns at the one file, and opening one costs more than a statement."""
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


class Database:
    """An engine with two ways in: `connection` for single statements, each of which is kept at once, and `transaction`
    for several that belong together. Nothing is opened before the first use.

    `place` is what people may read: host and name, or the file.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self.place = _place(url)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.engine = _engine(url, foreign_keys=True)
        # SQLite keeps single statements at once as its connections are opened below; asking for it again costs a change
        # of thread each time.
        self._single = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._grouped = self.engine.execution_options(chat_begin="IMMEDIATE")
        # SQLite has one writer: those of this process queue here rather than in its lock, which sleeps and is not fair.
        self._turn: AbstractAsyncContextManager[None] = asyncio.Lock() if self.is_sqlite else nullcontext()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which every statement stands for itself. Errors: DatabaseUnavailable."""
        with _named(self.place):
            async with self._single.connect() as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose statements are kept together at the end, or not at all. Errors: DatabaseUnavailable.

        In SQLite it takes the one writer's place at once: a transaction that first reads could not write any more.
        """
        with _named(self.place):
            async with self._turn, self._grouped.begin() as connection:
                yield connection

    async def migrate(self) -> None:
        """Bring the tables up to date; several processes may do so at once.

        Errors: DatabaseUnavailable, DatabaseTooNew.
        """
        if self.is_sqlite and self.url.database:
            _make_folder(Path(self.url.database))
        engine = _engine(self.url, foreign_keys=False)
        try:
            with _named(self.place):
                # Rebuilding a table of SQLite drops it, which would delete what refers to it.
                async with engine.execution_options(chat_begin="IMMEDIATE").begin() as connection:
                    await connection.run_sync(migrate)
        finally:
            await engine.dispose()

    async def empty_log(self) -> None:
        """Bring SQLite's write-ahead log into the file, so that what was deleted is in neither of them. PostgreSQL
        frees deleted rows by its own vacuum. Errors: DatabaseUnavailable."""
        if self.is_sqlite:
            async with self.connection() as connection:
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        """End all connections."""
        await self.engine.dispose()


def open_database(url: str) -> Database:
    """Return the database at `sqlite:///file`, or `postgresql://user:password@host/name`; nothing is connected yet.

    Errors: DatabaseUnavailable when the URL names no database that the chat can use.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseUnavailable(_NO_URL) from None  # the cause would show the password
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None or (driver.startswith("sqlite") and not parsed.database):
        raise DatabaseUnavailable(_NO_URL)
    return Database(parsed.set(drivername=driver))


_NO_URL = (
    "LORECHAT_DATABASE names no database that the chat can use. Write sqlite:////folder/file.db or "
    "postgresql://user:password@host:5432/name, with special characters of the password percent-encoded, or leave it "
    "empty for a file in LORECHAT_HOME."
)


def _engine(url: URL, *, foreign_keys: bool) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        arguments: dict[str, Any] = {"connect_timeout": _CONNECT_SECONDS, "application_name": "lorechat"}
        return create_async_engine(
            url, connect_args=arguments, pool_pre_ping=True, pool_size=_CONNECTIONS, hide_parameters=True
        )
    engine = create_async_engine(url, hide_parameters=True, pool_size=_FILE_CONNECTIONS, max_overflow=0)
    event.listen(engine.sync_engine, "connect", lambda connection, _: _prepare_sqlite(connection, foreign_keys))
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, foreign_keys: bool) -> None:
    """Readers beside the writer, waiting instead of failing when another process writes, and foreign keys."""
    connection.isolation_level = None  # the driver begins no transactions of its own
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
    cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if mode := connection.get_execution_options().get("chat_begin"):
        connection.exec_driver_sql(f"BEGIN {mode}")


@contextmanager
def _named(place: str) -> Iterator[None]:
    """Turn a driver's failure into one that names the place. Broken statements are bugs and stay what they are."""
    try:
        yield
    except (OSError, TimeoutError, OperationalError, InterfaceError, InternalError) as error:
        raise DatabaseUnavailable(
            f"The chat's database at {place} cannot be used: {_reason(error)}. Check that it runs, that it has room "
            "left, and that LORECHAT_DATABASE names it with the right user and password."
        ) from None  # the cause names the connection's parameters


def _reason(error: BaseException) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    lines = str(cause).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(cause).__name__


def _place(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(
            f"The folder {file.parent} of the chat's database cannot be made: {error.strerror}. Make it writable, or "
            "name another file in LORECHAT_DATABASE."
        ) from error
