"""Brings the tables of a database up to date, forward only."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from chat_app.store.error import DatabaseTooNew

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 0x10AEC4A7
"""Any number that no other program in the same PostgreSQL database takes."""


def migrate(connection: Connection, revision: str = "head") -> None:
    """Run what is missing up to a revision, inside the connection's transaction. Errors: DatabaseTooNew.

    Two processes that start at once take turns: in SQLite the transaction has the writer's place already, in
    PostgreSQL an advisory lock is held until it ends.
    """
    from alembic import command
    from alembic.util import CommandError

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = alembic_config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        if "locate revision" not in str(error):
            raise
        raise DatabaseTooNew(
            "The chat's database was made by a later version of LoreChat. Run that version, or restore the backup that "
            "was made before the update; a database is not taken back to an earlier form."
        ) from error


def alembic_config() -> Config:
    """Return alembic's configuration: the folder of revisions, and nothing from a file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
